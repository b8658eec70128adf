"""A batch that was run by hand is taken as it is, and is made again when the study has changed since."""

import os
import signal
import subprocess
import sys
import time

from tests.workflow.conftest import RunningStudy, wait_for

FAST = "    mj_data.qpos[0] = 0.5"
# Trial 2 leaves its process's number, and waits until it may go on.
WAITING = """
    import pathlib
    if mojo_model.trial_num == 2:
        pathlib.Path("waiting").write_text(str(os.getpid()))
        while not pathlib.Path("go").exists():
            time.sleep(0.05)
"""


def command(study: RunningStudy, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "mojo", "simulate", str(study.layout.root), "--batch", *arguments]


def by_hand(study: RunningStudy, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(study, *arguments), capture_output=True, text=True, check=False, cwd=study.folder)


def test_a_batch_by_hand_is_the_batch_of_the_rules(study: RunningStudy):
    study.run("--until", "design")
    for batch in range(3):
        result = by_hand(study, str(batch), "--cores", "1")
        assert f"batch {batch}: 2 trials: 2 success" in result.stdout, result.stderr
    assert "2 trials: 2 success" in by_hand(study, "1").stdout  # again, for nothing
    study.run()
    assert study.counters() == dict.fromkeys(range(6), 1)
    study.assert_nothing_to_do()
    study.edit_module("mj_data.time < 0.2", "mj_data.time < 0.3")
    study.run()
    assert study.counters() == dict.fromkeys(range(6), 2)
    study.assert_nothing_to_do()


def test_a_batch_that_does_not_exist_is_refused(study: RunningStudy):
    study.run("--until", "design")
    assert "Batch 3 is not in" in by_hand(study, "3").stderr
    assert "it has batches 0 to 2" in by_hand(study, "3").stderr


def test_a_run_waits_for_a_batch_that_somebody_works_on_and_a_batch_that_ends_with_its_job_blames_no_trial(
    study: RunningStudy,
):
    study.edit_module(FAST, WAITING + FAST)
    study.run("--until", "design")
    ended = subprocess.Popen(command(study, "1"), cwd=study.folder)
    wait_for(lambda: (study.folder / "waiting").exists() and (study.folder / "waiting").read_text())
    os.kill(int((study.folder / "waiting").read_text()), signal.SIGTERM)  # as SLURM does to all processes of a job
    time.sleep(0.5)
    ended.send_signal(signal.SIGTERM)
    assert ended.wait(60) == 128 + signal.SIGTERM
    assert "simulate" not in study.status(2)

    (study.folder / "waiting").unlink()
    worker = subprocess.Popen(command(study, "1"), cwd=study.folder)
    wait_for((study.folder / "waiting").exists)
    process = study.start()
    assert process.stdout is not None
    line = next(line for line in process.stdout if "is waited for" in line)
    assert f"Batch 00001 is being worked on by process {worker.pid} on" in line
    (study.folder / "go").touch()
    process.communicate(timeout=120)
    assert (process.returncode, worker.wait(60)) == (0, 0)
    assert study.counters() == dict.fromkeys(range(6), 1)
    study.assert_nothing_to_do()
