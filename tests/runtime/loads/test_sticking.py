"""Karnopp's friction holds joints still, together, and lets them go at the static limit."""

import mujoco
import numpy as np
import polars as pl
import pytest

from mojo.errors import ModelError
from mojo.runtime.loads import ActuatorControl, JointFriction, PointToPointForce, ScalarForce
from mojo.runtime.loads.sticking import holding_friction
from mojo.runtime.manager import RuntimeManager
from tests.runtime.loads.test_joint_friction import MASS, G, slide

ARM = """
<mujoco>
  <option timestep="0.002" integrator="{integrator}"/>
  <worldbody>
    <site name="wall" pos="1 0 0"/>
    <body name="upper"><joint name="shoulder" axis="0 1 0"/>
      <geom type="capsule" fromto="0 0 0 .5 0 0" size=".03" mass="1" contype="0"/>
      <body name="lower" pos=".5 0 0" euler="0 20 0">{elbow}
        <geom type="capsule" fromto="0 0 0 .4 0 .1" size=".03" mass="1" contype="0"/>
        <site name="hand" pos=".4 0 .1" euler="0 30 0"/>
      </body>
    </body>
  </worldbody>
  <actuator><motor name="motor" joint="shoulder"/></actuator>
</mujoco>
"""
ELBOWS = {"hinge": '<joint name="elbow" axis="0 1 0"/>', "ball": '<joint name="elbow" type="ball"/>', "weld": ""}
INTEGRATORS = ["Euler", "RK4", "implicitfast"]


def arm(elbow="hinge", integrator="Euler"):
    model = mujoco.MjModel.from_xml_string(ARM.format(elbow=ELBOWS[elbow], integrator=integrator))
    return model, mujoco.MjData(model)


def hold(joint, static=1000.0):
    return JointFriction.karnopp(joint, joint, coulomb=0.5 * static, static=static)


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_block_on_an_incline_rests_and_friction_is_its_weights_share(tmp_path, integrator):
    angle = np.radians(16.0)  # tan 16° = 0.287 < μ = 0.3
    level = 0.3 * MASS * G * np.cos(angle)
    friction = JointFriction.karnopp("f", "slope", level, level)
    table = slide(tmp_path / "t.parquet", friction, angle=16.0, integrator=integrator)
    assert table["Joints/slope:qpos"].abs().max() < 1e-15
    np.testing.assert_allclose(table["Loads/f:force"], -MASS * G * np.sin(angle), rtol=1e-12)


def test_block_breaks_away_above_the_static_limit_only(tmp_path):
    weight = MASS * G * np.sin(np.radians(30.0))
    rests = JointFriction.karnopp("f", "slope", coulomb=0.2 * weight, static=1.001 * weight)
    assert slide(tmp_path / "1", rests, angle=30.0)["Joints/slope:qpos"].abs().max() < 1e-15
    slips = JointFriction.karnopp("f", "slope", coulomb=0.2 * weight, static=0.999 * weight)
    table = slide(tmp_path / "2", slips, angle=30.0, duration=15.0)
    assert table["Loads/f:force"][0] == pytest.approx(-0.999 * weight)
    assert table["Loads/f:force"][-1] == pytest.approx(-0.2 * weight)
    assert table["Joints/slope:qvel"][-1] > 1.0


def test_block_that_comes_to_rest_stays_where_it_is(tmp_path):
    friction = JointFriction.karnopp("f", "slope", coulomb=8.0, static=9.0)
    table = slide(tmp_path / "t", friction, angle=16.0, speed=1.0, duration=2.0)
    at_rest = table.filter(pl.col("time") > 1.5)["Joints/slope:qpos"]
    assert at_rest.max() - at_rest.min() < 1e-12
    # v²/(2a), a = 8/2 - g·sin 16°
    assert at_rest[-1] == pytest.approx(1.0 / (2 * (4.0 - G * np.sin(np.radians(16.0)))), abs=2e-3)


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize("elbow", ["hinge", "ball"])
def test_joints_hold_an_arm_together_against_every_other_load(integrator, elbow):
    model, data = arm(elbow, integrator)
    loads = [
        hold("elbow"),
        hold("shoulder"),
        ActuatorControl(name="c", actuator="motor", control=lambda time, model, data: 5.0 * np.sin(20.0 * time)),
        PointToPointForce.ideal_spring("s", "hand", "wall", stiffness=50.0, rest_length=0.1),
        ScalarForce(name="push", action_site="hand", scalar=7.0),
        JointFriction.viscous("v", "shoulder", 0.3),
    ]
    with RuntimeManager(loads=loads) as rm:
        rm.run(model, data, 0.5)
    assert np.abs(data.qvel).max() < 1e-12
    rest = mujoco.MjData(model)
    np.testing.assert_allclose(data.qpos, rest.qpos, atol=1e-12)


