"""What a trial does to its process ends with it: all others give the numbers of plain MuJoCo, and the run ends."""

import os
from pathlib import Path

import mujoco
import pytest

from tests.workflow.conftest import RunningStudy

DEEDS = {
    1: "os.fork()",
    2: "sys.stdout = open(os.devnull, 'w'); sys.stdout.close()",
    3: "mujoco.set_mjcb_passive(push)",
    4: "os._exit(0)",
    5: "threading.Thread(target=time.sleep, args=(1000,)).start()",
    6: "pathlib.Path('{folder}/pid').write_text(str(subprocess.Popen(['sleep', '1000']).pid))",
    7: "os.chdir('/'); os.environ.clear(); sys.path.clear(); sys.setrecursionlimit(60); np.seterr(all='raise')",
    8: "os.closerange(3, 256)",
    9: "os.execvp('sleep', ['sleep', '1000'])",
    10: "os.kill(os.getpid(), signal.SIGSTOP)",
    11: "signal.signal(signal.SIGALRM, late); signal.setitimer(signal.ITIMER_REAL, 1e-3, 1e-3); signal.alarm(1)",
    12: "os.dup2(os.open(os.devnull, os.O_WRONLY), 1); os.close(2); sys.stderr = None",
    13: "os.kill(os.getppid(), signal.SIGKILL)",
    14: "sys.exit(0)",
    15: "warnings.simplefilter('error'); gc.disable(); mujoco.set_mju_user_warning(late)",
    16: "[sys.modules.pop(name) for name in list(sys.modules) if name.startswith(('mojo.', 'mujoco', 'numpy'))]",
}
ENDINGS = {1: "failed", 4: "crashed", 8: "crashed", 9: "crashed", 10: "timeout", 14: "failed"}
HEAD = """
import gc, pathlib, subprocess, sys, threading, warnings
import numpy as np


def push(model, data):
    data.qfrc_passive[0] -= 100.0


def late(*arguments):
    pass


def misbehave(trial):
{deeds}

"""


def give(study: RunningStudy, place: str, deeds: dict[int, str], number: str = "mojo_model.trial_num") -> None:
    """Let trials do deeds in the function of the user's module in which `place` stands, at its beginning."""
    lines = [f"    if trial == {trial}:\n        {deed}" for trial, deed in deeds.items()]
    text = HEAD.replace("{deeds}", "\n".join(lines)).replace("{folder}", str(study.folder))
    study.edit_module("import mujoco\n", f"import mujoco\n{text}")
    study.edit_module(place, f"    misbehave({number})\n{place}")


def end_of(study: RunningStudy, trial: int) -> float:
    """Return where plain MuJoCo brings the mass of a trial in 0.2 s from 0.5 m."""
    model = mujoco.MjModel.from_xml_path(str(study.layout.trial(trial).model))
    data = mujoco.MjData(model)
    data.qpos[0] = 0.5
    while data.time < 0.2:
        mujoco.mj_step(model, data)
    return float(data.qpos[0])


def assert_ended_as(study: RunningStudy, endings: dict[int, str], pushed: int | None = None) -> None:
    rows = {row["trial"]: row for row in study.table().iter_rows(named=True)}
    expected = {trial: endings.get(trial, "success") for trial in rows}
    assert {trial: row["outcome"] for trial, row in rows.items()} == expected
    for trial, row in rows.items():
        if expected[trial] == "success" and trial != pushed:
            assert row["objective"] == end_of(study, trial)
    assert study.layout.report.exists()


def test_whatever_a_trial_does_the_others_are_as_plain_mujoco_and_the_run_ends(study: RunningStudy):
    give(study, "    mj_data.qpos[0] = 0.5\n", DEEDS)
    study.write(n_trial=18, batch_size=18, timeout=8)
    output = study.run(cores=1, ok=False)
    assert_ended_as(study, ENDINGS, pushed=3)
    assert study.table()["objective"][3] < end_of(study, 3)
    for trial, outcome in ENDINGS.items():
        assert f"trial {trial:06d} {outcome}" in output or "and 1 more" in output
    assert "os.fork" in study.status(1)["error"]
    assert "came back from the user's function" in study.layout.trial(1).log.read_text()
    # Trial 13 may have killed the process that waits for workers before: then nobody learns how this one ended.
    assert any(how in study.status(4)["error"] for how in ("died: exit code 0", "that waits for workers was killed"))
    assert "os.closerange" in study.status(8)["error"]
    assert "MuJoCo's callbacks" in study.layout.trial(3).log.read_text()
    assert "threads are still running" in study.layout.trial(5).log.read_text()
    assert "(sleep)" in study.layout.trial(6).log.read_text()
    with pytest.raises(ProcessLookupError):
        os.kill(int((study.folder / "pid").read_text()), 0)


GENERATOR, OBJECTIVE = "    spec = mujoco.MjSpec.from_string(MODEL)\n", '    return {"objective"'


