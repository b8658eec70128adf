"""A real SLURM on this machine, and studies that run on it."""

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mojo.cluster import commands
from mojo.cluster.texts import Task
from tests.workflow.conftest import RunningStudy, small_study, wait_for

ONE_AT_A_TIME = Path(tempfile.gettempdir()) / "mojo-slurm.turn"
START = Path(__file__).with_name("start-slurm.sh")
PROFILE = Path(__file__).resolve().parents[2] / "profiles" / "slurm"


@pytest.fixture(scope="session")
def slurm() -> Iterator[None]:
    """A cluster of two nodes with two cores each; where it cannot be started, tests fail in CI and skip elsewhere."""
    in_ci = os.environ.get("CI") == "true"
    if not in_ci and shutil.which("slurmctld") is None:
        pytest.skip("needs SLURM (Debian's slurmctld, slurmd, slurm-client, munge); with CI=true it is installed")
    # Test processes take turns, from the first of these tests to the end of their session: there is one cluster.
    with ONE_AT_A_TIME.open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        before = os.environ.get("SLURM_CONF")
        result = subprocess.run([START], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            reason = f"SLURM could not be started here: {result.stderr.strip() or result.stdout.strip()}"
            (pytest.fail if in_ci else pytest.skip)(reason)
        os.environ["SLURM_CONF"] = result.stdout.split("SLURM_CONF=")[1].strip()
        yield
        if "running already" not in result.stderr:
            subprocess.run([START, "stop"], check=True)
        os.environ.pop("SLURM_CONF")
        if before is not None:
            os.environ["SLURM_CONF"] = before


class ClusterStudy(RunningStudy):
    """A study whose batches run on the cluster."""

    def command(self, *arguments: str, **more: Any) -> list[str]:
        profile = ["--profile", str(PROFILE), "--seconds-between-status-checks", "2", "--latency-wait", "5"]
        return super().command(*profile, "--mojo-slurm-memory", "700M", *arguments, **more)

    def run_locally(self, *arguments: str, **more: Any) -> str:
        """Run Snakemake without the cluster."""
        local = RunningStudy(self.folder, self.keys)
        return local.run(*arguments, **more)

    def tasks(self) -> list[Task]:
        """Return what SLURM knows of the tasks of this study, whether they run or have ended."""
        return [task for task in commands.queue() if str(self.layout.root) in task.comment]

    def active(self) -> list[Task]:
        return [task for task in self.tasks() if task.is_active]

    def jobs(self) -> set[str]:
        """Return the ids of the arrays that were submitted for this study."""
        return {path.name.split(".")[1] for path in self.layout.cluster.glob("*.log")}

    def started(self, batch: int) -> bool:
        return any(path.read_text() for path in self.layout.trials.glob(f"{batch * self.batch_size:06d}/trial.log"))

    @property
    def batch_size(self) -> int:
        return self.keys["batch_size"]

    def kill(self, batch: int) -> None:
        """Kill the process that runs a batch, whose lock tells its number."""
        os.kill(int(self.layout.batch_lock(batch).read_text().split()[1]), signal.SIGKILL)

    def assert_complete(self) -> None:
        """Check that no trial is lost or simulated twice, and that one more run has nothing to do."""
        assert self.counters() == dict.fromkeys(range(self.keys["n_trial"]), 1)
        assert self.counters("score") == dict.fromkeys(range(self.keys["n_trial"]), 1)
        assert not self.active()
        self.assert_nothing_to_do()


@pytest.fixture
def study(tmp_path: Path, slurm: None) -> Iterator[ClusterStudy]:
    """A study of 6 quick trials in batches of 2, on the cluster."""
    small = small_study(tmp_path)
    running = ClusterStudy(small.folder, small.keys)
    yield running
    running.end()
    commands.cancel({task.job for task in running.active()})
    wait_for(lambda: not running.active())
    shutil.rmtree(tmp_path, ignore_errors=True)
