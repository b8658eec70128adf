"""The one sentence at the top of the page."""

import numpy as np

from mojo.columns import ENDED, UNSUCCESSFUL
from mojo.evidence.health import allowed_words
from mojo.evidence.words import summary
from mojo.report.data import StudyData, floats
from mojo.report.numbers import count, counted, duration, known, shortened
from mojo.report.page import Heading
from mojo.report.searched import best_line
from mojo.report.statistics import FEW, summarise


def heading(data: StudyData) -> Heading:
    """Return the statement, failures first, with the facts that a reader asks for next."""
    shares = [*data.counts.items(), ("missing", len(data.missing))]
    complete = data.planned > 0 and not data.missing
    unmet = any(verdict.state == "NOT MET" for verdict in data.verdicts)
    settled = all(verdict.state == "MET" for verdict in data.verdicts)
    failed = data.unsuccessful.height > 0
    bad = unmet or (failed and not (data.verdicts and settled))  # what is met is not told in red
    tone = "bad" if bad else "good" if complete and settled and not failed else ""
    said, folder = statement(data), data.link(data.layout.trial(0).folder)
    facts = (ended(data), _first_reason(data), *_allowed(data), _missing(data), _objective(data), _cost(data))
    details = [fact for fact in facts if fact and fact != said]
    pages = [int(page.parent.name) for page in data.layout.pages()]
    return Heading(data.name, data.kind, said, tone, details, shares, folder, pages)


def statement(data: StudyData) -> str:
    """Return whether the requirements are met, or how the trials ended where the study asks for nothing."""
    return summary(data.verdicts) if data.verdicts and data.table.height else ended(data)


def ended(data: StudyData) -> str:
    """Return how the trials ended in one sentence, failures first."""
    total, done = count(data.planned), data.table.height
    bad = [f"{count(data.counts[outcome])} {ENDED[outcome]}" for outcome in UNSUCCESSFUL if data.counts[outcome]]
    if data.planned == 0 or done == 0:
        return (
            f"None of {counted(data.planned, 'planned trial')} has run yet" if data.planned else "There are no trials"
        )
    if bad:
        verb = "did not succeed" if len(bad) > 1 else ENDED[next(o for o in UNSUCCESSFUL if data.counts[o])]
        split = f": {', '.join(bad)}" if len(bad) > 1 else ""
        return f"{count(data.unsuccessful.height)} of {total} trials {verb}{split}"
    if data.counts["skipped"] == done:
        return f"{count(done)} of {total} trials were generated; this study simulates none"
    return f"{count(data.counts['success'])} of {total} trials succeeded"


def _first_reason(data: StudyData) -> str:
    reasons = data.unsuccessful["error"].drop_nulls().value_counts(sort=True)
    if reasons.is_empty():
        return ""
    reason, times = reasons.row(0)
    return f"Most often ({counted(times, 'trial')}): {shortened(reason, 160)}"


def _allowed(data: StudyData) -> list[str]:
    """Return which of MuJoCo's warnings trials had that count, if any."""
    return allowed_words(data.findings.health.allowed)


def _missing(data: StudyData) -> str:
    return f"{counted(len(data.missing), 'planned trial')} not run yet" if data.missing and data.table.height else ""


def _objective(data: StudyData) -> str:
    if "objective" not in data.scores:
        return ""
    if data.searches:
        return best_line(data)
    summary = summarise(floats(data.sampled["objective"].drop_nulls()))
    if summary is None:
        return ""
    few = summary.size < FEW
    ends = (summary.low, summary.high) if few else (summary.quantiles[0], summary.quantiles[-1])
    median, low, high = (known(value, summary.standard_error) for value in (summary.quantiles[2], *ends))
    unit = f"\u00a0{data.unit('objective')}" if data.unit("objective") else ""
    if summary.low == summary.high:
        return f"Objective: {median}{unit}"
    return f"Objective: median {median}{unit}, {'all' if few else '5 to 95 %'} from {low} to {high}{unit}"


def _cost(data: StudyData) -> str:
    """Return what the trials simulated, and the computing time that it took."""
    simulated, wall = (np.nansum(floats(data.table[name])) for name in ("simulated_seconds", "wall_seconds"))
    return f"{duration(simulated)} simulated in {duration(wall)} of computing" if simulated > 0 else ""
