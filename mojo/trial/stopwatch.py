"""How long a search has run, and whether it may ask for one more batch.

Each design table of a search with a `search_timeout` says when it was asked for, and how many seconds of searching
came before. Seconds count while a run works on the study: the time between an interruption and the next run does not,
nor does what the interrupted run had spent on its last batch.
"""

import time
from dataclasses import asdict, dataclass

from mojo.layout import StudyLayout
from mojo.study.frozen import FrozenStudy
from mojo.trial.tables import read_meta

KEY = "search_clock"


@dataclass(frozen=True)
class Clock:
    """What a design table says of time.

    Attributes:
        asked: When the batch was asked for [s since 1970].
        seconds: Seconds of searching before that.
        limit: The `search_timeout` that held [s].
        stopped: Whether no design was asked for, because the limit had been reached.
    """

    asked: float
    seconds: float
    limit: float
    stopped: bool

    def meta(self) -> dict[str, object]:
        """Return what goes into the metadata of the design table."""
        return {KEY: asdict(self)}


def read_clock(layout: StudyLayout, batch: int) -> Clock | None:
    """Return what the design table of a batch says of time, or None where it says nothing."""
    path = layout.table("design", batch)
    found = read_meta(path).get(KEY) if path.exists() else None
    return Clock(**found) if found else None


def start_batch(layout: StudyLayout, frozen: FrozenStudy, batch: int) -> Clock | None:
    """Return the time at which a batch is asked for; None where no limit holds.

    Batches whose trials have been run before are asked for again, whatever the time: they cost nothing.
    """
    limit = frozen.study.time_limit(batch)
    if limit is None:
        return None
    now, before = time.time(), read_clock(layout, batch - 1) if batch else None
    seconds = 0.0
    if before is not None:
        run_began = layout.lock.stat().st_mtime if layout.lock.exists() else 0.0
        seconds = before.seconds + max(0.0, now - max(before.asked, run_began))
    known = layout.trial(frozen.trials(batch)[0]).folder.exists()
    return Clock(now, seconds, limit, stopped=seconds >= limit and not known)
