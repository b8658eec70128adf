"""One stage of one batch: deal its trials to the workers, survive their deaths, write the batch's table."""

import errno
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import TimeoutError as TimeLimitExceeded
from dataclasses import dataclass, field
from typing import Any

from mojo.columns import RETRIED
from mojo.errors import MojoError, one_line
from mojo.layout import StudyLayout
from mojo.study.frozen import Engine, FrozenStudy
from mojo.trial.log import append
from mojo.trial.pool import WorkerPool
from mojo.trial.status import Stage, write_stage
from mojo.trial.worker_process import WorkerDied, death, end_together

TASK_SECONDS = 0.1  # short trials travel together, until a task is worth about this much
MOST_TRIALS_A_TASK = 32
OF_THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE)  # what no trial is to blame for

Row = Mapping[str, Any]
Status = dict[str, Any]


@dataclass
class BatchRun:
    """The trials of one stage of a batch, on their way through the pool.

    Attributes:
        pool: The workers.
        layout: The study's files.
        frozen: The study.
        stage: The stage to run.
        on_status: Called with the status of every trial that is finished with the stage.
        jobs: How many jobs like this share the workers.
    """

    pool: WorkerPool
    layout: StudyLayout
    frozen: FrozenStudy
    stage: Stage
    on_status: Callable[[Status], None]
    jobs: int = 1
    _tasks: dict[Future[Any], list[Row]] = field(default_factory=dict)
    _alone: deque[Row] = field(default_factory=deque)
    _tries: dict[int, int] = field(default_factory=dict)
    _statuses: dict[int, Status] = field(default_factory=dict)
    _trial_seconds: float = TASK_SECONDS
    _share: int = 0

    def run(self, rows: Sequence[Row]) -> list[Status]:
        """Run the stage for `rows` and return the trials' statuses in the same order.

        Trials that are complete already return at once. A worker that dies or exceeds the time limit takes down
        nothing but its own trial: the others of its task are sent again, one by one.
        """
        waiting = deque(rows)
        if self._engine is not None and not self._engine.in_blocks:
            # Python between the steps costs the same for one trial and for many, so these are dealt but once.
            self._share = -(-len(rows) // max(1, self.pool.worker_count // self.jobs))
        while waiting or self._alone or self._tasks:
            while (waiting or self._alone) and len(self._tasks) < 2 * self.pool.worker_count:
                if self._alone:
                    self._submit([self._alone.popleft()], "mojo.trial.worker:run_trials")
                else:
                    self._submit(self._next_task(waiting), self._function)
            for future in wait(self._tasks, return_when=FIRST_COMPLETED).done:
                self._collect(future, self._tasks.pop(future))
        return [self._statuses[row["trial"]] for row in rows]

    @property
    def _engine(self) -> Engine | None:
        """The batch engine, if this stage uses it."""
        engine = self.frozen.engine
        return engine if self.stage == "simulate" and engine is not None and engine.name == "batch" else None

    @property
    def _function(self) -> str:
        return "mojo.trial.worker:run_side_by_side" if self._engine else "mojo.trial.worker:run_trials"

    def _next_task(self, waiting: deque[Row]) -> list[Row]:
        if self._share:
            return [waiting.popleft() for _ in range(min(self._share, len(waiting)))]
        worth = min(TASK_SECONDS, self.frozen.study.timeout / 4)
        size = max(1, min(MOST_TRIALS_A_TASK, int(worth / self._trial_seconds)))
        return [waiting.popleft() for _ in range(min(size, len(waiting)))]

    def _submit(self, rows: list[Row], function: str) -> None:
        timeout: float | None = self.frozen.study.timeout * (len(rows) if self._engine else 1)
        if self.frozen.study.command is not None and self.stage == "simulate":
            timeout = None  # it limits itself, since it may have to wait for its GPU
        future = self.pool.schedule(function, str(self.layout.root.absolute()), self.stage, rows, timeout=timeout)
        self._tasks[future] = rows

    def _collect(self, future: Future[Any], rows: list[Row]) -> None:
        try:
            statuses, seconds = future.result()
        except (TimeLimitExceeded, WorkerDied) as error:
            if len(rows) > 1:  # those that it has finished return at once
                self._alone.extend(rows)
                return
            statuses = [self._bury(rows[0]["trial"], error)]
        except Exception as error:
            if isinstance(error, MojoError) or getattr(error, "errno", None) in OF_THE_MACHINE:
                raise
            # what a trial has left: an alarm that raises, another user, its folder removed
            if len(rows) > 1:
                self._alone.extend(rows)
                return
            statuses = [self._blame(rows[0]["trial"], error)]
        else:
            self._trial_seconds = max(1e-6, seconds / max(1, len(statuses)))
        by_trial = {status["trial"]: status for status in statuses}
        for row in rows:
            if row["trial"] in by_trial:
                self._finish(row, by_trial[row["trial"]])
            else:  # a trial before it has left something in the worker, which has gone
                self._alone.append(row)

    def _finish(self, row: Row, status: Status) -> None:
        number = row["trial"]
        ended_here = status["stage"] == self.stage and status["outcome"] in RETRIED
        if ended_here and self._tries.get(number, 0) < self.frozen.study.retries:
            self._tries[number] = self._tries.get(number, 0) + 1
            self._alone.append(row)
            return
        self._statuses[number] = status
        self.on_status(status)

    def _blame(self, number: int, error: Exception) -> Status:
        """Record that what a trial has left made the worker fail."""
        trial = self.layout.trial(number)
        append(trial.log, f"{self.stage}: {one_line(error)}{error.__cause__ or ''}")
        return write_stage(trial, self.stage, "failed", one_line(error))

    def _bury(self, number: int, error: BaseException) -> Status:
        """Record how the trial's worker died, and save what its telemetry had flushed."""
        trial = self.layout.trial(number)
        if isinstance(error, WorkerDied):
            end_together(error.exitcode)
            outcome, reason = "crashed", f"Its worker process died: {death(error.exitcode)}."
        else:
            outcome, reason = "timeout", f"It took longer than the time limit of {self.frozen.study.timeout:g} s."
        if self.stage == "simulate":
            self.pool.run("mojo.runtime.telemetry:recover", trial.folder)
        append(trial.log, f"{self.stage}: {reason}")
        return write_stage(trial, self.stage, outcome, reason)
