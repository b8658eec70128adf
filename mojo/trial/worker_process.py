"""A worker process as the pool sees it: the line to it, the task that it has, and how it ended."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from typing import Any

from mojo.trial import entry

END_SECONDS = 2.0  # in which the end of a job reaches all of its processes
EXIT_SECONDS = 1.0  # in which a process that has closed its line is expected to end
LOOK_SECONDS = 0.2  # between two looks at what tells nothing by itself
TERM_SECONDS = 3.0  # between SIGTERM, which writes the stack to the trial's log, and SIGKILL


class WorkerDied(Exception):
    """The process that ran a task ended before it had told how the task went.

    Attributes:
        exitcode: Its exit code; the negative number of the signal that killed it; None where it had to be ended,
            because it could no longer be heard.
    """

    def __init__(self, exitcode: int | None) -> None:
        super().__init__(f"The worker process died: {death(exitcode)}.")
        self.exitcode = exitcode


def death(exitcode: int | None) -> str:
    """Return in words what an exit code says, e.g. "SIGSEGV (segmentation fault)"."""
    if exitcode is None:
        return (
            "it closed files that are not its own (os.close, os.closerange), became another program (os.exec), or "
            "ended after the process that waits for workers was killed"
        )
    if exitcode >= 0:
        return f"exit code {exitcode}"
    number = signal.Signals(-exitcode)
    return f"{number.name} ({(signal.strsignal(number) or '').lower()})"


def end_together(exitcode: int | None) -> None:
    """Wait a moment after the SIGTERM of a child, before its trial is blamed.

    A job that ends on a cluster sends SIGTERM to all of its processes, one after the other. If this one is among
    them, it ends here, and the trial has no outcome.
    """
    if exitcode == -signal.SIGTERM:
        time.sleep(END_SECONDS)


@dataclass(frozen=True)
class Task:
    """A function to be called in a worker.

    Attributes:
        future: Gets what it returns or raises.
        call: Its name and arguments, pickled.
        timeout: Wall time [s] after which the worker is ended; None for no limit.
    """

    future: Future[Any]
    call: bytes
    timeout: float | None


# Held while processes are started or asked for their end: multiprocessing asks all of them when it starts one, and of
# two threads that ask at once one gets a wrong answer.
_started = threading.Lock()
_alive: set[int] = set()


def _server() -> int | None:
    """Return the process that forks and reaps workers, if there is one; multiprocessing has no public name for it."""
    return getattr(getattr(forkserver, "_forkserver", None), "_forkserver_pid", None)


def _let_server_go_on() -> None:
    """Wake the process that forks and reaps workers, should a trial have stopped it (SIGSTOP)."""
    server = _server()
    if server is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(server, signal.SIGCONT)


def _end_inherited() -> None:
    """End what workers that died had started: the process that forks workers inherits it (see mojo.trial.heir)."""
    import psutil  # which only a death needs

    number = _server()
    if number is None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        server = psutil.Process(number)
        while left := [child for child in server.children() if child.pid not in _alive]:
            for process in [*left, *(other for child in left for other in child.children(recursive=True))]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(left, timeout=1.0)


class WorkerProcess:
    """A process that runs one task at a time, in a process group of its own.

    Attributes:
        line: The connection to it, over which it gets tasks and answers.
        task: The task that it runs.
    """

    def __init__(self, context: ForkServerContext | SpawnContext, environment: Mapping[str, str]) -> None:
        self.line: Connection
        self.line, theirs = context.Pipe()
        try:
            self._process = context.Process(target=entry.serve, args=(theirs, environment), name="mojo worker")
            with _started:
                _let_server_go_on()
                self._process.start()
                _alive.add(self._pid)
        finally:
            theirs.close()
        self.task: Task | None = None
        self._ends_at = float("inf")
        self._told_to_end = False

    @property
    def is_late(self) -> bool:
        """Whether it was told to end because its task exceeded the time limit."""
        return self._told_to_end

    def begin(self, task: Task) -> bool:
        """Hand it a task; return whether it took it, which a process that has died does not."""
        try:
            self.line.send_bytes(task.call)
        except OSError:
            return False
        self.task = task
        self._ends_at = float("inf") if task.timeout is None else time.monotonic() + task.timeout
        return True

    def finish(self) -> Task:
        """Return its task, which it has answered; it has none then."""
        task, self.task = self.task, None
        assert task is not None
        if not self._told_to_end:
            self._ends_at = float("inf")
        return task

    def seconds_left(self) -> float:
        """Return the time until `keep_limit` has something to do."""
        return self._ends_at - time.monotonic()

    def keep_limit(self) -> None:
        """Tell it to end once its time is up, and kill it when it does not."""
        if self.seconds_left() > 0:
            return
        if self._told_to_end:
            self._send(signal.SIGKILL)
            self._ends_at = float("inf")
        else:
            self.terminate()

    def terminate(self) -> None:
        """Tell it to end."""
        self._send(signal.SIGTERM)
        self._told_to_end, self._ends_at = True, time.monotonic() + TERM_SECONDS

    def has_ended(self) -> bool:
        """Return whether the process is gone; of one whose server was killed the end of its line alone tells."""
        return self._exitcode() is not None and not self._is_orphan()

    @property
    def _pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def _exitcode(self) -> int | None:
        with _started:
            return self._process.exitcode

    def _is_orphan(self) -> bool:
        """Return whether the process lives on though the one that it was forked from, and that waits for it, died."""
        try:
            return self._exitcode() == 255 and os.getpgid(self._pid) == self._pid
        except ProcessLookupError:
            return False

    def _await_end(self, seconds: float) -> int | None:
        """Return the exit code once the process has ended; None where it does not within some time."""
        end = time.monotonic() + seconds
        while (code := self._exitcode()) is None and (left := end - time.monotonic()) > 0:
            _let_server_go_on()
            wait([self._process.sentinel], min(left, LOOK_SECONDS))
        return code

    def end(self, seconds: float) -> int | None:
        """See that it ends within some time, with all that it has started, and return its exit code.

        Returns:
            None where it did not end by itself.
        """
        exitcode = self._await_end(seconds)
        exitcode = None if self._is_orphan() else exitcode
        self._send(signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        self._await_end(float("inf"))
        with _started:
            _alive.discard(self._pid)
            self._process.join()
        self.line.close()
        return exitcode

    def bury(self) -> int | None:
        """Do as `end` for a process that died, of which more may be left: what has left its process group."""
        exitcode = self.end(EXIT_SECONDS)
        with _started:
            _end_inherited()
        return exitcode

    def _send(self, number: signal.Signals) -> None:
        """Send a signal to the process, unless it is known to have ended: then its id may be another's by now."""
        if not self.has_ended():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, number)
