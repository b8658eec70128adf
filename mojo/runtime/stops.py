"""Stop conditions: a run ends as soon as a recorded signal decides it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import mujoco
import numpy as np

from mojo.columns import signal_column
from mojo.errors import ModelError, TrialError, unknown
from mojo.runtime.end_state import SIGNATURE

_CLOCK_TOLERANCE = 1e-9  # relative; the clock is a sum of timesteps, and its rounding must not add a row to a time


class Ended(TrialError):
    """A step was asked for after the run had ended; a trial of a study then ends well."""


@dataclass(frozen=True)
class StopCondition:
    """Ends a run by a signal.

    Attributes:
        name: What the run is said to have been ended by.
        signal: Column of the telemetry; ':' and '/' are alike. It must be recorded.
        when: "outside" ends the run by the first recorded instant at which the signal lies outside its limits,
            "inside" by the first at which it lies within them. Limits belong to the inside, nan to the outside.
        min: Least value inside.
        max: Greatest value inside.
        hold: How long [s] the signal must have lain inside, at every recorded instant; for "inside".
    """

    name: str
    signal: str
    when: Literal["outside", "inside"]
    min: float | None = None
    max: float | None = None
    hold: float = 0.0

    def holds(self, value: Any) -> Any:
        """Return whether `value`, of any shape, lies within the limits."""
        low = -math.inf if self.min is None else self.min
        return (low <= value) & (value <= (math.inf if self.max is None else self.max))


def latest_begin(time: float, hold: float) -> float:
    """Return until when [s] a condition must have begun to hold, so that at `time` it has held for `hold` seconds."""
    return time - hold + _CLOCK_TOLERANCE * (1.0 + abs(time))


def begin_of(end: Any, hold: float) -> Any:
    """Return the earliest instant [s] that belongs to the last `hold` seconds before `end`, of any shape."""
    return end - hold - _CLOCK_TOLERANCE * (1.0 + abs(end))


def column_of(condition: StopCondition, columns: Sequence[str]) -> int:
    """Return where the condition's signal stands among the recorded columns.

    Raises:
        ModelError: It is not recorded.
    """
    column = signal_column(condition.signal, columns)
    if column is None:
        owner = f"what is recorded of the model, but '{condition.name}' ends the run by it; add it to `signals`"
        raise ModelError(unknown("Signal", condition.signal, columns, owner=owner))
    return columns.index(column)


class Stops:
    """The stop conditions of one run, looked at in every recorded row.

    Args:
        model: The model.
        data: Its data.
        conditions: What ends the run.
        columns: The recorded columns.

    Raises:
        ModelError: A signal is not recorded.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        data: mujoco.MjData,
        conditions: Sequence[StopCondition],
        columns: Sequence[str],
    ) -> None:
        self._model, self._data = model, data
        self._watched = [(condition, column_of(condition, columns)) for condition in conditions]
        self._since = [math.nan] * len(self._watched)
        self._state = np.empty(mujoco.mj_stateSize(model, SIGNATURE))

    def save(self) -> None:
        """Keep the state of this instant, which the step is about to overwrite."""
        mujoco.mj_getState(self._model, self._data, self._state, SIGNATURE)

    def restore(self) -> None:
        """Go back to the state that was kept."""
        mujoco.mj_setState(self._model, self._data, self._state, SIGNATURE)

    def decided(self, read: Callable[[int], float], time: float) -> StopCondition | None:
        """Return the condition by which the row of the instant `time` [s] ends the run, if one does.

        Args:
            read: Gives the row's value of a column, by the column's number.
            time: The instant.
        """
        for number, (condition, column) in enumerate(self._watched):
            inside = condition.holds(read(column))
            if condition.when == "outside":
                if not inside:
                    return condition
            elif not inside:
                self._since[number] = math.nan
            else:
                if math.isnan(self._since[number]):
                    self._since[number] = time
                if self._since[number] <= latest_begin(time, condition.hold):
                    return condition
        return None
