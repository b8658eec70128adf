"""The pool of warm worker processes that every stage of a run shares."""

import atexit
import importlib.machinery
import multiprocessing
import os
import pickle
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext, SpawnContext
from typing import Any

from mojo.trial.entry import HASHES, Answer, Remote
from mojo.trial.worker_process import EXIT_SECONDS, LOOK_SECONDS, Task, WorkerDied, WorkerProcess

MOST_USELESS = 10  # workers that end without having had a task: more of them in a row are no accident
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "POLARS_MAX_THREADS")
# What a worker finds when it starts. Numeric libraries use one thread, since there is a process for each core; texts
# have the same hashes in every process, so that what user code does for each element of a set has the same order.
_FIRST = dict.fromkeys(ONE_THREAD, "1") | HASHES


class Interrupted(KeyboardInterrupt):
    """The run was ended by the user; Snakemake says so by itself, without calling it an error of the rule."""


class WorkerPool:
    """Worker processes with everything imported; each is replaced when it dies or exceeds a time limit.

    Workers are forked from a server process that has imported mojo's simulation code and holds no threads, so a new
    one is ready within milliseconds. Those with an environment of their own are started anew, and import what they
    need when they need it. Each has a line of its own to this process, so that what happens to one is told of it
    alone, and always of the task that it had.

    Args:
        worker_count: How many tasks run at a time.
        environment: Environment variables that a library reads when it is imported; empty for none.
    """

    def __init__(self, worker_count: int, environment: Mapping[str, str] | None = None) -> None:
        self.worker_count = worker_count
        self._environment = dict(environment or {})
        self._lock = threading.RLock()  # a signal handler may stop the pool while it is locked
        self._queue: deque[Task] = deque()
        self._workers: list[WorkerProcess] = []
        self._bell, self._button = multiprocessing.Pipe(duplex=False)
        self._manager: threading.Thread | None = None
        self._stopped = False
        self._useless = 0  # workers that have ended since the last answer without having had a task

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

        Returns:
            Its future, which raises WorkerDied where the process died that ran it, and Interrupted where the pool
            was stopped.

        Raises:
            Interrupted: The pool was stopped.
        """
        scheduled = Task(Future(), pickle.dumps((task, arguments)), timeout)
        with self._lock:
            self.check()
            self._queue.append(scheduled)
            if self._manager is None:
                atexit.register(self.stop)
                self._manager = threading.Thread(target=self._manage, daemon=True)
                self._manager.start()
            self._ring()
        return scheduled.future

    def run(self, task: str, *arguments: Any, timeout: float | None = None) -> Any:
        """Run a function in a worker, wait for it, and return what it returns.

        Raises:
            Interrupted: The pool was stopped.
            TimeoutError: It took longer than `timeout`.
            WorkerDied: Its process died.
        """
        return self.schedule(task, *arguments, timeout=timeout).result()

    def stop(self) -> None:
        """End every worker at once; whoever waits for a result gets Interrupted."""
        with self._lock:
            self._stopped = True
            self._ring()
        if self._manager is not None:
            self._manager.join()

    def _ring(self) -> None:
        """Wake the thread that manages the workers."""
        self._button.send_bytes(b"!")

    def _manage(self) -> None:
        try:
            self._work()
        finally:  # whatever happens, nobody waits for ever
            self._stopped = True
            self._dismiss()

    def _work(self) -> None:
        while not self._stopped:
            self._hand_out()
            left = [worker.seconds_left() for worker in self._workers]
            heard = wait([self._bell, *(worker.line for worker in self._workers)], max(0.0, min([LOOK_SECONDS, *left])))
            if self._bell in heard:
                self._bell.recv_bytes()
            for worker in list(self._workers):
                ended = worker.has_ended()
                if worker.line in heard or (ended and worker.line.poll()):
                    self._listen(worker)
                elif ended:  # and a process that it has started holds its end of the line
                    self._bury(worker)
                else:
                    worker.keep_limit()

    def _hand_out(self) -> None:
        """Give tasks to the workers that have none, and hire more of them where they are too few."""
        idle = [worker for worker in self._workers if worker.task is None]
        while self._queue and (idle or len(self._workers) < self.worker_count):
            task = self._queue.popleft()
            if not task.future.running() and not task.future.set_running_or_notify_cancel():
                continue
            worker = idle.pop() if idle else self._hire()
            if worker is None or not worker.begin(task):
                self._queue.appendleft(task)
                self._fail_if_useless()
            # a worker that did not take it has died, as its line will tell

    def _hire(self) -> WorkerProcess | None:
        """Return a new worker; None where the process that forks them has just died, and is started anew next time."""
        try:
            with _variables(HASHES if self._environment else {}):
                worker = WorkerProcess(_spawning() if self._environment else _start_server(), self._environment)
        except (OSError, EOFError):
            self._useless += 1
            return None
        self._workers.append(worker)
        return worker

    def _listen(self, worker: WorkerProcess) -> None:
        """Take a worker's answer, or learn from the end of its line that it died."""
        try:
            told = worker.line.recv_bytes()
        except (EOFError, OSError) as error:
            if isinstance(error, ConnectionResetError):  # it died before it had read its task, which is innocent
                self._queue.appendleft(worker.finish())
            self._bury(worker)
            return
        task = worker.finish()
        self._useless = 0
        answer = _understood(told)
        if answer.leaves or worker.is_late:
            self._workers.remove(worker)
            worker.end(EXIT_SECONDS)
        self._hand_out()  # first, so that the worker goes on while others learn of its answer
        if answer.raised:
            task.future.set_exception(answer.value)
        else:
            task.future.set_result(answer.value)

    def _bury(self, worker: WorkerProcess) -> None:
        """Blame the death of a worker on its task."""
        self._workers.remove(worker)
        exitcode = worker.bury()
        if worker.task is None:
            self._useless += 1
            self._fail_if_useless()
        elif worker.is_late:
            worker.task.future.set_exception(TimeoutError())
        else:
            worker.task.future.set_exception(WorkerDied(exitcode))

    def _fail_if_useless(self) -> None:
        """Fail all tasks that wait when one worker after the other has ended without taking any."""
        if self._useless < MOST_USELESS:
            return
        self._useless = 0
        self._abort(lambda: RuntimeError("worker processes end as soon as they are started; their errors stand above"))

    def _dismiss(self) -> None:
        """End all workers; their trials' logs tell where they were."""
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.end(max(0.0, worker.seconds_left()))
            if worker.task is not None:
                worker.task.future.set_exception(Interrupted())
        self._abort(Interrupted)

    def _abort(self, reason: Callable[[], BaseException]) -> None:
        """Tell all whose tasks have not begun that there will be no result."""
        while self._queue:
            self._queue.popleft().future.set_exception(reason())


def _understood(told: bytes) -> Answer:
    """Return an answer; one that cannot be read counts as raised, and its worker leaves."""
    try:
        answer: Answer = pickle.loads(told)
        if answer.raised:
            error, text = pickle.loads(answer.value)
            error.__cause__ = Remote(text)
            answer = answer._replace(value=error)
    except Exception as unreadable:  # noqa: BLE001 - whatever the classes in it do
        return Answer(RuntimeError(f"the worker's answer cannot be read: {unreadable}"), True, True)
    return answer


def _start_server() -> ForkServerContext:
    """Start the process that workers are forked from, unless it runs, and return its context."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["mojo.trial.heir", "mojo.trial.worker", "mojo.trial.design", "mojo.trial.preflight"]
    )
    with _variables(_FIRST):
        forkserver.ensure_running()
    _keep_main_module_out()
    return context


def _spawning() -> SpawnContext:
    """Return the context of workers that are started anew, each with the environment that it is given."""
    _keep_main_module_out()
    return multiprocessing.get_context("spawn")


@contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for processes that are started meanwhile."""
    saved = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
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
