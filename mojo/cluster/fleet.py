"""Fleet: a study's batches on their way through SLURM."""

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from mojo import files
from mojo.cluster import commands
from mojo.cluster.causes import WORDS, cause
from mojo.cluster.commands import ClusterError
from mojo.cluster.limits import Limits
from mojo.cluster.queue import jobs_of, wait_until_gone
from mojo.cluster.request import Request
from mojo.cluster.script import ArrayJob, chunks, digits_for
from mojo.cluster.texts import Task
from mojo.cluster.ticket import Ticket, retried
from mojo.layout import StudyLayout
from mojo.trial.status import STAGES, Stage

GATHER_SECONDS, MOST_GATHER_SECONDS = 1.0, 10.0  # jobs that come within this time of each other share a submission
TELL_SECONDS = 30.0
LOG_TAIL = 4000  # bytes

Say = Callable[[str], None]


class Fleet:
    """The batches of a study that a run wants from SLURM.

    A batch's task runs all stages from the first that is due, so the jobs of its later stages find the task already
    there. A stage is done when its table is there: tables are removed before a batch is submitted, and are written
    whole. SLURM is only asked whether a task is still alive, and why it is not.

    Args:
        layout: The study's files.
        contract: Digest of what the results of its batches depend on.
        request: What a batch asks for.
        limits: What the partition allows.
        retries: How often a batch is started again for each cause.
        patience: Seconds after the end of a task in which its tables may still appear on this machine.
        poll: Seconds between two questions to SLURM.
        say: Prints a line for the user.
    """

    def __init__(
        self,
        layout: StudyLayout,
        contract: str,
        request: Request,
        limits: Limits,
        *,
        retries: int,
        patience: float,
        poll: float,
        say: Say,
    ) -> None:
        self._layout = StudyLayout(layout.root.absolute())
        self._shown = layout
        self._contract, self._request, self._limits = contract, request, limits
        self._retries, self._patience, self._poll, self._say = retries, patience, poll, say
        self._digits = digits_for(limits.max_array_size)
        self._tickets: dict[int, Ticket] = {}
        self._lock = threading.Lock()  # held while SLURM is asked for anything
        self._cancelled = False
        self._polled = self._told = 0.0
        self._polls = 0

    def adopt(self) -> None:
        """Take over the tasks of an earlier run that are still queued or running; cancel those of another version."""
        other: list[Task] = []
        for task, mark in jobs_of(self._layout.root, commands.queue()):
            if not task.is_active:
                continue
            if mark.contract != self._contract:
                other.append(task)
                continue
            batch = mark.offset + task.index
            self._tickets[batch] = Ticket(batch, mark.stage, self._request, job=task.job, index=task.index)
        if self._tickets:
            self._say(f"{len(self._tickets)} batches are still with SLURM from an earlier run; they are waited for")
        if other:
            self._say(f"{len(other)} batches of an older version of the study are with SLURM; they are cancelled")
            commands.cancel(task.job for task in other)
            wait_until_gone({task.job for task in other})

    def want(self, batch: int, stage: Stage) -> None:
        """Ask for the table of a stage of a batch; it is submitted with the next array if no task is at it."""
        with self._lock:
            ticket = self._tickets.get(batch)
            if ticket is not None and ticket.covers(stage) and not ticket.error:
                if not ticket.finished or self._missing(batch, stage) is None:
                    return
            elif ticket is not None and ticket.job is not None and not ticket.ended:
                commands.cancel([ticket.task_id])  # of an earlier run, and it began too late in the batch
                wait_until_gone([ticket.task_id])
            self._tickets[batch] = Ticket(batch, stage, self._request)

    def is_done(self, batch: int, stage: Stage) -> bool:
        """Return whether a stage's table has been made.

        A batch that starts again keeps the tables that its earlier tasks have made.
        """
        ticket = self._tickets[batch]
        made = ticket.was_submitted and ticket.covers(stage) and self._layout.table_of(stage, batch).exists()
        if not made:
            ticket.finished = False  # if somebody has removed its table, SLURM is asked for its task again
        return made

    def error(self, batch: int) -> str | None:
        """Return why a batch will not be finished, or None."""
        return self._tickets[batch].error

    def advance(self) -> None:
        """Submit what has been gathered, ask SLURM for the rest, and start again what ended too early."""
        with self._lock:
            if self._cancelled:
                return
            self._submit_gathered()
            waiting = [ticket for ticket in self._tickets.values() if ticket.job is not None and not ticket.ended]
            for ticket in waiting:
                if self._missing(ticket.batch, ticket.stage) is None:
                    ticket.finished = True
            if time.monotonic() - self._polled >= min(self._poll, 1.0 + self._polls):
                self._look_after([ticket for ticket in waiting if not ticket.finished])

    def _missing(self, batch: int, stage: Stage) -> Stage | None:
        """Return the first stage from `stage` on whose table is missing, or None."""
        stages = STAGES[STAGES.index(stage) :]
        return next((name for name in stages if not self._layout.table_of(name, batch).exists()), None)

    def _submit_gathered(self) -> None:
        new = [ticket for ticket in self._tickets.values() if ticket.job is None and not ticket.ended]
        if not new:
            return
        now, made = time.monotonic(), [ticket.made for ticket in new]
        if now - max(made) < GATHER_SECONDS and now - min(made) < MOST_GATHER_SECONDS:
            return
        alike: dict[tuple[Stage, Request, bool], list[Ticket]] = {}
        for ticket in new:
            begin = self._missing(ticket.batch, ticket.stage) if ticket.was_submitted else ticket.stage
            if begin is None:  # what its lost task had made came to light late
                ticket.finished = True
                continue
            alike.setdefault((begin, ticket.request, ticket.tries < self._retries), []).append(ticket)
        for (stage, request, again), tickets in alike.items():
            for batches in chunks([ticket.batch for ticket in tickets], self._digits):
                self._submit(ArrayJob(self._layout, self._contract, stage, batches, request, self._digits, not again))

    def _submit(self, array: ArrayJob) -> None:
        self._layout.cluster.mkdir(parents=True, exist_ok=True)
        for batch in array.batches:
            for stage in STAGES[STAGES.index(array.stage) :]:
                self._layout.table_of(stage, batch).unlink(missing_ok=True)
        try:
            job = commands.submit(array.text(), array.arguments())
        except ClusterError as error:
            self._say(f"error: {error}")
            for batch in array.batches:
                self._tickets[batch].error = f"not submitted: {error}"
            return
        self._polled, self._polls = time.monotonic(), 0
        for batch in array.batches:
            self._tickets[batch].job, self._tickets[batch].index = job, batch - array.offset
        count = f"{len(array.batches)} batches" if len(array.batches) > 1 else f"batch {array.batches[0]}"
        self._say(
            f"{count} submitted as job {job} (--array={array.array}) to partition {self._limits.partition}; "
            f"logs: {self._shown.cluster}/<batch>.{job}.log"
        )

    def _look_after(self, waiting: list[Ticket]) -> None:
        """Ask SLURM for the tasks that have not made all of their tables."""
        if not waiting:
            return
        try:
            found = {
                task.id: task for task in commands.queue({ticket.job for ticket in waiting if ticket.job is not None})
            }
            gone = [ticket for ticket in waiting if ticket.task_id not in found]
            found |= {task.id: task for task in commands.accounted(ticket.task_id for ticket in gone)}
        except ClusterError as error:
            self._say(f"{error} It is asked again.")
            return
        finally:
            self._polled, self._polls = time.monotonic(), self._polls + 1
        for ticket in waiting:
            task = found.get(ticket.task_id)
            if task is None or not task.is_active:
                self._end(ticket, task)
        self._tell([found[ticket.task_id] for ticket in waiting if ticket.task_id in found])

    def _end(self, ticket: Ticket, task: Task | None) -> None:
        """Deal with a task that is gone, once its tables have had time to appear."""
        now = time.monotonic()
        ticket.gone_since = ticket.gone_since or now
        if self._missing(ticket.batch, ticket.stage) is None:
            ticket.finished = True
        elif now - ticket.gone_since >= self._patience or (task is not None and task.state != "COMPLETED"):
            self._deal_with(ticket, task)

    def _deal_with(self, ticket: Ticket, task: Task | None) -> None:
        assert ticket.job is not None
        log = self._shown.cluster_log(ticket.batch, ticket.job)
        why = cause(task, tail(log))
        again, words = retried(ticket, why, self._limits, self._retries)
        place = f" on {task.node}" if task is not None and task.node else ""
        said = f"batch {ticket.batch} (job {ticket.task_id}{place}): {WORDS[why]}; {words}. Log: {log}"
        self._say(said if again else f"error: {said}")
        files.write_json(
            self._layout.cluster_end(ticket.batch),
            {
                "batch": ticket.batch,
                "job": ticket.task_id,
                "state": task.state if task else "unknown",
                "reason": WORDS[why],
                "node": task.node if task else "",
                "log": str(log),
                "then": words,
            },
        )
        if again is None:
            ticket.error = f"{WORDS[why]}; {words}"
        else:
            self._tickets[ticket.batch] = again

    def _tell(self, tasks: Iterable[Task]) -> None:
        """Say now and then how far the batches are."""
        if time.monotonic() - self._told < TELL_SECONDS:
            return
        self._told = time.monotonic()
        states = [
            f"{task.state.lower()}{f' ({task.reason})' if task.state == 'PENDING' and task.reason else ''}"
            for task in tasks
            if task.is_active
        ]
        finished = sum(ticket.finished for ticket in self._tickets.values())
        counts = [f"{states.count(state)} {state}" for state in dict.fromkeys(states)]
        self._say(f"batches: {', '.join([f'{finished} done', *counts])}")

    def cancel(self) -> None:
        """Cancel every task that has not ended, with one request; nothing is submitted from now on."""
        with self._lock:
            self._cancelled = True
            tickets = [ticket for ticket in self._tickets.values() if ticket.job is not None and not ticket.ended]
            jobs = dict.fromkeys(ticket.job for ticket in tickets if ticket.job is not None)
            commands.cancel(jobs)
            if jobs:
                self._say(f"cancelled: {len(tickets)} batches in job {', '.join(jobs)}")


def tail(log: Path) -> str:
    """Return the end of a log, or "" where there is none."""
    if not log.exists():
        return ""
    return log.read_bytes()[-LOG_TAIL:].decode(errors="replace")
