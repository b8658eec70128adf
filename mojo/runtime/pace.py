"""Pace: simulated time held back to the time of a clock, for somebody who watches."""

import time as clock

_LATE = 0.25  # s; a simulation that fell so far behind does not hurry after it
_SHORTEST = 0.002  # s; shorter waits are left to add up, since each takes longer than was asked for


class Pace:
    """Waits until the clock has come to a simulated time."""

    def __init__(self) -> None:
        self._speed = 0.0
        self._time = self._wall = 0.0

    def wait(self, time: float, speed: float) -> None:
        """Wait until it is time to show `time` [s] at `speed` simulated seconds a second.

        The first call, a new speed, a pause and a simulation that is too slow begin a new count.
        """
        now = clock.monotonic()
        due = self._wall + (time - self._time) / speed
        if speed != self._speed or due < now - _LATE:
            self._speed, self._time, self._wall = speed, time, now
        elif due > now + _SHORTEST:
            clock.sleep(due - now)
