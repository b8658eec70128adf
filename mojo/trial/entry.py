"""The door of a worker process. The main process imports it too, so it loads nothing heavy."""

import contextlib
import importlib
import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Mapping
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

HASHES = {"PYTHONHASHSEED": "0"}  # of texts, the same in every process; Python takes it when it starts
FIRST_TO_GO = "500"  # of 1000: where memory runs out, Linux kills a worker rather than the process of the run

_reasons: set[object] = set()


class Answer(NamedTuple):
    """What a worker says of a task.

    Attributes:
        value: What it returned, or the exception that it raised.
        raised: Whether it raised it.
        leaves: Whether the worker ends now, and another takes its place.
    """

    value: Any
    raised: bool
    leaves: bool


class Remote(Exception):
    """The traceback of an exception in a worker, which does not come along by itself."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def retire(reason: object) -> None:
    """Let this process end after its task: a trial left something in it that cannot be taken back."""
    _reasons.add(reason)


def reinstate(reason: object) -> None:
    """Take back a reason for which this process should end."""
    _reasons.discard(reason)


def is_retired() -> bool:
    """Return whether this process takes no more trials."""
    return bool(_reasons)


def serve(line: Connection, environment: Mapping[str, str]) -> NoReturn:
    """Run one task after the other until the line closes; no exit handlers of user code run then.

    Args:
        line: Brings the tasks, and takes the answers.
        environment: Variables to set before anything else is imported.
    """
    start_worker(environment)
    os.set_inheritable(line.fileno(), False)
    own, opened = os.getpid(), _file(line.fileno())
    while True:
        try:
            called = line.recv_bytes()
        except EOFError:
            os._exit(0)
        answer = _answer(called)
        if os.getpid() != own:  # a copy that user code has forked, and that came back
            os._exit(1)
        if _file(line.fileno()) != opened:  # user code has closed it: it may be anybody's file by now
            _wait_to_be_killed()
        line.send_bytes(answer)
        if is_retired():
            os._exit(0)


def _file(descriptor: int) -> tuple[int, int] | None:
    """Return which file stands behind a descriptor, or None where it was closed."""
    try:
        found = os.fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _wait_to_be_killed() -> NoReturn:
    time.sleep(60.0)  # the pool sees that the line is closed
    os._exit(1)


def _answer(called: bytes) -> bytes:
    try:
        task, arguments = pickle.loads(called)
        return pickle.dumps(Answer(call(task, *arguments), False, is_retired()))
    except Exception as error:  # noqa: BLE001 - it is raised again where the result is waited for
        error.__cause__ = Remote(traceback.format_exc())
        return _exception(error)


def _exception(error: Exception) -> bytes:
    """Return the answer of a task that raised an exception; one that cannot be sent is told in words."""
    try:
        sent = pickle.dumps((error, str(error.__cause__)))
        pickle.loads(sent)
    except Exception:  # noqa: BLE001 - whatever a class of its own does when it is copied
        told = RuntimeError(f"{type(error).__name__}: {error}")
        sent = pickle.dumps((told, str(error.__cause__)))
    return pickle.dumps(Answer(sent, True, is_retired()))


def start_worker(environment: Mapping[str, str]) -> None:
    """Prepare a new worker process: it outlives no parent, and leaves Ctrl-C to the main process.

    It leads a process group, so that what its trials start can be ended with it, and a trial that sends a signal to
    its group reaches nobody else; it inherits those whose parent has ended; and it reads nothing from the terminal.

    Args:
        environment: Variables to set before anything else is imported.
    """
    os.environ.update(environment)
    from mojo.trial.guard import PR_SET_CHILD_SUBREAPER, prctl

    os.setpgid(0, 0)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    with contextlib.suppress(OSError):  # not on every system
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None
    watched = parent.sentinel, _file(parent.sentinel)
    threading.Thread(target=_end_with_parent, args=watched, daemon=True).start()


def _end_with_parent(sentinel: int, opened: tuple[int, int] | None) -> None:
    with contextlib.suppress(OSError):
        wait([sentinel])
    if _file(sentinel) == opened:  # else a trial has closed it, for which the parent will end this process
        os.killpg(os.getpid(), signal.SIGKILL)


def call(task: str, *arguments: Any) -> Any:
    """Call the function that `task` names as "module:function".

    Raises:
        RuntimeError: User code called sys.exit or the like, which must not end the process that waits for the result.
    """
    module, _, function = task.partition(":")
    try:
        return getattr(importlib.import_module(module), function)(*arguments)
    except Exception:
        raise
    except BaseException as error:
        raise RuntimeError(f"{task} was ended by {type(error).__name__}: {error}") from error
