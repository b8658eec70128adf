"""Judge: whether one trial meets one requirement."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from mojo.columns import signal_column
from mojo.errors import TrialError, unknown
from mojo.model.named import plain
from mojo.runtime.stops import begin_of
from mojo.study.requirements import LimitRequirement, SignalRequirement


@dataclass(frozen=True)
class Judgement:
    """Whether a trial meets a requirement.

    Attributes:
        met: Whether it does.
        value: The metric, or the signal's value at its worst instant; None for functions.
    """

    met: bool
    value: float | None


def judge_by_function(name: str, call: Callable[[], Any]) -> Judgement:
    """Return the judgement of the user's function.

    Args:
        name: The requirement.
        call: Calls the function with the trial.

    Raises:
        TrialError: The function returned something else than true or false.
    """
    returned = plain(call())
    if not isinstance(returned, bool):
        raise TrialError(f"Requirement '{name}': its function must return true or false, but returned {returned!r}.")
    return Judgement(returned, None)


def judge_by_limits(
    name: str, requirement: LimitRequirement, scores: Mapping[str, Any], read: Callable[[], pl.DataFrame]
) -> Judgement:
    """Return whether the requirement's metric or signal lies within its limits; nan and nothing lie in none.

    Args:
        name: The requirement.
        requirement: What it asks.
        scores: The trial's metrics, the objective among them.
        read: Returns the trial's telemetry; it is called for signals alone.

    Raises:
        TrialError: The trial has no such metric or signal, or it is no number.
    """
    if requirement.metric_name is not None:
        value = _metric(name, requirement.metric_name, scores)
    else:
        assert requirement.signal_name is not None
        times, values = _signal(name, requirement.signal_name, read())
        if isinstance(requirement, SignalRequirement) and requirement.over == "end":
            values = values[times >= begin_of(times[-1], requirement.hold)]
        value = worst_instant(requirement, values)
    return Judgement(bool(requirement.margin(value) >= 0), value)


def worst_instant(requirement: LimitRequirement, values: np.ndarray) -> float:
    """Return the value, of shape (n,), that lies least within the limits; nan where any is nan."""
    extremes = [float(values.min()), float(values.max())]
    return min(extremes, key=requirement.margin)


def _metric(requirement: str, metric: str, scores: Mapping[str, Any]) -> float:
    if metric not in scores:
        owner = f"what the objective function returned, but requirement '{requirement}' judges it"
        raise TrialError(unknown("Metric", metric, scores, owner=owner))
    value = scores[metric]
    if isinstance(value, str):
        raise TrialError(f"Requirement '{requirement}': the metric '{metric}' must be a number, but is {value!r}.")
    return float("nan") if value is None else float(value)


def _signal(requirement: str, signal: str, telemetry: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the instants at which a signal has a value, and the values."""
    column = signal_column(signal, telemetry.columns)
    if column is None:
        owner = f"the trial's telemetry, but requirement '{requirement}' judges it; record it with `signals`"
        raise TrialError(unknown("Signal", signal, telemetry.columns, owner=owner))
    values = telemetry[column]
    given = values.is_not_null()
    if not given.any():
        raise TrialError(f"Requirement '{requirement}': the signal '{signal}' has no value at any recorded instant.")
    return telemetry["time"].filter(given).to_numpy(), values.filter(given).cast(pl.Float64).to_numpy()
