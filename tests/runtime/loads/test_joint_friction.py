"""Friction in joints, against closed forms."""

import json

import mujoco
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from mojo.errors import ModelError
from mojo.runtime.loads import JointFriction, loads_from
from mojo.runtime.manager import RuntimeManager

G, MASS = 10.0, 2.0

# A block on an incline: its slide joint points down the slope. Its contact with the slope is the joint's.
INCLINE = """
<mujoco>
  <option gravity="0 0 -10" timestep="0.001" integrator="{integrator}"/>
  <worldbody>
    <body euler="0 {angle} 0">
      <joint name="slope" type="slide" axis="1 0 0"/><geom type="box" size=".1 .1 .1" mass="2"/>
    </body>
  </worldbody>
</mujoco>
"""
JOINTS = """
<mujoco>
  <option gravity="0 0 0" timestep="0.001"/>
  <worldbody>
    <body name="base"><freejoint name="root"/><geom size=".3" mass="3"/>
      <body name="wheel" pos="1 0 0"><joint name="hinge" axis="0 0 1"/>
        <geom type="box" size=".1 .2 .3" mass="2" pos=".1 0 0"/>
        <body name="ball" pos="1 0 0"><joint name="ball" type="ball"/><geom size=".2" mass="1"/></body>
      </body>
    </body>
  </worldbody>
</mujoco>
"""


def slide(path, friction, angle=0.0, duration=1.0, speed=0.0, integrator="Euler"):
    model = mujoco.MjModel.from_xml_string(INCLINE.format(angle=angle, integrator=integrator))
    data = mujoco.MjData(model)
    data.qvel[0] = speed
    with RuntimeManager(telemetry=path, loads=[friction]) as rm:
        rm.run(model, data, duration)
    return pl.read_parquet(path)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.parquet"


@pytest.mark.parametrize("integrator", ["Euler", "RK4", "implicitfast"])
def test_viscous_friction_lets_the_velocity_decay(path, integrator):
    table = slide(path, JointFriction.viscous("f", "slope", 3.0), speed=2.0, integrator=integrator)
    time = table["time"].to_numpy()
    np.testing.assert_allclose(table["Joints/slope:qvel"], 2.0 * np.exp(-3.0 * time / MASS), atol=1e-3)
    np.testing.assert_allclose(table["Loads/f:force"], -3.0 * table["Joints/slope:qvel"], rtol=1e-14)


@pytest.mark.parametrize("law", ["coulomb", "karnopp"])
def test_dry_friction_stops_a_block_after_the_known_distance(path, law):
    level = 0.3 * MASS * G
    make = {
        "coulomb": JointFriction.coulomb("f", "slope", level),
        "karnopp": JointFriction.karnopp("f", "slope", level, level),
    }
    table = slide(path, make[law], speed=1.5)
    # v²/(2·μ·g) = 1.5²/(2·0.3·10); a step's distance at most is lost: v·h
    assert table["Joints/slope:qpos"][-1] == pytest.approx(1.5**2 / (2 * 0.3 * G), abs=1.5e-3)
    assert abs(table["Joints/slope:qvel"][-1]) < 1e-9


@pytest.mark.parametrize("law", ["coulomb", "stribeck", "karnopp"])
def test_block_slides_down_above_the_friction_angle(path, law):
    angle, coefficient = np.radians(30.0), 0.3
    level = coefficient * MASS * G * np.cos(angle)
    make = {
        "coulomb": JointFriction.coulomb("f", "slope", level),
        "stribeck": JointFriction.stribeck("f", "slope", level, 1.4 * level, stribeck_speed=0.05),
        "karnopp": JointFriction.karnopp("f", "slope", level, 1.4 * level),
    }
    table = slide(path, make[law], angle=30.0)
    speed = table["Joints/slope:qvel"].to_numpy()
    # a = g·(sin α - μ·cos α), once it has left the range of low speeds
    assert (speed[-1] - speed[500]) / 0.5 == pytest.approx(G * (np.sin(angle) - coefficient * np.cos(angle)), rel=1e-9)


