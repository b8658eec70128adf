"""What user code changes in its process ends with it: all that it may leave behind is saved before, restored after."""

import contextlib
import os
from collections.abc import Callable
from functools import cache
from mmap import mmap
from types import TracebackType
from typing import Any, NoReturn, Self

from mojo.errors import TrialError, one_line
from mojo.trial import entry
from mojo.trial.kept import interpreter, libraries, processor, signals, started, streams, system
from mojo.trial.kept.base import Kept

# In the order in which it is restored: what may interrupt the rest goes first.
KEPT: tuple[Kept, ...] = (
    *signals.KEPT,
    *processor.KEPT,
    *started.KEPT,
    *streams.KEPT,
    *interpreter.KEPT,
    *system.KEPT,
    *libraries.KEPT,
)
_MOST_INTERRUPTIONS = 100
_CAME_BACK = (
    "a process that it had forked (os.fork) came back from the user's function, or was still running after it, and was "
    "ended. End such a process with os._exit(0) within the function, or start it with subprocess or multiprocessing."
)


@cache
def _shared_page(process: int) -> mmap:
    """Return memory that a process shares with the copies that are forked from it from now on."""
    return mmap(-1, 1)


class surroundings:  # noqa: N801 - it is used as a word of the language, like contextlib's
    """A context around user code, after which its process is as it was before.

    What cannot be taken back lets the process end after its task, so that the next trial gets a fresh one. A copy of
    the process that user code has forked is ended where it leaves the block.

    Args:
        tell: Called with a line that says what user code had changed, if it had.

    Raises:
        TrialError: When the block ends: a copy of the process came back from user code.
    """

    def __init__(self, tell: Callable[[str], None] | None = None) -> None:
        self._tell = tell
        self._taken_back: list[str] = []
        self._lost: list[str] = []

    def __enter__(self) -> Self:
        self._process = os.getpid()
        self._copies = _shared_page(self._process)
        self._copies[0] = 0
        self._saved = [kept.save() for kept in KEPT]
        entry.retire(self)  # until all is restored
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if os.getpid() != self._process:
            self._end_copy()
        self._restore_all()
        entry.reinstate(self)
        self._say()
        if self._copies[0]:
            raise TrialError(f"The trial is not one run alone: {_CAME_BACK}")

    def _restore_all(self) -> None:
        left = list(zip(KEPT, self._saved, strict=True))
        for _ in range(_MOST_INTERRUPTIONS):
            try:
                while left:
                    self._restore(*left[0])
                    del left[0]
                return
            except BaseException as error:  # noqa: BLE001 - raised by what handles a signal of the trial's own
                self._lost.append(f"a signal of its own came meanwhile ({one_line(error)})")
                entry.retire("a signal of the trial's own")
        raise TrialError("The trial's own signals come faster than they can be turned off.")

    def _restore(self, kept: Kept, saved: Any) -> None:
        try:
            if kept.restore(saved):
                self._taken_back.append(kept.name)
        except BaseException as fault:  # noqa: BLE001 - user code may have changed anything into anything
            if isinstance(fault, started.CopyLeftError):
                self._copies[0] = 1
            self._lost.append(f"{kept.name} ({one_line(fault)})")
            entry.retire(kept.name)

    def _say(self) -> None:
        if self._tell is None:
            return
        if self._taken_back:
            self._tell(f"mojo: put back as before: {', '.join(self._taken_back)}")
        if self._lost:
            self._tell(f"mojo: the next trial gets a new process, since not all could be: {', '.join(self._lost)}")

    def _end_copy(self) -> NoReturn:
        self._copies[0] = 1
        with contextlib.suppress(OSError):  # the trial's log, unless the copy has closed it
            os.write(2, b"mojo: a process that the trial had forked came back from the user's function; it was ended\n")
        os._exit(1)
