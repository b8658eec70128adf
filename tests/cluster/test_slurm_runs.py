"""How a user starts, stops, watches and takes back a study on a cluster."""

import os
import re
import signal
import subprocess
import sys

import pytest

from tests.cluster.conftest import PROFILE, ClusterStudy
from tests.workflow.conftest import wait_for

pytestmark = [pytest.mark.slurm, pytest.mark.xdist_group("slurm")]

SLOW = "    time.sleep({seconds})\n    mj_data.qpos[0] = 0.5"
FAST = "    mj_data.qpos[0] = 0.5"


def mojo(study: ClusterStudy, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m mojo` in the study's folder."""
    command = [sys.executable, "-m", "mojo", *arguments]
    variables = os.environ | {"COLUMNS": "250"} | environment
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=study.folder, env=variables)


def test_the_tables_are_those_of_a_local_run_inside_an_allocation_too(
    study: ClusterStudy, monkeypatch: pytest.MonkeyPatch
):
    study.run()
    here, columns = study.table(), ["trial", "mass", "objective", "peak", "model_hash", "outcome"]
    telemetry = study.layout.trial(4).telemetry.read_bytes()
    study.assert_complete()
    study.run_locally("clean")
    for name in ("SLURM_ARRAY_TASK_ID", "SLURM_JOB_ID", "SLURM_CPUS_PER_TASK", "SLURM_MEM_PER_CPU"):
        monkeypatch.setenv(name, "1")  # somebody's allocation, which is no task of ours
    study.run_locally()
    assert study.counters() == dict.fromkeys(range(6), 1)
    assert study.table().select(columns).equals(here.select(columns))
    assert study.layout.trial(4).telemetry.read_bytes() == telemetry


def test_fewer_jobs_at_a_time_than_batches_each_with_a_gpu(study: ClusterStudy):
    study.edit_module(FAST, "    assert os.environ['CUDA_VISIBLE_DEVICES'] in '01'\n" + FAST)
    study.write(slurm={"gpus": 1, "constraint": "virtual", "extra": ["--nice=5"]})
    study.run("--jobs", "2")
    assert set(study.table()["outcome"]) == {"success"}
    assert len(study.jobs()) > 1
    study.assert_complete()


def test_ctrl_c_empties_the_queue_and_loses_nothing(study: ClusterStudy):
    study.edit_module(FAST, SLOW.format(seconds=2))
    process = study.start()
    wait_for(study.simulated)
    process.send_signal(signal.SIGINT)
    wait_for(lambda: not study.active())
    output, _ = process.communicate(timeout=240)
    assert process.returncode != 0
    assert re.search(r"cancelled: \d batches in job \d+", output), output
    study.edit_module("time.sleep(2)", "time.sleep(2)  # a comment")
    study.run()
    study.assert_complete()


def test_a_killed_run_leaves_its_jobs_to_the_next(study: ClusterStudy):
    study.edit_module(FAST, SLOW.format(seconds=12))
    process = study.start()
    wait_for(lambda: any("simulate" in path.read_text() for path in study.layout.trials.glob("*/trial.log")))
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = study.jobs()
    assert study.active()
    shown = mojo(study, "status", str(study.layout.root)).stdout
    assert re.search(r"0000\d . \d+_\d . (RUNNING|COMPLETING) .*\.log", shown), shown
    assert "batches are still with SLURM from an earlier run" in study.run()
    assert study.jobs() == before
    study.assert_complete()


def test_jobs_of_an_older_version_are_cancelled_before_new_ones_start(study: ClusterStudy):
    study.write(timeout=2000)
    study.edit_module(FAST, SLOW.format(seconds=1000))
    process = study.start()
    logs = [study.layout.trial(first).log for first in (0, 2, 4)]  # a trial that has yet to load its code would fail
    wait_for(lambda: all(log.exists() and "simulate" in log.read_text() for log in logs))
    process.send_signal(signal.SIGKILL)
    process.wait()
    study.edit_module("time.sleep(1000)", "time.sleep(0)")
    assert "batches of an older version of the study are with SLURM; they are cancelled" in study.run()
    study.assert_complete()
    assert set(study.table()["outcome"]) == {"success"}


def test_a_whole_study_is_cancelled_after_its_process_has_died(study: ClusterStudy):
    study.write(timeout=2000)
    study.edit_module(FAST, SLOW.format(seconds=1000))
    process = study.start()
    wait_for(study.active)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert "cancelled: job" in mojo(study, "slurm", "cancel", str(study.layout.root)).stdout
    assert not study.active()
    assert "no batch of" in mojo(study, "slurm", "cancel", str(study.layout.root)).stdout


def test_more_batches_than_an_array_may_hold_become_several_arrays(study: ClusterStudy):
    study.write(n_trial=1003, batch_size=1)  # MaxArraySize is 1001: the largest index is 1000
    tables = [str(study.layout.table("scores", batch).relative_to(study.folder)) for batch in (0, 999, 1000, 1001)]
    output = study.run(*tables)
    assert re.search(r"2 batches submitted as job \d+ \(--array=0,999\)", output), output
    assert re.search(r"2 batches submitted as job \d+ \(--array=0-1\)", output), output
    assert study.counters() == {0: 1, 999: 1, 1000: 1, 1001: 1}
    assert {path.name.split(".")[0] for path in study.layout.cluster.iterdir()} == {"00000", "00999", "01000", "01001"}
    assert "do not fit in one array: MaxArraySize is 1001" in mojo(study, "slurm", "script", str(study.file)).stderr


def test_a_printed_script_runs_what_is_missing_and_leaves_the_report_to_do(study: ClusterStudy):
    script = study.folder / "submit.sh"
    script.write_text(mojo(study, "slurm", "script", str(study.file), "--profile", str(PROFILE)).stdout)
    subprocess.run(["sbatch", "--wait", "--mem=700M", str(script)], check=True, capture_output=True)
    assert study.simulated() == set(range(6))
    output = study.run_locally()
    assert not re.search(r"simulate +\d", output)
    study.assert_complete()
    assert "All batches of" in mojo(study, "slurm", "script", str(study.file)).stderr


def test_a_worker_that_the_kernel_kills_for_its_memory_gets_more(study: ClusterStudy):
    killing = "    if int(os.environ['SLURM_MEM_PER_NODE']) < 1000:\n        os.kill(os.getpid(), signal.SIGKILL)\n"
    study.edit_module(FAST, killing + FAST)
    study.write(n_trial=2)
    assert "out of memory; tried again with 1400M" in study.run()
    assert set(study.table()["outcome"]) == {"success"}


def test_what_the_cluster_does_not_give_is_refused_before_a_submission(study: ClusterStudy):
    study.write(slurm={"partition": "short", "time": "0:05:00", "cpus": 3, "memory": "1T", "gpus": 3})
    output = study.run(ok=False)
    assert "time: 00:05:00 is asked, and partition short allows 00:02:00" in output
    assert "cpus: 3 are asked, and the largest node of partition short has 2" in output
    assert "gpus: 3 is asked, and the largest node of partition short has 2 of them" in output
    assert "memory: 1T is asked, and a job in partition short gets at most" in output
    assert not study.tasks()
    told = mojo(study, "slurm", "check", str(study.file))
    assert told.returncode == 1
    assert "6 trials in 3 batches of 2: 1 submission(s)" in told.stdout
    assert "time: 00:05:00 is asked" in told.stderr
    study.write(slurm={"partition": "shrt"})
    told = mojo(study, "slurm", "check", str(study.file))
    assert "Partition 'shrt' is not in the cluster. Did you mean 'short'?" in told.stderr


def test_what_sbatch_refuses_is_said_once_and_fails_the_run(study: ClusterStudy):
    study.write(slurm={"extra": ["--reservation=none_such"]})
    output = study.run(ok=False)
    assert output.count("sbatch failed") == 1, output
    assert "reservation" in output.lower()
