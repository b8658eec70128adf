"""Controls: they reach ctrl in the step that they belong to, and MuJoCo clamps them."""

import mujoco
import numpy as np
import polars as pl
import pytest

from mojo.errors import ModelError, TrialError
from mojo.runtime.loads import ActuatorControl
from mojo.runtime.manager import RuntimeManager

CART = """
<mujoco>
  <option gravity="0 0 0" timestep="0.01" integrator="{integrator}"/>
  <worldbody><body><joint name="x" type="slide" axis="1 0 0"/><geom size=".1" mass="2"/></body></worldbody>
  <actuator>
    <motor name="engine" joint="x" gear="3"/>
    <motor name="limited" joint="x" ctrllimited="true" ctrlrange="-1 1"/>
  </actuator>
</mujoco>
"""


def build(integrator="Euler"):
    model = mujoco.MjModel.from_xml_string(CART.format(integrator=integrator))
    return model, mujoco.MjData(model)


@pytest.mark.parametrize("integrator", ["Euler", "RK4", "implicitfast"])
def test_control_acts_in_the_same_step(integrator):
    model, data = build(integrator)
    RuntimeManager(loads=[ActuatorControl(name="c", actuator="engine", control=4.0)]).step(model, data)
    assert data.qvel[0] == pytest.approx(3 * 4.0 / 2.0 * 0.01)  # gear · ctrl / m · h


def test_function_sees_the_state_of_the_step_and_closes_the_loop(tmp_path):
    model, data = build()
    data.qpos[0] = 0.1

    def control(time, model, data):
        return -(18.0 * data.qpos[0] + 12.0 * data.qvel[0]) / 3.0

    with RuntimeManager(
        telemetry=tmp_path / "t.parquet", loads=[ActuatorControl(name="c", actuator="engine", control=control)]
    ) as rm:
        rm.run(model, data, 3.0)
    table = pl.read_parquet(tmp_path / "t.parquet")
    expected = -(18.0 * table["Joints/x:qpos"] + 12.0 * table["Joints/x:qvel"]) / 3.0
    np.testing.assert_allclose(table["Loads/c:ctrl"], expected, rtol=1e-12)
    np.testing.assert_array_equal(table["Loads/c:ctrl"], table["Actuators/engine:ctrl"])
    # Critically damped: ω = √(18/2) = 3 = 12/(2·2): x = 0.1·(1 + 3t)·exp(-3t)
    time = table["time"].to_numpy()
    np.testing.assert_allclose(table["Joints/x:qpos"], 0.1 * (1 + 3 * time) * np.exp(-3 * time), atol=1e-3)


def test_table_is_the_control_over_time(tmp_path):
    model, data = build()
    load = ActuatorControl(name="c", actuator="engine", control=[(0.0, 0.0), (0.1, 1.0), (0.2, -1.0)])
    with RuntimeManager(telemetry=tmp_path / "t.parquet", loads=[load]) as rm:
        rm.run(model, data, 0.3)
    ctrl = pl.read_parquet(tmp_path / "t.parquet")["Actuators/engine:ctrl"]
    assert [ctrl[step] for step in (5, 10, 15, 30)] == pytest.approx([0.5, 1.0, 0.0, -1.0])


def test_range_is_left_to_mujoco(tmp_path):
    model, data = build()
    load = ActuatorControl(name="c", actuator="limited", control=5.0)
    wanted = ["Loads", "Actuators/limited"]
    with RuntimeManager(telemetry=tmp_path / "t.parquet", loads=[load], signals=wanted) as rm:
        rm.run(model, data, 0.02)
    table = pl.read_parquet(tmp_path / "t.parquet")
    assert (table["Loads/c:ctrl"] == 5.0).all()
    assert (table["Actuators/limited:ctrl"] == 5.0).all()
    assert (table["Actuators/limited:force"] == 1.0).all()


def test_outside_its_time_ctrl_is_what_it_was_at_the_first_step(tmp_path):
    model, data = build()
    data.ctrl[0] = 0.5
    load = ActuatorControl(name="c", actuator="engine", control=2.0, start=0.03, stop=0.05)
    with RuntimeManager(telemetry=tmp_path / "t.parquet", loads=[load]) as rm:
        rm.run(model, data, 0.08)
    table = pl.read_parquet(tmp_path / "t.parquet")
    assert table["Actuators/engine:ctrl"].to_list() == [0.5] * 3 + [2.0] * 2 + [0.5] * 4
    assert table["Loads/c:ctrl"].to_list() == [0.0] * 3 + [2.0] * 2 + [0.0] * 4


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("second", [2.0, 7.0])
def test_control_hands_over_to_the_next_in_whatever_order_they_stand(tmp_path, reverse, second):
    model, data = build()
    loads = [
        ActuatorControl(name="a", actuator="engine", control=2.0, stop=0.03),
        ActuatorControl(name="b", actuator="engine", control=second, start=0.03, stop=0.05),
    ]
    with RuntimeManager(telemetry=tmp_path / "t.parquet", loads=loads[::-1] if reverse else loads) as rm:
        rm.run(model, data, 0.06)
    ctrl = pl.read_parquet(tmp_path / "t.parquet")["Actuators/engine:ctrl"]
    assert ctrl.to_list() == [2.0] * 3 + [second] * 2 + [0.0] * 2


def test_what_the_user_writes_when_the_load_ends_stays():
    model, data = build()
    load = ActuatorControl(name="c", actuator="engine", control=2.0)
    with RuntimeManager(loads=[load]) as rm:
        rm.step(model, data)
        load.active = False
        data.ctrl[0] = 9.0
        rm.step(model, data)
        rm.step(model, data)
        assert data.ctrl[0] == 9.0


def test_unknown_actuator_is_answered_with_the_load_and_the_nearest():
    model, data = build()
    message = r"Load 'c': Actuator 'engin' is not in the model. Did you mean 'engine'\? It has: engine, limited."
    with pytest.raises(ModelError, match=message):
        RuntimeManager(loads=[ActuatorControl(name="c", actuator="engin", control=1.0)]).step(model, data)


def test_control_that_is_no_finite_number_fails_the_trial():
    model, data = build()
    load = ActuatorControl(name="c", actuator="engine", control=lambda time, model, data: np.inf if time > 0.005 else 1)
    rm = RuntimeManager(loads=[load])
    rm.step(model, data)
    with pytest.raises(TrialError, match=r"Load 'c' at t = 0.01 s: its control must be finite, but got inf"):
        rm.step(model, data)
