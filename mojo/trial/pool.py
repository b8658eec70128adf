"""The pool of warm worker processes that every stage of a run shares."""

import atexit
import contextlib
import importlib.machinery
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, InvalidStateError
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, SpawnContext
from typing import Any

from pebble import ProcessPool

from mojo.trial import entry

FRESH_POOLS = 3  # more than this are not lost by accident
END_SECONDS = 2.0  # in which the end of a job reaches all of its processes
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "POLARS_MAX_THREADS")


class Interrupted(KeyboardInterrupt):
    """The run was ended by the user; Snakemake says so by itself, without calling it an error of the rule."""


class WorkerPool:
    """Worker processes with everything imported; each is replaced when it dies or exceeds a time limit.

    Workers are forked from a server process that has imported mojo's simulation code and holds no threads, so a new
    one is ready within milliseconds. Those with an environment of their own are started anew, and import what they
    need when they need it.

    Args:
        worker_count: How many tasks run at a time.
        environment: Environment variables that a library reads when it is imported; empty for none.
    """

    def __init__(self, worker_count: int, environment: Mapping[str, str] | None = None) -> None:
        self.worker_count = worker_count
        self._environment = dict(environment or {})
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None
        self._waiting: set[Future[Any]] = set()
        self._stopped = False
        self._fresh_pools = 0

    def warm_up(self) -> None:
        """Let the process that workers are forked from begin its imports, while this one does something else."""
        _start_server()

    def check(self) -> None:
        """Check that the pool goes on.

        Raises:
            Interrupted: It was stopped.
        """
        if self._stopped:
            raise Interrupted

    def schedule(self, task: str, *arguments: Any, timeout: float | None = None) -> Future[Any]:
        """Run a function in a worker.

        Args:
            task: The function as "module:function"; named rather than passed, so that the main process need not
                import what only workers need.
            arguments: Picklable arguments.
            timeout: Wall time [s] after which the worker is ended and the future raises TimeoutError.

        Raises:
            Interrupted: The pool was stopped.
            RuntimeError: It breaks again and again.
        """
        with self._lock:
            self.check()
            future = self._working().schedule(entry.call, args=(task, *arguments), timeout=timeout)
            self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)
        return future

    def run(self, task: str, *arguments: Any, timeout: float | None = None) -> Any:
        """Run a function in a worker, wait for it, and return what it returns.

        Raises:
            Interrupted: The pool was stopped.
            TimeoutError: It took longer than `timeout`.
            ProcessExpired: Its process died.
        """
        while True:
            try:
                return self.result(self.schedule(task, *arguments, timeout=timeout))
            except BrokenProcessPool:
                continue  # with a fresh pool; `schedule` knows when it is enough

    def result(self, future: Future[Any]) -> Any:
        """Wait for a scheduled function and return what it returned; raises as `run`.

        Raises:
            BrokenProcessPool: A worker died in the moment in which it took or gave back a task, so that nobody knows
                whose it was. What is scheduled next goes to a fresh pool.
        """
        try:
            return future.result()
        except BrokenProcessPool:
            if self._stopped:  # it heard of the end from its closing pipes, before `stop` could tell
                raise Interrupted from None
            raise

    def _working(self) -> ProcessPool:
        """Return the pool, a fresh one where it has not begun or is broken."""
        if self._pool is not None and not self._pool.active and self._fresh_pools < FRESH_POOLS:
            self._fresh_pools += 1
            self._pool.stop()
            self._pool.join()
            self._pool = None
            self._abort(BrokenProcessPool)
        if self._pool is None:
            atexit.register(self.stop)
            self._pool = ProcessPool(
                max_workers=self.worker_count,
                initializer=entry.start_worker,
                initargs=(self._environment,),
                context=_spawning() if self._environment else _start_server(),
            )
        return self._pool

    def stop(self) -> None:
        """End every worker at once; whoever waits for a result gets Interrupted."""
        with self._lock:
            self._stopped = True
        if self._pool is None:
            return
        self._pool.stop()
        self._pool.join()
        self._abort(Interrupted)

    def _abort(self, reason: type[BaseException]) -> None:
        """Tell all who wait for a result that there will be none."""
        for future in list(self._waiting):
            with contextlib.suppress(InvalidStateError):  # it got its result at the last moment
                future.set_exception(reason())


def _start_server() -> ForkServerContext:
    """Start the process that workers are forked from, unless it runs, and return its context."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mojo.trial.worker", "mojo.trial.design", "mojo.trial.preflight"])
    with _one_thread_each():
        forkserver.ensure_running()
    _keep_main_module_out()
    return context


def _spawning() -> SpawnContext:
    """Return the context of workers that are started anew, each with the environment that it is given."""
    _keep_main_module_out()
    return multiprocessing.get_context("spawn")


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Tell numeric libraries to use one thread: the pool already has a process for each core."""
    saved = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in saved.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _keep_main_module_out() -> None:
    """Keep multiprocessing from importing the `snakemake` script, and with it all of Snakemake, in each worker.

    It leaves out main modules that were started with `python -m`, which it knows by their spec.
    """
    main = sys.modules["__main__"]
    if main.__spec__ is None:
        main.__spec__ = importlib.machinery.ModuleSpec("mojo_run.__main__", None)


def death(exitcode: int | None) -> str:
    """Return in words what an exit code says, e.g. "SIGSEGV (segmentation fault)"."""
    if exitcode is None or exitcode >= 0:
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