@pytest.mark.parametrize("place", [GENERATOR, OBJECTIVE], ids=["generator", "objective"])
def test_that_holds_for_the_generator_and_the_objective_too(study: RunningStudy, place: str):
    deeds = {
        1: DEEDS[1],
        2: DEEDS[2],
        3: DEEDS[3],
        4: DEEDS[4],
        5: DEEDS[7],
        6: DEEDS[5],
        7: DEEDS[16],
        8: "raise_in_the_child = os.fork() == 0 and 1 / 0",
    }
    give(study, place, deeds)
    study.write(n_trial=10, batch_size=10)
    study.run(cores=1, ok=False)
    assert_ended_as(study, {1: "failed", 4: "crashed", 8: "failed"})


@pytest.mark.parametrize("trial", [0, 1])
def test_a_generator_that_ends_its_process_for_one_of_the_first_trials_is_the_failure_of_that_one(
    study: RunningStudy, trial: int
):
    give(study, GENERATOR, {trial: DEEDS[4]})
    study.run(ok=False)
    assert_ended_as(study, {trial: "crashed"})


def test_that_holds_for_functions_that_judge_requirements(study: RunningStudy):
    study.module.write_text(
        study.module.read_text()
        + "\n\ndef check(mojo_model, telemetry, mj_model, mj_data):\n    at = mj_data.qpos[0]\n    return at < 1\n"
    )
    give(study, "    at = mj_data.qpos[0]\n", {1: DEEDS[1], 2: DEEDS[2], 3: DEEDS[3], 4: DEEDS[4]})
    study.write(requirements={"near": {"function": "code/spring.py:check"}}, batch_size=6)
    study.run(cores=1, ok=False)
    assert_ended_as(study, {1: "failed", 4: "crashed"})


VECTORIZED = """
from mojo import vectorized


@vectorized
def run(mojo_models, manager, models, batch):
    batch.qpos[:, 0] = 0.5
    for mojo_model in mojo_models:
        misbehave(mojo_model.trial_num)
    while batch.time[0] < 0.2:
        manager.step(models, batch)
"""


def test_that_holds_for_trials_that_are_stepped_side_by_side(study: RunningStudy):
    give(study, "    mj_data.qpos[0] = 0.5\n", {1: DEEDS[1], 3: DEEDS[2], 4: DEEDS[4], 5: DEEDS[5], 7: DEEDS[7]})
    study.module.write_text(study.module.read_text() + VECTORIZED)
    study.write(n_trial=9, batch_size=3, timeout=20)
    study.run(cores=1, ok=False)
    assert_ended_as(study, {1: "failed", 4: "crashed"})


CONTROLLED = '''
import mujoco

MODEL = """
<mujoco>
  <option timestep="0.01"/>
  <worldbody><body><joint name="j" type="slide" axis="1 0 0"/><geom size=".1" mass="1"/></body></worldbody>
  <actuator><motor name="a" joint="j"/></actuator>
  <sensor><actuatorfrc name="f" actuator="a"/></sensor>
</mujoco>
"""


def generate(mojo_model, overrides):
    mojo_model.spec = MODEL
    return mojo_model


def run(mojo_model, runtime_manager, mj_model, mj_data):
    gain = mojo_model["mass"]

    def controller(model, data):
        data.ctrl[0] = gain

    if mojo_model.trial_num % 2:
        mujoco.set_mjcb_control(controller)  # as tutorials do, which end there
    while mj_data.time < 0.2:
        runtime_manager.step(mj_model, mj_data)


def objective(mojo_model, telemetry, mj_model, mj_data):
    return {"objective": mj_data.sensordata[0], "last": telemetry["Sensors/f:value"][-1], "x": mj_data.qpos[0]}
'''


def test_a_callback_that_a_trial_leaves_in_place_ends_with_it(study: RunningStudy):
    study.module.write_text(CONTROLLED)
    study.write(batch_size=6)
    study.run(cores=1)
    for row in study.table().iter_rows(named=True):
        force = row["mass"] if row["trial"] % 2 else 0.0
        assert row["objective"] == row["last"] == force
        # semi-implicit Euler from rest: x = (F/m)·dt²·n(n+1)/2 with m = 1 kg, dt = 0.01 s, n = 20
        assert row["x"] == pytest.approx(force * 0.01**2 * 20 * 21 / 2)


def test_what_a_module_sets_when_it_is_imported_holds_for_all_trials(study: RunningStudy):
    study.edit_module("import mujoco\n", "import mujoco\nimport numpy as np\nnp.seterr(over='raise')\n")
    study.edit_module("    mj_data.qpos[0] = 0.5\n", "    mj_data.qpos[0] = 0.5\n    np.exp(np.array([1e4]))\n")
    study.run(cores=1, ok=False)
    assert study.table()["outcome"].to_list() == ["failed"] * 6
    assert not Path(study.folder / "MUJOCO_LOG.TXT").exists()
