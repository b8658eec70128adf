"""Whatever happens to batches on a cluster, no trial is lost, and none that has finished is simulated again."""

import re
import subprocess

import pytest

from tests.cluster.conftest import ClusterStudy
from tests.workflow.conftest import wait_for

pytestmark = [pytest.mark.slurm, pytest.mark.xdist_group("slurm")]

FAULTS = """
def run(mojo_model, runtime_manager, mj_model, mj_data):
    import pathlib, subprocess
    trial = mojo_model.trial_num
    first = pathlib.Path(f"{trial}.started")
    is_first = not first.exists()
    first.touch()
    if trial in (0, 1):
        time.sleep(10)  # the other batches take about one second
    if trial in SLEEPERS and is_first:
        time.sleep(200)  # until somebody ends it
    job = ["scontrol", "show", "job", os.environ["SLURM_JOB_ID"]]
    if trial == LATE and "TimeLimit=00:01:00" in subprocess.run(job, capture_output=True, text=True).stdout:
        time.sleep(200)  # until SLURM ends it, though its node may be lost before
    if trial in EATERS:
        eaten = bytearray(900_000_000)  # more than the 700 MB of the first try, less than the 1400 MB of the second
        time.sleep(4)
    mj_data.qpos[0] = 0.5
    while mj_data.time < 0.2:
        runtime_manager.step(mj_model, mj_data)


def simple_run("""

OUT_OF_TIME, KILLED, CANCELLED, ON_LOST_NODE, OUT_OF_MEMORY = 3, 7, 11, 15, 19  # trials, the second of their batches


def scontrol(*arguments: str, check: bool = True) -> None:
    subprocess.run(["scontrol", *arguments], check=check)


def test_24_batches_survive_every_fault_after_one_submission(study: ClusterStudy):
    sleepers = (KILLED, CANCELLED, ON_LOST_NODE)
    faults = f"SLEEPERS, EATERS, LATE = {sleepers}, ({OUT_OF_MEMORY},), {OUT_OF_TIME}\n{FAULTS}"
    study.edit_module("def run(", faults)
    study.write(n_trial=48, batch_size=2, timeout=600, slurm={"time": 1})
    process = study.start()
    running = {trial: study.folder / f"{trial}.started" for trial in sleepers}
    wait_for(running[KILLED].exists)
    study.kill(KILLED // 2)
    wait_for(running[CANCELLED].exists)
    [task] = [task for task in study.active() if task.index == CANCELLED // 2]
    subprocess.run(["scancel", task.id], check=True)
    wait_for(running[ON_LOST_NODE].exists)
    [task] = [task for task in study.active() if task.index == ON_LOST_NODE // 2]
    scontrol("update", f"nodename={task.node}", "state=down", "reason=test")
    wait_for(lambda: task.id not in {other.id for other in study.active()})
    scontrol("update", f"nodename={task.node}", "state=resume", check=False)  # unless it has come back by itself
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 1, output
    assert output.count("24 batches submitted as job") == 1
    assert re.search(rf"batch {KILLED // 2} .*killed \(SIGKILL\); tried again\. Log: ", output), output
    assert re.search(rf"batch {ON_LOST_NODE // 2} .*its node failed or was taken away; tried again", output), output
    assert re.search(rf"batch {OUT_OF_TIME // 2} .*out of time; tried again with 00:02:00", output), output
    assert re.search(rf"batch {OUT_OF_MEMORY // 2} .*out of memory; tried again with 1400M", output), output
    assert re.search(rf"error: batch {CANCELLED // 2} .*cancelled; it is not tried again in this run", output), output
    assert study.simulated() == set(range(48)) - {CANCELLED}
    output = study.run()
    assert "batch 5 submitted" in output
    study.assert_complete()
    assert set(study.table()["outcome"]) == {"success"}
