"""Forces between two sites, against MuJoCo's tendons and the conservation laws."""

import functools

import mujoco
import numpy as np
import polars as pl
import pytest

from mojo.errors import ModelError, TrialError
from mojo.runtime.loads import PointToPointForce
from mojo.runtime.manager import RuntimeManager
from tests.runtime.loads.acting import wrenches_in_step

LINKS = """
<mujoco>
  <option timestep="0.001"/>
  <worldbody>
    <site name="wall" pos="1 .2 1"/>
    <body pos="0 0 1">
      <joint axis="0 1 0" pos="0 0 .1"/>
      <geom type="capsule" fromto="0 0 0 0 0 -.5" size=".05" contype="0" conaffinity="0"/>
      <body pos="0 0 -.5">
        <joint type="ball"/>
        <geom type="capsule" fromto="0 0 0 .1 0 -.5" size=".04" contype="0" conaffinity="0"/>
        <site name="tip" pos=".1 .02 -.5"/>
      </body>
    </body>
  </worldbody>
  {tendon}
</mujoco>
"""
TENDON = """
  <tendon><spatial stiffness="70" damping="3" springlength=".4"><site site="tip"/><site site="wall"/></spatial></tendon>
"""
PAIR = """
<mujoco>
  <option gravity="0 0 0" timestep="0.001" integrator="{integrator}"/>
  <worldbody>
    <body name="a"><freejoint/><geom size=".1" mass="1" contype="0"/><site name="a" pos=".1 .2 0"/></body>
    <body name="b" pos="2 0 0"><freejoint/><geom type="box" size=".1 .2 .3" mass="3" contype="0"/>
      <site name="b" pos="0 .1 .1"/></body>
  </worldbody>
</mujoco>
"""


def build(xml):
    model = mujoco.MjModel.from_xml_string(xml)
    data = mujoco.MjData(model)
    data.qvel[:] = np.random.default_rng(5).normal(size=model.nv)
    return model, data


def spring(**changes):
    values = {"stiffness": 70.0, "damping": 3.0, "rest_length": 0.4} | changes
    return PointToPointForce.ideal_spring("spring", "tip", "wall", **values)


def test_ideal_spring_accelerates_as_a_spatial_tendon_does():
    model, data = build(LINKS.format(tendon=""))
    oracle_model, oracle = build(LINKS.format(tendon=TENDON))
    with RuntimeManager(loads=[spring()]) as rm:
        for _ in range(20):
            oracle.qpos[:], oracle.qvel[:] = data.qpos, data.qvel
            mujoco.mj_forward(oracle_model, oracle)
            rm.step(model, data)  # leaves the acceleration of the state that the step began with
            np.testing.assert_allclose(data.qacc, oracle.qacc, rtol=1e-12)


def test_recorded_distance_and_rate_are_those_of_the_tendon(tmp_path):
    model, data = build(LINKS.format(tendon=TENDON))
    path = tmp_path / "telemetry.parquet"
    wanted = ["Tendons", "Loads/spring"]
    with RuntimeManager(telemetry=path, loads=[spring(stiffness=0.0, damping=0.0)], signals=wanted) as rm:
        rm.run(model, data, 0.05)
    table = pl.read_parquet(path)
    np.testing.assert_allclose(table["Loads/spring:distance"], table["Tendons/#0:length"], rtol=1e-13)
    np.testing.assert_allclose(table["Loads/spring:rate"], table["Tendons/#0:velocity"], rtol=1e-12)


@pytest.mark.parametrize("integrator", ["Euler", "RK4", "implicitfast"])
def test_two_bodies_that_pull_at_each_other_keep_their_momentum(integrator):
    model, data = build(PAIR.format(integrator=integrator))
    mujoco.mj_forward(model, data)

    def momentum():
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        mujoco.mj_comVel(model, data)
        mujoco.mj_subtreeVel(model, data)
        return model.body_subtreemass[0] * data.subtree_linvel[0], data.subtree_angmom[0].copy()

    linear, angular = momentum()
    pull = PointToPointForce.ideal_spring("s", "a", "b", stiffness=20.0, damping=1.0, rest_length=1.0)
    with RuntimeManager(loads=[pull]) as rm:
        rm.run(model, data, 0.5)
    after_linear, after_angular = momentum()
    np.testing.assert_allclose(after_linear, linear, atol=1e-12)
    # A load is held over the step while its lever turns, an error of first order in the timestep.
    np.testing.assert_allclose(after_angular, angular, atol=1e-2)


