"""Ranking: which trials are the worst, and by what."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from mojo.report.data import StudyData, floats, is_number
from mojo.study.report import ReportKeys


@dataclass(frozen=True)
class Ranking:
    """The successful trials by one metric.

    Attributes:
        metric: The metric's column.
        unit: Its unit.
        highest_is_best: Whether great values are good.
        trials: The trials that have a number, from worst to best, shape (n,).
        values: The metric of each of them, shape (n,).
        asked: How many of the worst are shown.
    """

    metric: str
    unit: str | None
    highest_is_best: bool
    trials: np.ndarray
    values: np.ndarray
    asked: int

    @property
    def worst(self) -> list[int]:
        """The numbers of the worst trials, the worst first."""
        return self.trials[: self.asked].tolist()

    @cached_property
    def places(self) -> dict[int, int]:
        """The place of each trial, 1 for the worst."""
        return {trial: place for place, trial in enumerate(self.trials.tolist(), 1)}

    @property
    def words(self) -> str:
        """What ranks them, e.g. "by peak_force, of which the highest is the worst"."""
        return f"by {self.metric}, of which the {'lowest' if self.highest_is_best else 'highest'} is the worst"


def keys_of(data: StudyData) -> ReportKeys:
    """Return the study's `report`."""
    return ReportKeys.model_validate(data.study.get("report") or {})


def rank(data: StudyData) -> Ranking | None:
    """Return the ranking of the successful trials, or None where none has a number to be ranked by.

    Infinite values are ranked, those that are not a number are not. Equal ones are ranked by their number.
    """
    keys = keys_of(data)
    if keys.by not in data.scores or not is_number(data.table[keys.by]):
        return None
    highest = _highest_is_best(keys, data.study)
    scored = data.successes.filter(pl.col(keys.by).cast(pl.Float64).is_not_nan())
    trials, values = scored["trial"].to_numpy(), floats(scored[keys.by])
    order = np.argsort(values if highest else -values, kind="stable")
    return (
        Ranking(keys.by, data.unit(keys.by), highest, trials[order], values[order], keys.worst) if order.size else None
    )


def _highest_is_best(keys: ReportKeys, study: Mapping[str, Any]) -> bool:
    """Return which end of the metric is good: as the study says, else as its search has it, else the lowest."""
    if keys.best_is is not None:
        return keys.best_is == "highest"
    directions = study.get("direction", "minimize")
    directions = directions if isinstance(directions, list) else [directions]
    asked = dict(zip(study.get("objectives", ["objective"]), directions, strict=True))
    return asked.get(keys.by) == "maximize"
