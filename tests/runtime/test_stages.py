"""What a run computes apart from MuJoCo's step leaves the step what it is."""

import mujoco
import numpy as np
import pytest

from mojo.runtime.batch.manager import BatchRuntimeManager
from mojo.runtime.batch.simulation import new_batch
from mojo.runtime.loads import JointFriction, VectorForce
from mojo.runtime.loads.friction_laws import Viscous
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.telemetry import TelemetryWriter

XML = """
<mujoco>
  <option integrator="{integrator}"><flag sleep="enable"/></option>
  <worldbody>
    <geom type="plane" size="5 5 .1"/>
    <body name="box" pos="0 0 .1"><freejoint/>
      <geom type="box" size=".1 .1 .1" mass="1"/><site name="top" pos="0 0 .1"/></body>
    <body name="other" pos="1 0 .1"><freejoint/><geom type="box" size=".1 .1 .1" mass="1"/></body>
    <body pos="3 0 1"><joint name="slide" type="slide" axis="1 0 0"/><geom size=".1" mass="1"/></body>
  </worldbody>
</mujoco>
"""
START, STEPS = 2.0, 1300  # by then both boxes sleep
LIFT = 30.0


def _model(integrator: str = "Euler") -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string(XML.format(integrator=integrator))


def _plain(integrator: str) -> mujoco.MjData:
    model = _model(integrator)
    data = mujoco.MjData(model)
    for step in range(STEPS):
        data.xfrc_applied[1, 2] = LIFT if step >= 1000 else 0.0
        mujoco.mj_step(model, data)
    return data


def _loads() -> list:
    lift = VectorForce(name="lift", action_site="top", force=(0.0, 0.0, LIFT), start=START)
    return [lift, JointFriction(name="rub", joint="slide", friction=Viscous(viscous=0.0))]


@pytest.mark.parametrize("integrator", ["Euler", "implicitfast"])
def test_a_load_wakes_a_body_that_sleeps_as_an_applied_force_does(integrator: str):
    model = _model(integrator)
    data = mujoco.MjData(model)
    with RuntimeManager(loads=_loads()) as manager:
        for _ in range(1000):
            manager.step(model, data)
        assert (data.tree_asleep[:2] >= 0).all()
        for _ in range(STEPS - 1000):
            manager.step(model, data)
        assert data.tree_asleep[0] < 0 <= data.tree_asleep[1]
    assert np.allclose(data.qpos, _plain(integrator).qpos, rtol=1e-12, atol=1e-12)
    assert data.qpos[2] == pytest.approx(0.1 + 0.5 * (LIFT - 9.81) * 0.6**2, rel=1e-2)


def test_a_load_wakes_a_body_of_a_batch_too(tmp_path):
    models = [_model()]
    batch = new_batch(models, persistent=True)
    manager = BatchRuntimeManager([_loads()], [[]], [], [TelemetryWriter(tmp_path / "telemetry.parquet")])
    manager.run(models, batch, STEPS)
    assert np.allclose(batch.qpos[0], _plain("Euler").qpos, rtol=1e-12, atol=1e-12)
    manager.finish()


def test_the_control_callback_is_called_once_in_a_step_that_wakes_somebody():
    model = _model()
    data = mujoco.MjData(model)
    times = []
    mujoco.set_mjcb_control(lambda model, data: times.append(data.time))
    try:
        with RuntimeManager(loads=_loads()) as manager:
            for _ in range(1010):
                manager.step(model, data)
            late = [time for time in times if time > START - 1e-9]
            assert len(late) == len(set(late)) == 10
    finally:
        mujoco.set_mjcb_control(None)
