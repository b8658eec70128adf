"""What the page says of a search outside of its own section: the best score, and what the verdicts rest on."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from mojo.evidence.verdicts import Verdict
from mojo.report.data import StudyData
from mojo.report.numbers import count, counted, known, significant
from mojo.sampling.drawn import why_no_verdict
from mojo.sampling.evolve import best_trial
from mojo.sampling.history import CONFIRMED, ERROR, SEARCHED, designs_table, winner
from mojo.study.kinds import KINDS
from mojo.study.optimize import OptimizeStudy
from mojo.study.population import PopulationStudy


def best_line(data: StudyData) -> str:
    """Return the score of the best design, or of the best member in any generation; "" where there is none."""
    study = KINDS[data.kind].model_validate(data.study)
    if isinstance(study, PopulationStudy):
        member = best_trial(study, data.table)
        units = _unit(data, "objective")
        return "" if member is None else f"Best: objective {significant(member['objective'], 5)}{units}"
    assert isinstance(study, OptimizeStudy)
    best = winner(study, designs_table(study, data.table), designs_table(study, data.table, CONFIRMED))
    if best is None:
        return ""
    scores = [f"{name} {score_text(best, name)}{_unit(data, name)}" for name in study.objectives]
    return f"Best: design {best['design_id']}, {', '.join(scores)}"


def score_text(row: Mapping[str, Any], name: str) -> str:
    """Return a mean with its standard error, rounded to what that leaves."""
    error = row[ERROR + name]
    if error is None or not error > 0:
        return significant(row[name], 6)
    return f"{known(row[name], error)} ± {significant(error, 2)}"


def _unit(data: StudyData, name: str) -> str:
    return f"\u00a0{data.unit(name)}" if data.unit(name) else ""


def requirement_notes(data: StudyData) -> list[str]:
    """Return on which trials the verdicts of a search rest, and for each requirement how many designs pass."""
    why_not = why_no_verdict(KINDS[data.kind].model_validate(data.study))
    rests = "" if why_not else _confirmed(data.verdicts[0])
    return [f"{why_not or rests}.", *(_passing(data, verdict) for verdict in data.verdicts)]


def _confirmed(verdict: Verdict) -> str:
    if verdict.trials.is_empty():
        return "The verdicts wait for the trials in which the best design is confirmed"
    return (
        f"The verdicts are on the best design, by the {counted(verdict.trials.height, 'trial')} in which it was "
        "confirmed with draws that the search had not seen"
    )


def _passing(data: StudyData, verdict: Verdict) -> str:
    """Return how many designs, or trials of a population, pass."""
    if data.kind != "optimize":
        passed, what = data.table[verdict.column], counted(data.table.height, "trial")
    else:
        searched = data.table.filter(pl.col("phase") == SEARCHED).group_by("design_id")
        passed = searched.agg(pl.col(verdict.column).fill_null(False).all().alias("all")).get_column("all")
        what = f"{counted(passed.len(), 'design')} of the search, in all trials of each"
    return f"{verdict.name}: passed by {count(int(passed.cast(pl.Int64).sum()))} of {what}."
