"""Frames of a simulation that is stepped as a batch of one, from which its films are made."""

import math
from collections.abc import Sequence

import numpy as np
from mujoco.batch import Batch

from mojo.runtime.frames import FrameWriter
from mojo.runtime.loads.base import Hand


class BatchFrameTaker:
    """Takes the frames of a batch of one, after its loads have been applied.

    Attributes:
        is_last: Whether the next look is at the end of the run, of which there is a frame in any case.
    """

    def __init__(self, batch: Batch, hands: Sequence[Hand], writer: FrameWriter) -> None:
        self._state, self._hands, self._writer = batch.state, hands, writer
        self.is_last = False

    def look(self, time: float) -> None:
        """Take a frame if one is due at `time` [s]."""
        if self._writer.is_pending:
            self._writer.settle()
        if time >= self._writer.due or self.is_last:
            self.take(time, self._state[0])

    def take(self, time: float, state: np.ndarray) -> None:
        """Take a frame of a state, at which the loads are as they were applied last, unless there is one."""
        if time > self._writer.last:
            record = [float(np.reshape(number, -1)[0]) for hand in self._hands for number in hand.record]
            self._writer.add(time, state, record)

    def close(self, is_whole: bool) -> None:
        """Finish the file, without the frame of the last step unless that `is_whole`."""
        self._writer.close(math.inf if is_whole else -math.inf)
