"""Ticket: one batch's way through SLURM, and what is done when it ends too early."""

import time
from collections import Counter
from dataclasses import dataclass, field, replace

from mojo.cluster.causes import Cause
from mojo.cluster.formats import format_memory, format_time
from mojo.cluster.limits import Limits
from mojo.cluster.request import Request
from mojo.trial.status import STAGES, Stage


@dataclass
class Ticket:
    """A batch that is wanted from SLURM.

    Attributes:
        batch: Its number.
        stage: The first stage that is wanted; when it starts again, its task begins with the first that is missing.
        request: What it asks for.
        job: Id of its array, or None until it is submitted.
        index: Its index in the array.
        causes: How often it ended too early, by cause.
        finished: Whether all its tables are there.
        error: Why it is given up, or None.
        made: When it was wanted [s, monotonic].
        gone_since: When its task was first found gone [s, monotonic].
    """

    batch: int
    stage: Stage
    request: Request
    job: str | None = None
    index: int = 0
    causes: Counter[Cause] = field(default_factory=Counter)
    finished: bool = False
    error: str | None = None
    made: float = field(default_factory=time.monotonic)
    gone_since: float | None = None

    @property
    def ended(self) -> bool:
        return self.finished or self.error is not None

    @property
    def was_submitted(self) -> bool:
        """Whether tables from before are gone: those that are there are its own."""
        return self.job is not None or bool(self.causes)

    @property
    def tries(self) -> int:
        """How often it ended for lack of memory."""
        return self.causes["memory"]

    @property
    def task_id(self) -> str:
        return f"{self.job}_{self.index}"

    def covers(self, stage: Stage) -> bool:
        """Return whether its tasks make the table of a stage."""
        return STAGES.index(self.stage) <= STAGES.index(stage)


def retried(ticket: Ticket, why: Cause, limits: Limits, retries: int) -> tuple[Ticket | None, str]:
    """Return the ticket with which a batch starts again, or None, and what is done in words.

    Out of memory gets more memory and out of time more time, up to the partition's limits; a failed node or a kill
    gets the same again. What was cancelled by hand, or failed by itself, would only do so again.
    """
    if why in ("cancelled", "failed"):
        return None, "it is not tried again in this run"
    if ticket.causes[why] >= retries:
        return None, f"it was tried {retries + 1} times"
    request, words = ticket.request, "tried again"
    if why == "memory":
        request = request.with_more_memory(limits.most_memory)
        words = f"tried again with {format_memory(request.memory or 0)}"
    if why == "time":
        request = request.with_more_time(limits.time)
        words = f"tried again with {format_time(request.time or 0)}"
    if why in ("memory", "time") and request == ticket.request:
        return None, f"the most that partition {limits.partition} gives was not enough"
    causes = ticket.causes + Counter([why])
    return replace(ticket, request=request, causes=causes, job=None, made=time.monotonic(), gone_since=None), words
