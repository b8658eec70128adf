"""What squeue, sacct and scontrol print, as data."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mojo.cluster.formats import read_indices

ACTIVE = {
    *("PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "REQUEUED", "REQUEUE_HOLD"),
    *("REQUEUE_FED", "RESIZING", "SIGNALING", "STAGE_OUT", "SPECIAL_EXIT"),
}
QUEUE_COLUMNS = ("ArrayJobID:20|", "ArrayTaskID:20|", "State:20|", "exit_code:12|", "Reason:40|", "NodeList:200|")
QUEUE_FORMAT = ",".join((*QUEUE_COLUMNS, "Comment:4000"))
ACCOUNTING_FORMAT = "JobID,State,ExitCode,NodeList"


@dataclass(frozen=True)
class Task:
    """What SLURM says of one task of an array.

    Attributes:
        job: The array's job id.
        index: The task's index in it.
        state: Such as RUNNING or NODE_FAIL.
        exit_status: Exit code of the batch script.
        signal: Number of the signal that ended it, or 0.
        reason: Why it waits or ended, as SLURM says it, or "".
        node: Where it runs or ran, or "".
        comment: What it was submitted with.
    """

    job: str
    index: int
    state: str
    exit_status: int = 0
    signal: int = 0
    reason: str = ""
    node: str = ""
    comment: str = ""

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def id(self) -> str:
        return f"{self.job}_{self.index}"


def read_queue(text: str) -> list[Task]:
    """Return the tasks that `squeue --array --states=all --Format=QUEUE_FORMAT` lists; other jobs are left out.

    Its exit code is the raw status of wait(2): the signal in the lower seven bits, the code above the lower eight.
    """
    tasks = []
    for line in text.splitlines():
        if line.count("|") < QUEUE_FORMAT.count("|"):
            continue  # the second line of somebody's comment
        job, index, state, status, reason, node, comment = (part.strip() for part in line.split("|", 6))
        if index.isdigit():
            code = int(status) if status.isdigit() else 0
            parts = (state, code >> 8, code & 127, "" if reason == "None" else reason, node, comment)
            tasks.append(Task(job, int(index), *parts))
    return tasks


def read_accounting(text: str) -> list[Task]:
    """Return the tasks that `sacct --allocations --parsable2 --noheader --format=ACCOUNTING_FORMAT` lists.

    "CANCELLED by 1000" loses who did it; tasks that were never started are listed together, as 1_[5-7,9%2].
    """
    tasks = []
    for line in text.splitlines():
        job_id, state, code, node = line.split("|")
        match = re.fullmatch(r"(\d+)_\[?([\d,-]+)(?:%\d+)?\]?", job_id)
        if match:
            status, _, signal = code.partition(":")
            parts = (state.split()[0], int(status), int(signal or 0), "", "" if node == "None assigned" else node)
            tasks += [Task(match[1], index, *parts) for index in read_indices(match[2])]
    return tasks


def read_records(text: str) -> Iterator[dict[str, str]]:
    """Yield a dict for each line that `scontrol --oneliner show partition` or `node` prints."""
    for line in text.splitlines():
        if "=" in line:
            yield dict(re.findall(r"(\S+?)=(\S*)", line))


def read_config(text: str) -> dict[str, str]:
    """Return the settings that `scontrol show config` prints."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, value in pairs}
