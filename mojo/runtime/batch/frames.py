"""Frames of a simulation that is stepped as a batch of one, from which its films are made."""

import math
from collections.abc import Sequence

import numpy as np
from mujoco.batch import Batch

from mojo.runtime.frames import FrameWriter
from mojo.runtime.loads.base import Hand


class BatchFrameTaker:
    """Takes the frames of a batch of one, after its loads have been applied."""

    def __init__(self, batch: Batch, hands: Sequence[Hand], writer: FrameWriter) -> None:
        self._state, self._hands, self._writer = batch.state, hands, writer

    def look(self, time: float) -> None:
        """Take a frame if one is due at `time` [s]."""
        if self._writer.is_pending:
            self._writer.settle()
        if time >= self._writer.due:
            record = [float(np.reshape(number, -1)[0]) for hand in self._hands for number in hand.record]
            self._writer.add(time, self._state[0], record)

    def close(self, is_whole: bool) -> None:
        """Finish the file, without the frame of the last step unless that `is_whole`."""
        self._writer.close(math.inf if is_whole else -math.inf)
