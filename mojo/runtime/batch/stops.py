"""Stop conditions of many simulations side by side, each of which may end at another instant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from mujoco.batch import Batch

from mojo.runtime.stops import StopCondition, column_of, latest_begin


@dataclass(frozen=True)
class Ending:
    """How a simulation ended before its time.

    Attributes:
        by: The condition's name.
        at: The time of its last row [s].
        simulated: Simulated time [s] from the first step to there.
        steps: Steps that led there.
    """

    by: str
    at: float
    simulated: float
    steps: int


class BatchStops:
    """The stop conditions of a batch, looked at in every recorded row; what they decide is told by `Stops`.

    Args:
        batch: The simulations.
        conditions: What ends each of them.
        columns: The recorded columns.

    Attributes:
        states: The states of the row's instant, with the loads applied, shape (nsim, size).

    Raises:
        ModelError: A signal is not recorded.
    """

    def __init__(self, batch: Batch, conditions: Sequence[StopCondition], columns: Sequence[str]) -> None:
        self._state = batch.state
        self._watched = [
            (condition, column_of(condition, columns), np.full(batch.nsim, np.nan)) for condition in conditions
        ]
        self.states = batch.state.copy()

    def save(self) -> None:
        """Keep the states of this instant, which the step is about to overwrite."""
        self.states[...] = self._state

    def decided(self, read: Callable[[int], np.ndarray], time: float) -> dict[int, str]:
        """Return which simulations end by the row of the instant `time` [s], and the condition by which each does.

        Args:
            read: Gives the row's values of a column, shape (nsim,), by the column's number.
            time: The instant.
        """
        ended: dict[int, str] = {}
        for condition, column, since in self._watched:
            inside = condition.holds(read(column))
            if condition.when == "outside":
                over = ~inside
            else:
                since[...] = np.where(inside, np.where(np.isnan(since), time, since), np.nan)
                over = since <= latest_begin(time, condition.hold)
            for number in np.flatnonzero(over).tolist():
                ended.setdefault(number, condition.name)
        return ended
