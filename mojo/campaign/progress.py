"""Progress: one line that a terminal redraws, and that a log file sees now and then."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import TextIO

from mojo.columns import BROKEN, RETRIED

REDRAW_SECONDS = 0.2
LOG_SECONDS = 30.0


class Progress:
    """Counts trials as they finish, and says so.

    Args:
        total: Trials of the study.
        done: Outcome of each trial that was finished before this run.
        stream: Where to write; a terminal gets one line that is redrawn, anything else a line now and then.
    """

    def __init__(self, total: int, done: Mapping[int, str], stream: TextIO | None = None) -> None:
        self._total, self._before = total, len(done)
        self._outcomes = Counter(done.values())
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._started = time.monotonic()
        self._written = 0.0 if self._terminal else self._started
        self._width = 0  # of the line that the cursor stands in, 0 at the beginning of a line
        self._lock = threading.Lock()
        self._seen = set(done)
        self._simulated: set[int] = set()  # and not finished

    def count(self, trial: int, outcome: str) -> None:
        """Count a trial that is finished, and draw the line if it is time."""
        with self._lock:
            if trial in self._seen:
                return
            self._seen.add(trial)
            self._simulated.discard(trial)
            self._outcomes[outcome] += 1
            self._draw_if_due()

    def count_simulated(self, trial: int) -> None:
        """Count a trial that is still to be scored, which takes little time, and draw the line if it is time."""
        with self._lock:
            if trial not in self._seen:
                self._simulated.add(trial)
                self._draw_if_due()

    def _draw_if_due(self) -> None:
        interval = REDRAW_SECONDS if self._terminal else LOG_SECONDS
        if time.monotonic() - self._written >= interval or self._outcomes.total() == self._total:
            self._draw()

    def _draw(self) -> None:
        self._written = time.monotonic()
        line = self.line(self._written - self._started)
        if self._terminal:
            self._stream.write(f"\r{line.ljust(self._width)}")
            self._width = len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()
        if self._outcomes.total() == self._total:
            self.end_line()

    def end_line(self) -> None:
        """Leave the line as it is, so that what is printed next begins a line of its own."""
        if self._width:
            self._width = 0
            self._stream.write("\n")
            self._stream.flush()

    def line(self, elapsed: float) -> str:
        """Return the line: trials finished, simulated, failed, rate, time left.

        Args:
            elapsed: Seconds since the run began.
        """
        done, simulated = self._outcomes.total(), len(self._simulated)
        parts = [f"{done} of {self._total} trials"]
        parts += [f"{simulated} more simulated"] if simulated else []
        failed = sum(self._outcomes[outcome] for outcome in RETRIED)
        parts += [f"{failed} failed"] if failed else []
        parts += [f"{self._outcomes[outcome]} {outcome}" for outcome in BROKEN if self._outcomes[outcome]]
        rate = (done + simulated - self._before) / elapsed if elapsed > 0 else 0.0
        if rate > 0:
            parts.append(f"{rate:.3g} trials/s")
            parts.append(self._ahead(self._total - done - simulated, rate))
        return " · ".join(parts)

    def _ahead(self, unsimulated: int, rate: float) -> str:
        if unsimulated:
            return f"{_duration(unsimulated / rate)} left"
        return "scoring" if self._simulated else "done"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
