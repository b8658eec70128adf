"""What a reader must know of requirements in a search: which trials the verdict rests on, and how many designs pass."""

import polars as pl

from mojo.evidence.verdicts import Verdict
from mojo.report.data import StudyData
from mojo.report.numbers import count, counted
from mojo.sampling.drawn import why_no_verdict
from mojo.sampling.history import SEARCHED
from mojo.study.kinds import KINDS


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
