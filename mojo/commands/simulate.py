"""python -m mojo simulate: one batch of a frozen study; what a task on a cluster runs."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from mojo.campaign.lock import StudyLock
from mojo.cluster.causes import WORKER_KILLED
from mojo.errors import StudyError
from mojo.layout import StudyLayout
from mojo.study.frozen import FrozenStudy, read_frozen
from mojo.trial.pool import WorkerPool, death
from mojo.trial.stage import run_stage
from mojo.trial.status import STAGES, Stage
from mojo.trial.tables import write_stage_table

LOCK_SECONDS = 60.0  # that a batch may take to let go after its job was ended


class WorkerKilled(Exception):
    """Workers were ended from outside, which says nothing about their trials."""

    def __init__(self, trials: list[int], by: signal.Signals, status: int) -> None:
        super().__init__(f"the workers of trials {trials} were ended by {by.name}; the batch is left unfinished")
        self.status = status


def simulate_batch(results: Path, batch: int, first: Stage, cores: int | None, again_if_killed: bool) -> None:
    """Run the stages of one batch and write their tables; trials that are complete are left alone.

    Args:
        results: The study's folder.
        batch: The batch.
        first: The stage to begin with.
        cores: Workers, or None for one a core that this process may use.
        again_if_killed: Whether to end with WORKER_KILLED, without a table, when a worker was killed by SIGKILL.

    Raises:
        StudyError: There is no such study or batch, or another process works on it.
    """
    layout = StudyLayout(results)
    frozen = read_frozen(layout)
    if batch not in frozen.batches:
        raise StudyError(f"Batch {batch} is not in {results}: it has batches 0 to {len(frozen.batches) - 1}.")
    hold(layout.batch_lock(batch))
    pool = WorkerPool(cores or len(os.sched_getaffinity(0)))
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(128 + signum))
    try:
        run_stages(pool, layout, frozen, batch, first, again_if_killed)
    except WorkerKilled as killed:
        print(f"mojo: {killed}", file=sys.stderr)
        raise SystemExit(killed.status) from None
    finally:
        pool.stop()


def hold(path: Path) -> None:
    """Take a batch's lock until this process ends; whoever holds it gets some time to let go.

    Raises:
        StudyError: Another process holds it still.
    """
    lock = StudyLock(path)
    end = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            lock.acquire()
            return
        except StudyError:
            if time.monotonic() > end:
                raise
            time.sleep(1.0)


def run_stages(
    pool: WorkerPool, layout: StudyLayout, frozen: FrozenStudy, batch: int, first: Stage, again_if_killed: bool
) -> None:
    """Run a batch from the stage `first` to the last, and say how its trials ended.

    Raises:
        WorkerKilled: A worker was killed, and the batch is to be tried again.
    """
    if not layout.table("design", batch).exists():
        pool.run("mojo.trial.design:write_design", layout, batch)
    statuses: list[dict[str, Any]] = []
    for stage in STAGES[STAGES.index(first) :]:
        statuses = run_stage(pool, layout, frozen, stage, batch, lambda status: None)
        check_workers(statuses, stage, again_if_killed)
        write_stage_table(layout, stage, batch, statuses, frozen.digests[stage])
    outcomes = [status["outcome"] for status in statuses]
    counts = ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in dict.fromkeys(outcomes))
    print(f"mojo: batch {batch}: {len(outcomes)} trials: {counts}")


def check_workers(statuses: list[dict[str, Any]], stage: Stage, again_if_killed: bool) -> None:
    """Check that no worker was ended from outside.

    At a job's end SLURM sends SIGTERM to all of its processes, and workers may be gone before this one hears of it.
    The kernel sends SIGKILL to the largest process when memory is short.

    Raises:
        WorkerKilled: One was.
    """
    if terminated := ended_by(signal.SIGTERM, statuses, stage):
        raise WorkerKilled(terminated, signal.SIGTERM, 128 + signal.SIGTERM)
    if again_if_killed and (killed := ended_by(signal.SIGKILL, statuses, stage)):
        raise WorkerKilled(killed, signal.SIGKILL, WORKER_KILLED)


def ended_by(number: signal.Signals, statuses: list[dict[str, Any]], stage: Stage) -> list[int]:
    """Return the trials whose worker was ended by a signal in a stage."""
    crashed = [status for status in statuses if status["stage"] == stage and status["outcome"] == "crashed"]
    return [status["trial"] for status in crashed if death(-number) in (status["error"] or "")]
