"""The verdict on each requirement: is it met, how sure is that, and which trials are the worst."""

import math

import polars as pl

from mojo.evidence import quantiles
from mojo.evidence.caveats import caveat
from mojo.evidence.health import allowed_words
from mojo.evidence.proportions import Proportion, trials_needed
from mojo.evidence.sequential import SequentialProportion
from mojo.evidence.verdicts import Verdict
from mojo.evidence.words import asked, missing, percent, shown, stopping, summary
from mojo.report.data import StudyData
from mojo.report.findings import INDEPENDENT
from mojo.report.numbers import count, listed, measured, unbroken
from mojo.report.page import Section
from mojo.report.searched import requirement_notes
from mojo.study.requirements import LimitRequirement, QuantileRequirement

WORST = 5
EXACT = (*INDEPENDENT, "antithetic")
"""Designs of which the trials that count are independent draws; of antithetic ones, those are one of each pair."""
TONES = {"MET": "met", "NOT MET": "unmet", "NOT ENOUGH TRIALS": "open"}


def section(data: StudyData) -> Section | None:
    """Return the verdicts, or None where the study asks for nothing."""
    if not data.verdicts:
        return None
    design = data.design
    values = {
        "rows": [_row(data, verdict, design) for verdict in data.verdicts],
        "caveat": caveat(design),
        "stopped": stopping(data.stop_when, data.verdicts, data.study["n_trial"]) if data.stop_when else "",
        "bootstrap": design not in EXACT and any(isinstance(v.requirement, QuantileRequirement) for v in data.verdicts),
        "unfinished": data.verdicts[0].unfinished,
        "several": len(data.verdicts) > 1,
        "nominal": _nominal(data),
        "missing": len(data.missing),
        "allowed": allowed_words(data.findings.health.allowed),
        "search": requirement_notes(data) if data.searches else [],
    }
    return Section("requirements", "Requirements", "requirements.html.j2", values, summary(data.verdicts))


def _nominal(data: StudyData) -> str:
    """Return how the nominal trial did, "" where there is none."""
    rows = data.table.filter(pl.col("trial") == (-1 if data.nominal is None else data.nominal)).to_dicts()
    if not rows:
        return ""
    verdicts = {verdict.name: rows[0].get(verdict.column) for verdict in data.verdicts}
    missed = [name for name, passed in verdicts.items() if passed is False]
    did = f"misses: {listed(missed)}" if missed else "meets every requirement"
    did = "did not finish" if None in verdicts.values() else did
    return f"The nominal trial {data.nominal} {did}; it is no draw, and does not count"


def _row(data: StudyData, verdict: Verdict, design: str) -> dict:
    requirement, worst = verdict.requirement, _worst(verdict)
    unit = requirement.unit if isinstance(requirement, LimitRequirement) else ""
    return {
        "name": verdict.name,
        "description": requirement.description,
        "asked": unbroken(asked(requirement), unit),
        "state": verdict.state,
        "tone": TONES[verdict.state],
        "missing": missing(verdict),
        "counted": _k_of_n(verdict.counted),
        "finished": _k_of_n(verdict.finished),
        "finished_interval": _interval(verdict.finished.interval),
        "allowed": max(verdict.allowed, 0) if verdict.allowed >= 0 else None,
        "shown": unbroken(shown(verdict)),
        "quantile": _quantile_bound(data, verdict, design) if isinstance(requirement, QuantileRequirement) else "",
        "confidence": unbroken(f"{100 * requirement.confidence:g} %"),
        "intervals": _intervals(verdict.counted),
        "worst": [
            {
                "trial": trial,
                "value": "" if value is None else measured(value, unit, 4),
                "folder": data.link(data.layout.trial(trial).folder),
                "passed": passed,
            }
            for trial, passed, value in worst.select("trial", "passed", "value").iter_rows()
        ],
    }


def _intervals(found: Proportion) -> str:
    if isinstance(found, SequentialProportion):  # Wilson's would not bear the looks
        return unbroken(f"{_interval(found.interval)} (at every look)")
    return f"{_interval(found.interval)} (Clopper-Pearson), {_interval(found.wilson)} (Wilson)"


def _k_of_n(found: Proportion) -> str:
    share = "" if found.share is None else f" ({percent(found.share)})"
    return unbroken(f"{count(found.passed)} of {count(found.trials)}{share}")


def _interval(ends: tuple[float, float]) -> str:
    return unbroken(f"{percent(ends[0], math.floor)} to {percent(ends[1], math.ceil)}")


def _worst(verdict: Verdict) -> pl.DataFrame:
    """Return the finished trials with the least margin; of a function, those that did not pass."""
    limits, finished = verdict.requirement, verdict.trials.filter(pl.col("passed").is_not_null())
    if not isinstance(limits, LimitRequirement):
        return finished.filter(~pl.col("passed")).head(WORST)
    margins = pl.Series([limits.margin(math.nan if value is None else value) for value in finished["value"]])
    order = margins.cast(pl.Float64).fill_nan(-math.inf).arg_sort()
    return finished[order.head(WORST)]


def _quantile_bound(data: StudyData, verdict: Verdict, design: str) -> str:
    """Return the bound of the quantile itself, in its unit, on the side that the verdict rests on."""
    limits = verdict.requirement
    assert isinstance(limits, QuantileRequirement)
    from_above = (limits.max is not None) != (verdict.state == "NOT MET")
    sign, probability = (
        (1, limits.quantile) if from_above else (-1, 1 - limits.quantile)
    )  # x from below is -x from above
    values = sign * verdict.values
    if design in EXACT:
        bound = quantiles.upper_bound(values, probability, limits.confidence, verdict.counted.lower)
    else:
        blocks = data.blocks(verdict.trials["trial"].to_numpy())
        together = len(set(blocks)) < blocks.size
        bound = (
            quantiles.block_bootstrap_upper_bound(values, blocks, probability, limits.confidence)
            if together
            else quantiles.bootstrap_upper_bound(values, probability, limits.confidence)
        )
    confidence = unbroken(f"{100 * limits.confidence:g} % confidence")
    if bound is None:
        fewest = trials_needed(0, probability, limits.confidence, verdict.counted.lower)
        return f"no bound with {confidence}: that takes {fewest} trials"
    if math.isinf(bound):
        return f"no bound with {confidence}: too many trials have no finite value"
    side = "at most" if from_above else "at least"
    value = measured(sign * bound, limits.unit, 4)
    if design in EXACT:
        return f"the quantile is {side} {value}, with {confidence}"
    return f"the quantile is {side} about {value} (bootstrap, {confidence}, approximate)"
