"""Frames of a simulation that is stepped as a batch of one, from which its films are made."""

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
        if time >= self._writer.due:
            record = [float(np.reshape(number, -1)[0]) for hand in self._hands for number in hand.record]
            self._writer.add(time, self._state[0], record)

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
