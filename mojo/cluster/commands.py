"""SLURM's own programs: submit, ask, cancel."""

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterable

from mojo.cluster.texts import ACCOUNTING_FORMAT, QUEUE_FORMAT, Task, read_accounting, read_queue
from mojo.errors import MojoError

PROGRAMS = ("sbatch", "squeue", "scancel", "scontrol")
SECONDS = 60  # that a program may take to answer; busy controllers take long
UNKNOWN_JOB = "Invalid job id"


class ClusterError(MojoError):
    """SLURM is missing, does not answer, or refuses."""


def require() -> None:
    """Check that SLURM's programs are here.

    Raises:
        ClusterError: Some are not.
    """
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        raise ClusterError(
            f"SLURM is not on this machine: {', '.join(PROGRAMS)} were looked for in PATH, and "
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing. Run this on a login node of the "
            "cluster (perhaps after `module load slurm`), or leave out --profile profiles/slurm."
        )


def run(*command: str, stdin: str = "") -> str:
    """Run one of SLURM's programs and return what it prints.

    It gets a process group of its own, so that Ctrl-C in the terminal cannot end it between a submission and its
    answer, and none of the variables that an allocation around this process has set.

    Raises:
        ClusterError: It failed, or took too long.
    """
    environment = {name: value for name, value in os.environ.items() if name == "SLURM_CONF" or "SLURM_" not in name}
    environment["SLURM_BITSTR_LEN"] = "0"  # lists of tasks in full, not their first 64 characters
    try:
        result = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
            env=environment,
            process_group=0,
        )
    except FileNotFoundError as error:
        raise ClusterError(f"SLURM is not on this machine: {command[0]} was looked for in PATH.") from error
    except OSError as error:  # such as EAGAIN, where a login node limits a user's processes
        raise ClusterError(f"{command[0]} could not be started: {error.strerror}.") from error
    except subprocess.TimeoutExpired as error:
        raise ClusterError(f"{command[0]} did not answer within {SECONDS} s.") from error
    if result.returncode != 0:
        raise ClusterError(f"{command[0]} failed: {' '.join(result.stderr.split()) or 'without a word'}")
    return result.stdout


def submit(script: str, arguments: Iterable[str] = ()) -> str:
    """Submit a batch script and return the job's id."""
    return run("sbatch", "--parsable", *arguments, stdin=script).strip().partition(";")[0]


def queue(jobs: Iterable[str] | None = None) -> list[Task]:
    """Return the array tasks of this user that SLURM remembers, those that ended in the last minutes too.

    Args:
        jobs: Only those of these arrays; jobs that SLURM has forgotten are no error.
    """
    asked = f"--user={getpass.getuser()}" if jobs is None else f"--jobs={','.join(jobs)}"
    try:
        return read_queue(run("squeue", "--noheader", "--array", "--states=all", asked, f"--Format={QUEUE_FORMAT}"))
    except ClusterError as error:
        if jobs is not None and UNKNOWN_JOB in str(error):
            return []
        raise


def accounted(task_ids: Iterable[str]) -> list[Task]:
    """Return what the accounting knows of tasks, nothing where the cluster has none.

    It is asked for whole arrays: of a task that was never started it knows nothing by its own id.
    """
    wanted = set(task_ids)
    if not wanted or shutil.which("sacct") is None:
        return []
    arrays = ",".join(sorted({task_id.partition("_")[0] for task_id in wanted}))
    try:
        fields = f"--format={ACCOUNTING_FORMAT}"
        found = read_accounting(run("sacct", "--allocations", "--parsable2", "--noheader", f"--jobs={arrays}", fields))
        return [task for task in found if task.id in wanted]
    except ClusterError:  # a cluster without accounting says so by failing
        return []


def cancel(jobs: Iterable[str]) -> None:
    """Cancel arrays or tasks, all with one request; those that are gone are no error."""
    given = list(dict.fromkeys(jobs))
    if given:
        run("scancel", "--quiet", *given)
