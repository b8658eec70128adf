"""Forces and controls that user code writes act as in MuJoCo, with loads and without, in both engines."""

import mujoco
import numpy as np
import polars as pl
import pytest

from mojo.errors import ModelError, TrialError
from mojo.runtime.batch.manager import BatchRuntimeManager
from mojo.runtime.batch.simulation import new_batch
from mojo.runtime.loads import ActuatorControl, GeneralLoad, JointFriction, ScalarForce, VectorForce
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.stops import StopCondition
from mojo.runtime.telemetry import TelemetryWriter

BALL = """
<mujoco>
  <option timestep="0.01" integrator="{integrator}"/>
  <worldbody>
    <body name="ball"><freejoint name="root"/><geom size=".1" mass="{mass}"/><site name="s" pos=".05 0 0"/></body>
    <body name="cart" pos="2 0 0">
      <joint name="x" type="slide" axis="1 0 0"/><geom size=".1" mass="2"/><site name="c"/>
    </body>
  </worldbody>
  <actuator><motor name="engine" joint="x"/></actuator>
</mujoco>
"""
INTEGRATORS = ["Euler", "RK4", "implicit", "implicitfast"]
OWN = [
    "Bodies/*/xfrc_applied",
    "Joints/*:qfrc_applied",
    "Joints/*/qfrc_applied",
    "Loads",
    "Joints/root/*",
    "Joints/x:*",
]


def build(integrator="Euler", mass=1.0):
    model = mujoco.MjModel.from_xml_string(BALL.format(integrator=integrator, mass=mass))
    return model, mujoco.MjData(model)


def acting(number=0):
    """Return loads that write to the same entries as the user does below."""
    return [
        VectorForce(name="wind", action_site="s", force=(0.1 + number, 0.2, 0.7)),
        JointFriction.viscous("bearing", "x", viscous=0.3),
        ActuatorControl(name="drive", actuator="engine", control=2.0, start=0.05, stop=0.1),
    ]


def write(arrays, step):
    """Write forces and a control, as a runtime does: some at times, some once."""
    if step == 3:
        arrays.qfrc_applied[..., 6] = 0.3
    if step % 2 == 0:
        arrays.xfrc_applied[..., 1, 2] = 9.81 - 0.1 * step
        arrays.ctrl[..., 0] = 0.01 * step


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize("field", ["xfrc_applied", "qfrc_applied"])
@pytest.mark.parametrize("loads", [[], [ScalarForce(name="no", action_site="c", scalar=0.0)]], ids=["bare", "load"])
def test_a_weight_that_user_code_holds_does_not_fall(integrator, field, loads):
    model, data = build(integrator)
    with RuntimeManager(loads=loads) as manager:
        getattr(data, field).reshape(-1)[8 if field == "xfrc_applied" else 2] = 9.81  # N, once: MuJoCo keeps it
        manager.run(model, data, 1.0)
    assert abs(data.qpos[2]) < 1e-12


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_without_loads_a_run_has_the_bits_of_mj_step(tmp_path, integrator):
    (model, data), (_, plain) = build(integrator), build(integrator)
    with RuntimeManager(telemetry=tmp_path / "t.parquet", signals=["Energy", *OWN[:1]]) as manager:
        for step in range(50):
            write(data, step)
            write(plain, step)
            manager.step(model, data)
            mujoco.mj_step(model, plain)
            assert data.qpos.tobytes() == plain.qpos.tobytes()
            assert data.qvel.tobytes() == plain.qvel.tobytes()


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_loads_act_on_top_for_the_step_and_are_taken_away_exactly(integrator):
    model, data = build(integrator)
    with RuntimeManager(loads=acting()) as manager:
        for step in range(20):
            write(data, step)
            before = data.xfrc_applied.tobytes(), data.qfrc_applied.tobytes(), data.ctrl.tobytes()
            velocity = data.qvel[2]
            manager.step(model, data)
            assert before == (data.xfrc_applied.tobytes(), data.qfrc_applied.tobytes(), data.ctrl.tobytes())
            # m = 1 kg: the user's force, the wind's 0.7 N and the weight
            expected = 0.01 * (data.xfrc_applied[1, 2] + 0.7 - 9.81)
            assert data.qvel[2] - velocity == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_telemetry_tells_what_user_code_and_what_loads_have_applied(tmp_path, integrator):
    model, data = build(integrator)
    with RuntimeManager(telemetry=tmp_path / "t.parquet", loads=acting(), signals=OWN) as manager:
        for step in range(6):
            write(data, step)
            manager.step(model, data)
    table = pl.read_parquet(tmp_path / "t.parquet")
    assert table["Bodies/ball/xfrc_applied:fz"].to_list() == [9.81 - 0.1 * step for step in (0, 0, 2, 2, 4, 4, 4)]
    assert table["Bodies/ball/xfrc_applied:fx"].to_list() == [0.0] * 7
    assert table["Joints/x:qfrc_applied"].to_list() == [0.0] * 3 + [0.3] * 4
    assert table["Loads/wind/force:z"].to_list() == [0.7] * 7


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize("clear", [False, True])
def test_a_vectorized_runtime_writes_forces_to_the_same_effect(tmp_path, integrator, clear):
    models = [build(integrator, mass=1.0 + 0.1 * number)[0] for number in range(3)]
    writers = [TelemetryWriter(tmp_path / f"{number}.parquet") for number in range(3)]
    together = BatchRuntimeManager([acting(number) for number in range(3)], [[]] * 3, OWN, writers)
    together.clear_applied = clear
    batch = new_batch(models, persistent=True)
    for step in range(30):
        write(batch, step)
        together.step(models, batch)
    together.finish()
    for number, model in enumerate(models):
        data = mujoco.MjData(model)
        file = tmp_path / "alone.parquet"
        with RuntimeManager(file, acting(number), OWN, clear_applied=clear) as alone:
            for step in range(30):
                write(data, step)
                alone.step(model, data)
        assert pl.read_parquet(tmp_path / f"{number}.parquet").equals(pl.read_parquet(file))