@pytest.mark.parametrize("elbow", ["hinge", "ball"])
def test_held_elbow_makes_the_arm_one_rigid_pendulum(elbow):
    model, data = arm(elbow)
    oracle_model, oracle = arm("weld")
    with RuntimeManager(loads=[hold("elbow")]) as rm:
        for _ in range(500):
            rm.step(model, data)
            mujoco.mj_step(oracle_model, oracle)
    assert abs(oracle.qvel[0]) > 0.5
    assert data.qpos[0] == pytest.approx(oracle.qpos[0], abs=1e-9)
    np.testing.assert_allclose(data.qvel[1:], 0.0, atol=1e-9)


def test_moving_joint_is_brought_to_rest_without_going_back(tmp_path):
    model, data = arm()
    data.qvel[:] = [0.0, 3.0]
    with RuntimeManager(telemetry=tmp_path / "t", loads=[hold("shoulder"), hold("elbow", static=6.0)]) as rm:
        rm.run(model, data, 0.5)
    table = pl.read_parquet(tmp_path / "t")
    speed = table["Joints/elbow:qvel"].to_numpy()
    assert (np.diff(speed) <= 1e-12).all()
    assert speed.min() > -1e-9
    assert abs(speed[-1]) < 1e-12


def test_friction_is_shared_with_a_joint_that_has_broken_away():
    mobility = np.array([[2.0, 1.0], [1.0, 3.0]])
    change = np.array([10.0, 0.0])
    both = holding_friction(mobility, change, np.arange(2), np.array([100.0, 100.0]))
    np.testing.assert_allclose(mobility @ both, change)
    # The first keeps its limit of 3; the second is solved again: 3·F = 0 - 1·3
    slipped = holding_friction(mobility, change, np.arange(2), np.array([3.0, 100.0]))
    np.testing.assert_allclose(slipped, [3.0, -1.0])


def test_limit_of_a_ball_is_on_the_torques_size():
    friction = holding_friction(np.eye(3), np.array([3.0, 0.0, 4.0]), np.zeros(3, dtype=int), np.array([2.5]))
    np.testing.assert_allclose(friction, [1.5, 0.0, 2.0])


def test_leading_axes_do_not_change_the_bits():
    random = np.random.default_rng(3)
    roots = random.normal(size=(2, 5, 4, 4))
    mobility = roots @ roots.swapaxes(-1, -2) + np.eye(4)
    change = random.normal(size=(2, 5, 4)) * 5
    owner, limits = np.array([0, 1, 1, 1]), np.array([0.5, 1.0])
    friction = holding_friction(mobility, change, owner, limits)
    for index in np.ndindex(2, 5):
        assert (holding_friction(mobility[index], change[index], owner, limits) == friction[index]).all()


PAIR = """
<mujoco>
  <option gravity="0 0 0" timestep="0.001"/>
  <worldbody>
    <body><joint name="held" type="slide" axis="1 0 0"/><geom type="box" size=".1 .1 .1" mass="2"/></body>
    <body pos="-.2 0 0"><joint name="free" type="slide" axis="1 0 0"/><geom type="box" size=".1 .1 .1" mass="1"/>
      <site name="back"/></body>
  </worldbody>
</mujoco>
"""


def test_push_through_a_contact_meets_friction_one_step_late(tmp_path):
    model = mujoco.MjModel.from_xml_string(PAIR)
    data = mujoco.MjData(model)
    loads = [JointFriction.karnopp("f", "held", 8.0, 8.0), ScalarForce(name="push", action_site="back", scalar=5.0)]
    with RuntimeManager(telemetry=tmp_path / "t", loads=loads) as rm:
        rm.run(model, data, 0.5)
    table = pl.read_parquet(tmp_path / "t")
    assert table["Loads/f:force"][-1] == pytest.approx(-5.0, rel=1e-3)
    assert table["Joints/held:qvel"][-1] == pytest.approx(5.0 * 0.001 / 2.0, rel=1e-3)  # P·h/m


def test_one_joint_held_twice_is_refused():
    model, data = arm()
    twice = [JointFriction.karnopp(name, "elbow", 1.0, 2.0) for name in "ab"]
    with pytest.raises(
        ModelError, match=r"Loads 'a' and 'b' both hold joint 'elbow' with Karnopp friction\. Leave one"
    ):
        RuntimeManager(loads=twice).step(model, data)


def test_one_joint_held_by_one_load_after_the_other_rests():
    model, data = arm()
    first = JointFriction.karnopp("first", "elbow", 500.0, 1000.0, stop=0.1)
    then = JointFriction.karnopp("then", "elbow", 500.0, 1000.0, start=0.1)
    with RuntimeManager(loads=[hold("shoulder"), first, then]) as rm:
        rm.run(model, data, 0.2)
    assert np.abs(data.qvel).max() < 1e-12
