"""trial.log: everything that a trial prints, with the traceback of whatever ended it."""

import contextlib
import faulthandler
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from mojo.trial.entry import retire
from mojo.trial.kept.streams import copied

STDOUT, STDERR = 1, 2
LOST = "stdout and stderr, of which the trial had closed a copy"


@contextmanager
def captured(path: Path, stage: str) -> Iterator[None]:
    """Append everything that the block prints, from Python or from C, to the trial's log.

    Should the process be killed by a fault or ended for its time limit meanwhile, the stack is written there too.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    saved = copied(STDOUT), copied(STDERR)
    with path.open("ab", buffering=0) as log:
        log.write(f"--- {stage} {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n".encode())
        _redirect(log)
        try:
            yield
        finally:
            _restore(saved)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a module of the user's may have taken it away for all trials, or closed it
            with contextlib.suppress(ValueError):
                stream.flush()


def _redirect(log: BinaryIO) -> None:
    _flush()
    os.dup2(log.fileno(), STDOUT)
    os.dup2(log.fileno(), STDERR)
    faulthandler.enable(STDERR)
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGTERM, STDERR, chain=True)


def _restore(saved: tuple[int | None, int | None]) -> None:
    _flush()
    if hasattr(faulthandler, "unregister"):
        faulthandler.unregister(signal.SIGTERM)
    for descriptor, target in zip(saved, (STDOUT, STDERR), strict=True):
        try:
            if descriptor is not None:
                os.dup2(descriptor, target)
                os.close(descriptor)
        except OSError:  # what is printed later ends in this log, and the process after its task
            retire(LOST)


def log_traceback(error: BaseException) -> None:
    """Print the traceback of `error`, without the frames of mojo that called the user's function."""
    frames = error.__traceback__
    own = str(Path(__file__).resolve().parent)
    while frames is not None and frames.tb_next is not None and frames.tb_frame.f_code.co_filename.startswith(own):
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames)


def append(path: Path, text: str) -> None:
    """Append a line to the trial's log from outside, after its process has died."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as log:
        log.write(text.rstrip() + "\n")
