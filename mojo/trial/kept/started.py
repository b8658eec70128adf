"""Threads and processes that user code starts. Processes are ended; a thread cannot be, but with its process."""

import contextlib
import multiprocessing
import os
import threading
import time

import psutil

from mojo.trial.kept.base import CannotRestoreError, Kept

THREAD_SECONDS = 0.2  # in which threads may come to their end
COPY_SECONDS = 2.0  # in which a copy of the process that was forked may come to its end
_MOST_ROUNDS = 20  # of ending processes that start others meanwhile
_SHOWN = 5


class CopyLeftError(CannotRestoreError):
    """A copy of this process that user code has forked was still running."""


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _processes() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True)) if _has_children() else set()


def _end_processes(saved: set[psutil.Process]) -> bool:
    started = _processes() - saved
    if not started:
        return False
    copies = [process for process in started if _is_copy(process)]
    copies_left = psutil.wait_procs(copies, timeout=COPY_SECONDS)[1]
    told = [_told(process) for process in started if _runs(process)]
    _kill(saved)
    if copies_left:
        raise CopyLeftError("a process that was forked was still running, and was ended")
    if told:
        shown = ", ".join(told[:_SHOWN]) + (f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else "")
        raise CannotRestoreError(f"processes were still running, and were ended: {shown}")
    return False


def _kill(saved: set[psutil.Process]) -> None:
    """Kill all that was started, and what that has started, which is inherited where its own parent has ended."""
    for _ in range(_MOST_ROUNDS):
        started = _processes() - saved
        if not started:
            return
        for process in started:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(started, timeout=1.0)
    raise CannotRestoreError("processes start others faster than they are ended")


def _is_copy(process: psutil.Process) -> bool:
    """Return whether a process is a fork of this one that runs no other program, and none of multiprocessing's own."""
    known = {child.pid for child in multiprocessing.active_children()}
    try:
        own = psutil.Process()
        return process.ppid() == own.pid and process.pid not in known and process.cmdline() == own.cmdline()
    except psutil.Error:
        return False


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _told(process: psutil.Process) -> str:
    try:
        return f"{process.pid} ({process.name()})"
    except psutil.Error:
        return str(process.pid)


def _threads() -> set[threading.Thread]:
    """Return Python's threads; of those that C has started it knows no end."""
    return {thread for thread in threading.enumerate() if type(thread).__name__ != "_DummyThread"}


def _await_threads(saved: set[threading.Thread]) -> bool:
    started = _threads() - saved
    end = time.monotonic() + THREAD_SECONDS
    for thread in started:
        thread.join(max(0.0, end - time.monotonic()))
    running = [thread.name for thread in started if thread.is_alive()]
    if running:
        raise CannotRestoreError(f"threads are still running: {', '.join(sorted(running)[:_SHOWN])}")
    return False


KEPT = (
    Kept("processes", _processes, _end_processes),
    Kept("threads", _threads, _await_threads),
)
