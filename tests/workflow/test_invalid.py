"""A trial of which MuJoCo itself says that its physics is broken is no success, whatever it was stepped by."""

import pytest

from tests.workflow.conftest import RunningStudy

# 40 balls above the ground; but for trial 0 the arena is too small for their contacts, and they fall through.
BALLS = """
import mujoco

def generate(mojo_model, overrides):
    places = [(0.2 * (n % 6) - 0.5, 0.2 * (n // 6 % 6) - 0.5, 0.3 + 0.25 * (n // 36)) for n in range(40)]
    bodies = [f'<body pos="{x} {y} {z}"><freejoint/><geom size=".12" mass=".1"/></body>' for x, y, z in places]
    world = f'<worldbody><geom type="plane" size="5 5 .1"/>{"".join(bodies)}</worldbody>'
    memory = "60K" if mojo_model.trial_num else "20M"
    mojo_model.spec = f'<mujoco><size memory="{memory}"/><option timestep="0.002"/>{world}</mujoco>'
    return mojo_model

def run(mojo_model, runtime_manager, mj_model, mj_data):
    while mj_data.time < 0.3:
        runtime_manager.step(mj_model, mj_data)

def objective(mojo_model, telemetry, mj_model, mj_data):
    return float(mj_data.qpos[2::7].min())
"""
# A cart that is driven, but for trials 3 on, whose controller divides by zero half way.
CART = '''
import math, mujoco, numpy as np, mojo

MODEL = """<mujoco><option timestep="0.01"/><worldbody><body mocap="true" name="hand"/>
<body><joint name="rail" type="slide" axis="1 0 0" damping="1"/><geom size=".1" mass="1"/></body></worldbody>
<actuator><motor name="drive" joint="rail"/></actuator></mujoco>"""

def generate(mojo_model, overrides):
    mojo_model.spec = MODEL
    return mojo_model

def run(mojo_model, runtime_manager, mj_model, mj_data):
    while mj_data.time < 1.0:
        mj_data.ctrl[0] = 1.0
        if mojo_model.trial_num > 2 and mj_data.time > 0.495:
            WRITE
        STEP

@mojo.vectorized
def run_all(mojo_models, runtime_manager, mj_models, batch):
    late = np.array([mojo_model.trial_num > 2 for mojo_model in mojo_models])
    while batch.time[0] < 1.0:
        batch.ctrl[:, 0] = 1.0
        if batch.time[0] > 0.495:
            batch.FIELD[late] = np.nan
        runtime_manager.step(mj_models, batch)

def objective(mojo_model, telemetry, mj_model, mj_data):
    return float(telemetry["Joints/rail:qpos"][-1])
'''
NEEDS = {"holds": {"metric": "objective", "min": 0.05}}


def write(study: RunningStudy, module: str, **keys: object) -> None:
    study.module.write_text(module)
    study.write(parameters=None, signals=None, n_trial=6, seed=3, requirements=NEEDS, **keys)


def assert_invalid_from_trial(first: int, study: RunningStudy, output: str, *words: str) -> None:
    """Assert that the trials from one on are invalid, kept, counted, and count for no average and no requirement."""
    table = study.table()
    assert table["outcome"].to_list() == ["success"] * first + ["invalid"] * (6 - first)
    assert table["objective"].is_null().to_list() == [False] * first + [True] * (6 - first)
    assert table["requirement:holds"].to_list() == [True] * first + [None] * (6 - first)
    for error in table["error"][first:]:
        for word in words:
            assert word in error
    assert f"{first} success" in output
    assert f"{6 - first} invalid" in output
    assert f"{first} of 6 trials pass" in output
    assert f"{6 - first} of 6 trials ended invalid; averages leave such trials out. Trial {first:06d}: " in output
    assert study.counters() == dict.fromkeys(range(6), 1)
    assert study.layout.trial(5).telemetry.exists()
    study.assert_nothing_to_do()  # an invalid trial is a result, which its inputs would bring about again


