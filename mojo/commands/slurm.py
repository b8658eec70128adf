"""python -m mojo slurm: what a study would ask of the cluster, as a check, as a script, and how it is taken back."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

from mojo import digest
from mojo.campaign.campaign import Campaign
from mojo.cluster import commands
from mojo.cluster.commands import ClusterError
from mojo.cluster.limits import find_limits
from mojo.cluster.queue import cancel_study
from mojo.cluster.request import Request, profile_settings, request_of
from mojo.cluster.script import ArrayJob, chunks, contract_of, digits_for
from mojo.errors import StudyError
from mojo.layout import StudyLayout
from mojo.study.frozen import read_frozen
from mojo.study.loading import read_yaml

PREFIX = "mojo-slurm-"
USUAL_ARRAY = 1001  # MaxArraySize where SLURM's administrators have set none


def check_study(study_file: Path, profile: Path) -> None:
    """Print the limits of the partition beside what the study's batches ask for, and the submission.

    Raises:
        ClusterError: SLURM is not here, or would never start the batches.
    """
    commands.require()
    campaign = _campaign(study_file)
    request = request_of(campaign.study.slurm, read_profile(profile))
    limits = find_limits(request.partition)
    batches = list(campaign.batches)
    size = campaign.study.batch_size
    arrays = chunks(batches, digits_for(limits.max_array_size))
    dealt = f"{len(batches)} batches of {size}" if len(batches) > 1 else "1 batch"
    print(f"{campaign.study.trial_count} trials in {dealt}: {len(arrays)} submission(s)")
    for line in limits.lines(request):
        print(line)
    assert isinstance(size, int)
    longest = -(-size // request.cpus) * campaign.study.timeout
    print(f"a batch whose trials all used up their time limit (timeout) would simulate for {longest:.0f} s")
    print(f"sbatch {shlex.join(request.arguments())}")
    if problems := limits.problems(request):
        raise ClusterError("The study asks for what the cluster does not give:\n  " + "\n  ".join(problems))


def print_script(study_file: Path, profile: Path) -> None:
    """Freeze the study and print a batch script for sbatch, an array with a task for each batch that is not finished.

    Raises:
        StudyError: Nothing is left to do, or the batches do not fit in one array.
    """
    campaign = _campaign(study_file)
    request = request_of(campaign.study.slurm, read_profile(profile))
    campaign.prepare(dry_run=False)
    pending = campaign.pending()
    if not pending:
        raise StudyError(f"All batches of {campaign.layout.root} are finished; `snakemake` writes the report.")
    most = find_limits(request.partition).max_array_size if shutil.which("scontrol") else USUAL_ARRAY
    arrays = chunks(pending, digits_for(most))
    if len(arrays) > 1:
        raise StudyError(
            f"{len(pending)} batches do not fit in one array: MaxArraySize is {most}, so indices end at {most - 1}. "
            "Give a larger batch_size under another name, or run `snakemake --profile profiles/slurm`, which submits "
            f"{len(arrays)} arrays."
        )
    print(_script(campaign, arrays[0], request, digits_for(most)), end="")


def _script(campaign: Campaign, batches: tuple[int, ...], request: Request, digits: int) -> str:
    layout = StudyLayout(campaign.layout.root.absolute())
    layout.cluster.mkdir(parents=True, exist_ok=True)  # SLURM makes no folder for logs
    snakefile = digest.PACKAGE.parent / "Snakefile"
    ending = [sys.executable, "-m", "snakemake", "-s", str(snakefile), "--directory", str(Path.cwd())]
    ending += ["--cores", "1", "--config", f"study={campaign.study_file}"]
    array = ArrayJob(layout, contract_of(campaign.frozen), "generate", batches, request, digits)
    first, *rest = array.standalone().splitlines(keepends=True)
    closing = f"# The report, when these have ended: sbatch --wrap={shlex.quote(shlex.join(ending))}\n"
    return "".join([first, f"# {len(batches)} batches of the study {campaign.study.name}.\n", closing, *rest])


def cancel_results(results: Path) -> None:
    """Cancel every batch of a study that is with SLURM, whoever submitted it.

    Raises:
        StudyError: The folder holds no study.
    """
    commands.require()
    read_frozen(StudyLayout(results))
    jobs = cancel_study(results)
    print(f"cancelled: job {', '.join(jobs)}" if jobs else f"no batch of {results} is with SLURM")


def read_profile(profile: Path) -> dict[str, Any]:
    """Return the settings of a Snakemake profile that say what a batch asks for; nothing without such a file."""
    path = profile / "config.yaml"
    keys = read_yaml(path) if path.is_file() else {}
    given = {key.removeprefix(PREFIX): value for key, value in keys.items() if key.startswith(PREFIX)}
    return profile_settings(given)


def _campaign(study_file: Path) -> Campaign:
    return Campaign({"study": str(study_file)}, [Path.cwd()], cores=1, is_main=True)
