"""The door of a worker process. The main process imports it too, so it loads nothing heavy."""

import importlib
import os
import signal
import threading
from collections.abc import Mapping
from multiprocessing import parent_process
from multiprocessing.connection import wait
from typing import Any


def start_worker(environment: Mapping[str, str]) -> None:
    """Prepare a new worker process: it outlives no parent, and leaves Ctrl-C to the main process.

    Args:
        environment: Variables to set before anything else is imported.
    """
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # Pebble's own handler ends it with exit code 15, as if by itself
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


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