@pytest.mark.parametrize("law", ["coulomb", "stribeck"])
def test_block_creeps_below_the_friction_angle_as_the_transition_says(path, law):
    angle = np.radians(10.0)
    static = 0.3 * MASS * G * np.cos(angle)
    make = {
        "coulomb": JointFriction.coulomb("f", "slope", static, transition_speed=0.02),
        "stribeck": JointFriction.stribeck(
            "f", "slope", 0.5 * static, static, stribeck_speed=10.0, transition_speed=0.02
        ),
    }
    table = slide(path, make[law], angle=10.0)
    # F_s·v/v_t balances m·g·sin α
    assert table["Joints/slope:qvel"][-1] == pytest.approx(0.02 * MASS * G * np.sin(angle) / static, rel=1e-4)


@pytest.mark.parametrize("law", ["coulomb", "viscous", "karnopp"])
def test_friction_inside_a_floating_body_keeps_its_momentum(law):
    model = mujoco.MjModel.from_xml_string(JOINTS)
    data = mujoco.MjData(model)
    data.qvel[:] = np.random.default_rng(4).normal(size=model.nv)

    def angular_momentum():
        mujoco.mj_forward(model, data)
        mujoco.mj_subtreeVel(model, data)
        return data.subtree_angmom[0].copy()

    before = angular_momentum()
    coefficients = {
        "coulomb": {"coulomb": 0.5},
        "viscous": {"viscous": 0.5},
        "karnopp": {"coulomb": 0.5, "static": 9.0},
    }
    friction = {"law": law, **coefficients[law]}
    loads = [JointFriction(name=joint, joint=joint, friction=friction) for joint in ("hinge", "ball")]
    relative = np.abs(data.qvel[6:]).sum()
    with RuntimeManager(loads=loads) as rm:
        rm.run(model, data, 0.5)
    assert np.abs(data.qvel[6:]).sum() < 0.6 * relative
    np.testing.assert_allclose(angular_momentum(), before, atol=2e-3)


def test_friction_on_a_ball_opposes_its_angular_velocity(path):
    model = mujoco.MjModel.from_xml_string(JOINTS)
    data = mujoco.MjData(model)
    data.qvel[7:10] = [3.0, 0.0, 4.0]
    load = JointFriction.coulomb("f", "ball", 2.0)
    with RuntimeManager(telemetry=path, loads=[load]) as rm:
        rm.step(model, data)
    table = pl.read_parquet(path)
    # 2 N·m against (3, 0, 4)/5
    assert table.select(pl.col("^Loads/f.*$")).row(0) == pytest.approx((-1.2, 0.0, -1.6))
    assert table.select(pl.col("^Loads/f.*$")).columns == [f"Loads/f/torque:{axis}" for axis in "xyz"]


def test_torque_or_force_is_recorded_with_its_unit(path, tmp_path):
    slide(path, JointFriction.viscous("f", "slope", 1.0), duration=0.01)
    assert pq.read_schema(path).field("Loads/f:force").metadata[b"unit"] == b"N"
    model = mujoco.MjModel.from_xml_string(JOINTS)
    with RuntimeManager(telemetry=tmp_path / "2.parquet", loads=[JointFriction.viscous("f", "hinge", 1.0)]) as rm:
        rm.step(model, mujoco.MjData(model))
    assert pq.read_schema(tmp_path / "2.parquet").field("Loads/f:torque").metadata[b"unit"] == "N·m".encode()


def test_friction_comes_back_from_its_dump():
    loads = [
        JointFriction.coulomb("a", "j", 1.0),
        JointFriction.viscous("b", "j", 1.0),
        JointFriction.coulomb_viscous("c", "j", 1.0, 2.0),
        JointFriction.stribeck("d", "j", 1.0, 2.0, 0.1, viscous=0.3),
        JointFriction.karnopp("e", "j", 1.0, 2.0, stick_speed=0.1),
    ]
    assert loads_from(json.loads(json.dumps([load.model_dump(mode="json") for load in loads]))) == loads


@pytest.mark.parametrize(
    ("joint", "message"),
    [
        ("root", "Load 'f': Friction acts on hinge, slide and ball joints, but joint 'root' is a free joint"),
        ("hing", r"Load 'f': Joint 'hing' is not in the model. Did you mean 'hinge'\? It has: ball, hinge, root."),
    ],
)
def test_joint_that_can_have_no_friction_is_refused(joint, message):
    model = mujoco.MjModel.from_xml_string(JOINTS)
    with pytest.raises(ModelError, match=message):
        RuntimeManager(loads=[JointFriction.viscous("f", joint, 1.0)]).step(model, mujoco.MjData(model))
