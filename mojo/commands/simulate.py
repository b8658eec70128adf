"""python -m mojo simulate: one batch of a frozen study; what a task on a cluster runs."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from mojo.campaign.lock import Held, StudyLock
from mojo.cluster.causes import WORKER_KILLED
from mojo.errors import StudyError
from mojo.layout import StudyLayout
from mojo.study.frozen import FrozenStudy, read_frozen
from mojo.trial.pool import WorkerPool
from mojo.trial.stage import run_stage
from mojo.trial.status import STAGES, Stage
from mojo.trial.tables import write_stage_table
from mojo.trial.worker_process import death

LOCK_SECONDS = 60.0  # that a batch may take to let go after its job was ended


class WorkerKilled(Exception):
    """Workers were killed from outside, which says nothing about their trials."""


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
        raise SystemExit(WORKER_KILLED) from None
    finally:
        pool.stop()


def hold(path: Path) -> None:
    """Take a batch's lock until this process ends; whoever holds it gets some time to let go.

    Raises:
        Held: Another process holds it still.
    """
    end = time.monotonic() + LOCK_SECONDS

    def refuse_late(held: Held) -> None:
        if time.monotonic() > end:
            raise held

    StudyLock(path).wait(refuse_late)


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
    """Check that no worker was killed: the kernel sends SIGKILL to the largest process when memory is short.

    Raises:
        WorkerKilled: One was, and the batch is to be tried again.
    """
    crashed = [status for status in statuses if status["stage"] == stage and status["outcome"] == "crashed"]
    killed = [status["trial"] for status in crashed if death(-signal.SIGKILL) in (status["error"] or "")]
    if killed and again_if_killed:
        raise WorkerKilled(f"the workers of trials {killed} were killed; the batch is left unfinished")
