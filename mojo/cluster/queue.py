"""A study's jobs in the queue, whoever submitted them."""

import time
from collections.abc import Iterable
from pathlib import Path

from mojo.cluster import commands
from mojo.cluster.commands import ClusterError
from mojo.cluster.script import Mark, read_mark
from mojo.cluster.texts import Task

GONE_SECONDS = 120.0


def jobs_of(root: Path, tasks: Iterable[Task]) -> list[tuple[Task, Mark]]:
    """Return the tasks that are batches of the study in `root`, and what they were submitted as."""
    marked = [(task, read_mark(task.comment)) for task in tasks]
    return [(task, mark) for task, mark in marked if mark is not None and mark.root == root.absolute()]


def cancel_study(root: Path) -> list[str]:
    """Cancel all batches of a study and wait until they are gone; return the ids of their arrays."""
    jobs = list(dict.fromkeys(task.job for task, _ in jobs_of(root, commands.queue()) if task.is_active))
    commands.cancel(jobs)
    wait_until_gone(jobs)
    return jobs


def wait_until_gone(jobs: Iterable[str]) -> None:
    """Wait until no task of these arrays is active.

    Raises:
        ClusterError: Some still are after two minutes.
    """
    asked, end = list(jobs), time.monotonic() + GONE_SECONDS
    while asked and any(task.is_active for task in commands.queue(asked)):
        if time.monotonic() > end:
            raise ClusterError(f"SLURM has not ended job {', '.join(asked)} within {GONE_SECONDS:.0f} s of scancel.")
        time.sleep(0.5)