def test_magnitude_function_gets_distance_rate_and_initial_distance():
    model, data = build(LINKS.format(tendon=""))
    seen = []

    def magnitude(d, v, d0, given_model, given_data):
        assert given_model is model
        assert given_data is data
        seen.append((d, v, d0))
        return 1.5

    with RuntimeManager(
        loads=[PointToPointForce(name="f", action_site="tip", xtion_site="wall", magnitude=magnitude)]
    ) as rm:
        rm.run(model, data, 0.003)
    # at rest tip = (0.1, 0.02, 0), wall = (1, 0.2, 1): d0² = 0.9² + 0.18² + 1²
    assert seen[0][0] == seen[0][2] == seen[-1][2] == pytest.approx(np.sqrt(0.81 + 0.0324 + 1.0))
    assert seen[1][0] - seen[0][0] == pytest.approx(0.001 * seen[0][1], rel=1e-2)


def test_positive_number_pushes_the_sites_apart():
    model, data = build(PAIR.format(integrator="Euler"))
    data.qvel[:] = 0.0
    force = PointToPointForce(name="f", action_site="b", xtion_site="a", magnitude=4.0)
    wrenches = wrenches_in_step(model, data, [force], "a")
    np.testing.assert_allclose(wrenches[1, :3], -wrenches[2, :3])
    assert np.linalg.norm(wrenches[2, :3]) == pytest.approx(4.0)
    assert data.qvel[6] > 0.0 > data.qvel[0]  # b stands at larger x than a


def test_inactive_load_applies_nothing_and_records_zeros(tmp_path):
    model, data = build(LINKS.format(tendon=""))
    load = spring()
    with RuntimeManager(telemetry=tmp_path / "t.parquet", loads=[load]) as rm:
        rm.step(model, data)
        load.active = False
        rm.step(model, data)
    table = pl.read_parquet(tmp_path / "t.parquet").select(pl.col("^Loads/.*$"))
    assert all(value != 0.0 for value in table.row(0))
    assert set(table.row(1)) == set(table.row(2)) == {0.0}


def test_sites_that_coincide_are_an_error_with_the_loads_name():
    model, data = build(PAIR.format(integrator="Euler"))
    data.qpos[7:10] = data.qpos[0:3] + [0.1, 0.1, -0.1]  # site b onto site a
    message = "Load 's' at t = 0 s: its sites 'a' and 'b' coincide"
    with pytest.raises(ModelError, match=message), RuntimeManager(loads=[spring_between("a", "b")]) as rm:
        rm.step(model, data)


def spring_between(action, xtion):
    return PointToPointForce.ideal_spring("s", action, xtion, stiffness=1.0, rest_length=0.1)


def test_unknown_site_is_answered_with_the_nearest():
    model, data = build(LINKS.format(tendon=""))
    message = r"Site 'tipp' is not in the model. Did you mean 'tip'\? It has: tip, wall."
    with pytest.raises(ModelError, match=message):
        RuntimeManager(loads=[spring_between("tipp", "wall")]).step(model, data)


def test_one_site_twice_is_refused():
    model, data = build(LINKS.format(tendon=""))
    with pytest.raises(ModelError, match="must have two different sites, but got 'tip' twice"):
        RuntimeManager(loads=[spring_between("tip", "tip")]).step(model, data)


def test_frame_is_refused_with_the_reason():
    with pytest.raises(ModelError, match="rel_to_site does not apply: the force acts on the line between"):
        PointToPointForce(name="f", action_site="a", xtion_site="b", magnitude=1.0, rel_to_site="a")


def give(result, *_):
    return result


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (np.nan, "Load 'f' at t = 0 s: its magnitude must be finite, but got nan"),
        (np.zeros(3), "Load 'f' at t = 0 s: its magnitude must return one number, but got array"),
        (None, "Load 'f' at t = 0 s: its magnitude must return one number, but got None"),
    ],
)
def test_function_that_returns_no_finite_number_fails_the_trial(result, message):
    model, data = build(LINKS.format(tendon=""))
    magnitude = functools.partial(give, result)
    load = PointToPointForce(name="f", action_site="tip", xtion_site="wall", magnitude=magnitude)
    with pytest.raises(TrialError, match=message), RuntimeManager(loads=[load]) as rm:
        rm.step(model, data)


def test_only_active_may_be_changed_once_the_run_has_begun():
    model, data = build(PAIR.format(integrator="Euler"))
    load = PointToPointForce(name="push", action_site="a", xtion_site="b", magnitude=1.0)
    load.magnitude = 2.0
    message = "Force 'push': its magnitude cannot be changed once the run has begun, only `active` can. Give a function"
    with RuntimeManager(loads=[load]) as rm:
        rm.step(model, data)
        load.active = False
        with pytest.raises(ModelError, match=message):
            load.magnitude = 3.0
