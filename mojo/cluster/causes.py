"""Why a batch ended without its tables, and what to do about it."""

import re
from typing import Literal

from mojo.cluster.texts import Task

Cause = Literal["memory", "time", "node", "killed", "cancelled", "failed"]
NODE_STATES = {"NODE_FAIL", "BOOT_FAIL", "PREEMPTED"}
WORKER_KILLED = 12  # exit status of a batch one of whose workers was killed, most likely for its memory
SIGKILL = 9
# slurmstepd's words for its own check, and for what the kernel's cgroup did
_MEMORY = re.compile(r"slurmstepd.*(exceeded.*memory limit|oom[-_ ]kill|out of memory)", re.IGNORECASE)

WORDS: dict[Cause, str] = {
    "memory": "out of memory",
    "time": "out of time",
    "node": "its node failed or was taken away",
    "killed": "killed (SIGKILL)",
    "cancelled": "cancelled",
    "failed": "failed",
}


def cause(task: Task | None, log: str) -> Cause:
    """Return why a batch ended.

    Clusters that watch memory without cgroups report FAILED with signal 9, as after any SIGKILL; only the log tells.

    Args:
        task: What SLURM says of it, or None if it has forgotten.
        log: The end of its log.
    """
    state = task.state if task else ""
    status, signal = (task.exit_status, task.signal) if task else (0, 0)
    if state == "TIMEOUT":
        return "time"
    if state == "OUT_OF_MEMORY" or status == WORKER_KILLED or _MEMORY.search(log):
        return "memory"
    if state in NODE_STATES:
        return "node"
    if state in ("CANCELLED", "REVOKED"):
        return "cancelled"
    if signal == SIGKILL or status == 128 + SIGKILL or not state:
        return "killed"
    return "failed"
