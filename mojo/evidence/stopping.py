"""Stopping: whether a study knows a requirement well enough to run no further batch."""

import polars as pl

from mojo.columns import verdict_column
from mojo.evidence.sequential import SequentialProportion
from mojo.study.requirements import Requirement
from mojo.study.stopping import StopWhen


def seen(
    stop_when: StopWhen, requirement: Requirement, trials: pl.DataFrame, nominal: int | None
) -> SequentialProportion:
    """Return how many trials met the requirement that the study waits for; one that did not finish did not.

    Args:
        stop_when: What is waited for.
        requirement: The requirement that it names.
        trials: All trials that have ended, with `trial` and the requirement's column, if any trial was judged.
        nominal: The trial that is no draw and does not count, if there is one.
    """
    drawn = trials.filter(pl.col("trial") != (-1 if nominal is None else nominal))
    column = verdict_column(stop_when.requirement)
    passed = int(drawn[column].cast(pl.Boolean).sum()) if column in drawn.columns else 0
    return SequentialProportion(passed, drawn.height, requirement.confidence, stop_when.half_width)


def is_known(found: SequentialProportion) -> bool:
    """Return whether the interval is as narrow as it was waited for."""
    return found.reached <= found.half_width


def fewest_trials(stop_when: StopWhen, confidence: float) -> int:
    """Return after how many trials a study stops at the earliest: when all of them pass."""
    low, high = 0, 1
    while not is_known(SequentialProportion(high, high, confidence, stop_when.half_width)):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        known = is_known(SequentialProportion(middle, middle, confidence, stop_when.half_width))
        low, high = (low, middle) if known else (middle, high)
    return high
