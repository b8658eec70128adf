"""Where the unfinished batches of a study are: with SLURM, or how they ended, and in which log that can be read."""

import shutil
from dataclasses import dataclass
from typing import Any

from mojo import files
from mojo.cluster import commands
from mojo.cluster.commands import PROGRAMS, ClusterError
from mojo.cluster.queue import jobs_of
from mojo.cluster.texts import Task
from mojo.layout import StudyLayout
from mojo.study.frozen import FrozenStudy


@dataclass(frozen=True)
class Whereabouts:
    """What is known of one unfinished batch; texts, for people.

    Attributes:
        batch: Its number.
        job: Id of its task, or "" where it has never been submitted.
        state: SLURM's word for its state.
        reason: Why it waits or ended.
        node: Where it runs or ran.
        log: Its log, or "".
    """

    batch: int
    job: str = ""
    state: str = "not submitted"
    reason: str = ""
    node: str = ""
    log: str = ""


def unfinished(layout: StudyLayout, frozen: FrozenStudy) -> list[Whereabouts]:
    """Return what is known of each batch without scores; nothing of studies that were never on a cluster."""
    if not layout.cluster.exists():
        return []
    missing = [batch for batch in frozen.batches if not layout.table_of("score", batch).exists()]
    tasks = _tasks(layout) if missing else {}
    return [_whereabouts(layout, batch, tasks.get(batch)) for batch in missing]


def _tasks(layout: StudyLayout) -> dict[int, Task]:
    """Return the latest task of each batch that SLURM remembers."""
    if any(shutil.which(program) is None for program in PROGRAMS):
        return {}
    try:
        found = jobs_of(layout.root, commands.queue())
    except ClusterError:  # the folder tells what it can, though the controller does not answer
        return {}
    return {mark.offset + task.index: task for task, mark in sorted(found, key=lambda item: int(item[0].job))}


def _whereabouts(layout: StudyLayout, batch: int, task: Task | None) -> Whereabouts:
    logs = layout.cluster_logs(batch)
    log = str(logs[-1]) if logs else ""
    if task is not None and task.is_active:
        return Whereabouts(batch, task.id, task.state, task.reason, task.node, log)
    end: dict[str, Any] = files.read_json(layout.cluster_end(batch)) if layout.cluster_end(batch).exists() else {}
    if end and (task is None or task.id == end["job"]):
        return Whereabouts(batch, end["job"], end["state"], end["reason"], end["node"], end["log"])
    if task is not None:
        return Whereabouts(batch, task.id, task.state, task.reason, task.node, log)
    if logs:
        return Whereabouts(batch, logs[-1].name.split(".")[1], "unknown", "", "", log)
    return Whereabouts(batch)