def test_clear_applied_lets_only_what_is_written_within_the_step_act():
    model, data = build()
    with RuntimeManager(clear_applied=True) as manager:
        data.xfrc_applied[1, 2] = 9.81
        manager.step(model, data)
        assert not data.xfrc_applied.any()
        assert data.qvel[2] == pytest.approx(-0.0981)
        manager.clear_applied = False  # acts from the next step on
        data.xfrc_applied[1, 2] = 9.81
        manager.step(model, data)
    assert data.qvel[2] == pytest.approx(-0.0981)


def test_a_hook_writes_forces_for_the_next_step():
    model, data = build()

    def hook(model, data):
        data.xfrc_applied[1, 2] = 2 * 9.81

    with RuntimeManager(loads=acting()[1:], on_step=hook) as manager:
        manager.step(model, data)
        manager.step(model, data)
    assert data.qvel[2] == pytest.approx(0.0, abs=1e-12)


@pytest.fixture
def held():
    """Return what builds the model, and lets MuJoCo call a control callback that holds the ball."""

    def hold(model, data):
        data.xfrc_applied[1, 2] = 9.81

    def build_held(integrator):
        built = build(integrator)
        mujoco.set_mjcb_control(hold)  # it would already be called while the model is compiled
        return built

    yield build_held
    mujoco.set_mjcb_control(None)


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_a_callback_writes_forces_that_act_in_its_step(held, integrator):
    model, data = held(integrator)
    with RuntimeManager() as manager:
        manager.run(model, data, 0.5)
    assert abs(data.qpos[2]) < 1e-12


def test_a_callback_writes_forces_beside_loads(held):
    model, data = held("implicit")
    with RuntimeManager(loads=[VectorForce(name="wind", action_site="s", force=(0, 0, 0.5))]) as manager:
        manager.run(model, data, 0.5)
    assert data.qvel[2] == pytest.approx(0.25)  # 0.5 N · 0.5 s / 1 kg


def test_a_callback_that_would_undo_loads_within_a_step_of_rk4_is_refused(held):
    model, data = held("RK4")
    manager = RuntimeManager(loads=[VectorForce(name="wind", action_site="s", force=(0, 0, 0.5))])
    with pytest.raises(ModelError, match="A callback of MuJoCo's writes to xfrc_applied, where loads act"):
        manager.step(model, data)
    assert data.xfrc_applied[1, 2] == 9.81


def test_a_control_load_has_the_last_word_while_it_acts_and_then_user_code_has(tmp_path):
    model, data = build()
    with RuntimeManager(telemetry=tmp_path / "t.parquet", loads=acting(), signals=["Actuators/*"]) as manager:
        for step in range(15):
            if step in (3, 7):  # before the load acts, and while it does
                data.ctrl[0] = float(step)
            manager.step(model, data)
            assert data.ctrl[0] == (0.0 if step < 3 else 3.0 if step < 7 else 7.0)
    told = pl.read_parquet(tmp_path / "t.parquet")["Actuators/engine:ctrl"].to_list()
    assert told == [0.0] * 3 + [3.0] * 2 + [2.0] * 5 + [7.0] * 6


def test_a_run_that_a_condition_takes_back_a_step_ends_with_the_forces_of_its_last_row(tmp_path):
    model, data = build()
    stop = StopCondition(name="high", signal="Joints/root/qpos:z", when="outside", max=0.05)
    with RuntimeManager(tmp_path / "t.parquet", acting(), ["Joints/root/*", *OWN], conditions=[stop]) as manager:
        data.xfrc_applied[1, 2] = 20.0
        while not manager.stopped:
            manager.step(model, data)
    last = pl.read_parquet(tmp_path / "t.parquet").row(-1, named=True)
    assert last["Joints/root/qpos:z"] > 0.05
    assert last["Joints/root/qacc:z"] == pytest.approx(20.0 + 0.7 - 9.81, abs=1e-9)
    assert data.xfrc_applied[1].tolist() == [0.0, 0.0, 20.0, 0.0, 0.0, 0.0]


def test_a_load_that_fails_leaves_what_user_code_has_written():
    model, data = build()

    def fails(time, model, data):
        return np.nan if time > 0.0 else 0.5

    manager = RuntimeManager(loads=[*acting(), GeneralLoad(name="bad", action_site="s", force=(0, 0, fails))])
    data.xfrc_applied[1, 2] = 3.0
    manager.step(model, data)
    with pytest.raises(TrialError, match="Load 'bad'"):
        manager.step(model, data)
    assert data.xfrc_applied[1].tolist() == [0.0, 0.0, 3.0, 0.0, 0.0, 0.0]
