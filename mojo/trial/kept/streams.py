"""Where the process reads and writes: its standard files, and Python's streams over them."""

import fcntl
import io
import os
import resource
import sys
from typing import Any, TextIO

from mojo.trial.kept.base import CannotRestoreError, Kept

STANDARD = (1, 2)
# A copy of a file that user code does not know stands above those that it may close in a row (os.closerange(3, 256)).
FIRST_COPY = min(500, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
MOST_LEFT_OPEN = FIRST_COPY // 2  # files; more of them would soon leave none for the trials that follow
_STREAMS = {"stdin": 0, "stdout": 1, "stderr": 2}
_Settings = tuple[str, str | None, bool, bool]
_Saved = list[tuple[TextIO | None, TextIO | None, _Settings | None]]


def copied(descriptor: int) -> int | None:
    """Return a second descriptor of an open file; None where it is closed."""
    try:
        return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FIRST_COPY)
    except OSError:
        return None


def _copies() -> list[int | None]:
    return [copied(number) for number in STANDARD]


def _put_back(copies: list[int | None]) -> bool:
    """Put back the standard files; to find out whether that is necessary takes longer."""
    for number, copy in zip(STANDARD, copies, strict=True):
        if copy is not None:
            os.dup2(copy, number)
            os.close(copy)
    return False


def _first_free() -> int:
    """Return the lowest descriptor that is free."""
    free = os.dup(STANDARD[1])
    os.close(free)
    return free


def _look_for_open(before: int) -> bool:
    if _first_free() > max(before, MOST_LEFT_OPEN):
        raise CannotRestoreError(f"more than {MOST_LEFT_OPEN} are left open")
    return False


def _streams() -> _Saved:
    """Return sys.stdin and the like, sys.__stdin__ and the like, and how they write."""
    return [
        (stream, first, _settings(stream))
        for stream, first in ((getattr(sys, name), getattr(sys, f"__{name}__")) for name in _STREAMS)
    ]


def _settings(stream: Any) -> _Settings | None:
    """Return how a stream writes; None where it cannot any more, or is no file of Python's."""
    try:
        if not isinstance(stream, io.TextIOWrapper) or stream.closed:
            return None
    except ValueError:  # it is detached
        return None
    return stream.encoding, stream.errors, stream.line_buffering, stream.write_through


def _set_streams(saved: _Saved) -> bool:
    changed = False
    for (name, number), (stream, first, settings) in zip(_STREAMS.items(), saved, strict=True):
        found = getattr(sys, name, None), getattr(sys, f"__{name}__", None)
        if found[0] is stream and found[1] is first and _settings(stream) == settings:
            continue
        changed = True
        usable = _usable(stream, settings, number)
        setattr(sys, name, usable)
        setattr(sys, f"__{name}__", usable if first is stream else first)
    return changed


def _usable(stream: Any, settings: _Settings | None, number: int) -> Any:
    """Return a stream as it was; a new one over its file where it was closed."""
    if settings is None:
        return stream
    encoding, errors, line_buffering, write_through = settings
    if _settings(stream) is None:
        mode = "rb" if number == 0 else "wb"
        stream = io.TextIOWrapper(open(number, mode, closefd=False), encoding=encoding)  # noqa: SIM115
    stream.reconfigure(encoding=encoding, errors=errors, line_buffering=line_buffering, write_through=write_through)
    return stream


KEPT = (
    Kept("standard files", _copies, _put_back),
    Kept("files", _first_free, _look_for_open),
    Kept("sys.stdout and the like", _streams, _set_streams),
)
