"""Picks: the trials that a study films, from the table of its trials."""

from collections.abc import Sequence
from math import isnan
from typing import Any

from mojo.columns import UNSUCCESSFUL
from mojo.errors import StudyError, unknown
from mojo.study.films import Films


def pick(films: Films, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Return the numbers of the trials to film, ascending.

    Args:
        films: What the study asks for.
        rows: One dict a trial, ascending, with its "trial", "outcome" and, where trials are ranked, `films.by`.

    Raises:
        StudyError: The trials have no such metric.
    """
    there = [row["trial"] for row in rows if row["outcome"] not in (None, "skipped")]
    found = set(there) if films.all else {number for number in there if number in films.trials}
    found.update(there[: films.first])
    failed = [row["trial"] for row in rows if row["outcome"] in UNSUCCESSFUL]
    found.update(failed if films.failed is True else failed[: int(films.failed)])
    if films.ranked:
        ranked = _ranked(films, rows)
        found.update(ranked[: films.best])
        found.update(ranked[max(0, len(ranked) - films.worst) :])
    return sorted(found)


def _ranked(films: Films, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Return the successful trials from best to worst; those without a number are left out."""
    if rows and films.by not in rows[0]:
        raise StudyError(f"films.by: {unknown('Metric', films.by, rows[0], 'the table of trials')}")
    values = {row["trial"]: row[films.by] for row in rows if row["outcome"] == "success"}
    numbers = {trial: value for trial, value in values.items() if isinstance(value, int | float) and not isnan(value)}
    sign = 1 if films.best_is == "lowest" else -1
    return sorted(numbers, key=lambda trial: (sign * numbers[trial], trial))