@pytest.mark.parametrize(
    "keys", [{"duration": 0.3, "runtime": None}, {"runtime": "code/spring.py:run"}], ids=["batch", "loop"]
)
def test_contacts_that_find_no_memory_are_no_success(study: RunningStudy, keys):
    write(study, BALLS, **keys)
    output = study.run()
    words = ("MuJoCo's warning CNSTRFULL", "Insufficient arena memory", '<size memory="240K"/>')
    assert_invalid_from_trial(1, study, output, *words)
    assert "MuJoCo warning: Insufficient arena memory" in study.layout.trial(3).log.read_text()
    study.write(allow_warnings=["CNSTRFULL"])
    study.run()
    assert study.table()["outcome"].to_list() == ["success"] + ["invalid"] * 5  # since contacts are left out, too
    assert "MuJoCo's warning CONTACTFULL" in study.table()["error"][1]
    study.write(allow_warnings=["CNSTRFULL", "CONTACTFULL"])
    told = "These count although MuJoCo warned (allow_warnings): CNSTRFULL in 5 trials, CONTACTFULL in 5 trials"
    assert told in study.run()
    assert told in study.layout.report.read_text()
    table = study.table()
    assert table["outcome"].to_list() == ["success"] * 6
    assert table["objective"][0] > 0.05 > table["objective"][1]
    assert "CNSTRFULL 151, CONTACTFULL " in table["warnings"][1]  # 150 steps, and the last state


CONTROLS = {
    "ctrl": ("mj_data.ctrl[0] = math.nan", "BADCTRL at t = 0.5 s", "ctrl[0] is nan", "actuator 'drive'"),
    "mocap_pos": ("mj_data.mocap_pos[0, 1] = math.inf", "mocap_pos[1] (body 'hand') is inf at t = 0.5 s"),
    "mocap_quat": ("mj_data.mocap_quat[0] = math.nan", "mocap_quat[0] (body 'hand') is nan at t = 0.5 s"),
}


@pytest.mark.parametrize("field", CONTROLS)
def test_what_a_runtime_writes_and_is_not_finite_is_no_success(study: RunningStudy, field):
    deed, *words = CONTROLS[field]
    module = CART.replace("WRITE", deed).replace("STEP", "runtime_manager.step(mj_model, mj_data)")
    write(study, module)
    assert_invalid_from_trial(3, study, study.run(), *words)


@pytest.mark.parametrize("field", CONTROLS)
def test_what_a_vectorised_runtime_writes_and_is_not_finite_is_no_success(study: RunningStudy, field):
    write(study, CART.replace("WRITE", "pass").replace("FIELD", field), runtime="code/spring.py:run_all")
    assert_invalid_from_trial(3, study, study.run(), f"{field}[0]", "is nan", "at t = 0.5 s")


@pytest.mark.parametrize("field", ["qfrc_applied", "qpos"])
@pytest.mark.parametrize("runtime", ["run", "run_all"])
def test_a_trial_that_user_code_makes_diverge_names_what_was_written(study: RunningStudy, field, runtime):
    module = CART.replace("WRITE", f"mj_data.{field}[0] = math.nan").replace("FIELD", field)
    write(study, module.replace("STEP", "runtime_manager.step(mj_model, mj_data)"), runtime=f"code/spring.py:{runtime}")
    study.run()
    assert study.table()["outcome"].to_list() == ["success"] * 3 + ["diverged"] * 3
    for error in study.table()["error"][3:]:
        assert "The simulation diverged at t = 0.5 s" in error
        assert f"{field}[0] (joint 'rail') is nan" in error


def test_a_runtime_that_steps_by_itself_cannot_hide_what_mujoco_warned_of(study: RunningStudy):
    step = "mujoco.mj_step(mj_model, mj_data) if mj_data.time < 0.9 else runtime_manager.step(mj_model, mj_data)"
    write(study, CART.replace("WRITE", "mj_data.ctrl[0] = math.nan if mj_data.time < 0.8 else 1").replace("STEP", step))
    words = ("BADCTRL in a step that the runtime took by itself", "actuator 'drive'")
    assert_invalid_from_trial(3, study, study.run(), *words)


def test_a_runtime_that_catches_the_error_cannot_hide_it(study: RunningStudy):
    step = "\n        ".join(
        ["try:", "    runtime_manager.step(mj_model, mj_data)", "except mojo.Invalid:", "    return"]
    )
    write(study, CART.replace("WRITE", CONTROLS["mocap_pos"][0]).replace("STEP", step))
    assert_invalid_from_trial(3, study, study.run(), *CONTROLS["mocap_pos"][1:])


def test_a_warning_that_does_not_exist_is_refused_before_any_job(study: RunningStudy):
    study.write(allow_warnings=["CONTACTSFULL"])
    output = study.run(ok=False)
    assert "allow_warnings" in output
    assert "CONTACTFULL" in output
    assert not study.layout.trials_table.exists()
