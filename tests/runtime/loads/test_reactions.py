"""Loads with a reaction: the wrench in closed form, and what they leave of a system's momentum."""

import mujoco
import numpy as np
import polars as pl
import pytest

from mojo.errors import ModelError, TrialError
from mojo.runtime.loads import GeneralLoad, ScalarForce, ScalarTorque, VectorForce, VectorTorque
from mojo.runtime.manager import RuntimeManager
from tests.runtime.loads.acting import wrenches_in_step

# The sites' x axes are the body's y axis.
BRICK = """
<mujoco>
  <option gravity="0 0 0" timestep="0.001" integrator="{integrator}"/>
  <worldbody>
    <site name="turned" euler="0 0 90"/>
    <body name="brick" pos="0 0 1">
      <freejoint/>
      <geom type="box" size=".1 .2 .3" mass="2" pos="{center} 0 0" contype="0"/>
      <site name="edge" pos=".2 0 .3" euler="0 0 90"/>
    </body>
    <body name="other" pos="3 0 0"><freejoint/><geom type="box" size=".3 .1 .2" mass="1" contype="0"/></body>
  </worldbody>
</mujoco>
"""


def build(integrator="Euler", center=0.2):
    model = mujoco.MjModel.from_xml_string(BRICK.format(integrator=integrator, center=center))
    return model, mujoco.MjData(model)


def first_step(*loads):
    model, data = build()
    data.xfrc_applied[:] = wrenches_in_step(model, data, loads, "edge")
    return data


def swing(time, *_):
    return 2.0 + np.sin(9.0 * time)


WITH_REACTION = [
    ScalarForce(name="l", action_site="edge", scalar=swing, xtion_body="other"),
    ScalarTorque(name="l", action_site="edge", scalar=swing, xtion_body="other"),
    VectorForce(name="l", action_site="edge", force=(swing, -3.0, 1.0), rel_to_site="edge", xtion_body="other"),
    VectorTorque(name="l", action_site="edge", torque=(swing, -3.0, 1.0), rel_to_site="edge", xtion_body="other"),
    GeneralLoad(name="l", action_site="edge", force=(swing, 0, 2.0), torque=(1.0, swing, 0), xtion_body="other"),
]


@pytest.mark.parametrize("load", WITH_REACTION, ids=lambda load: type(load).__name__)
def test_action_and_reaction_sum_to_nothing_about_any_point(load):
    data = first_step(load)
    force, torque = data.xfrc_applied[:, :3], data.xfrc_applied[:, 3:]
    np.testing.assert_allclose(force.sum(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose((torque + np.cross(data.xipos, force)).sum(axis=0), 0.0, atol=1e-12)
    assert np.abs(data.xfrc_applied[1]).max() > 1.0


def momenta(model, data):
    mujoco.mj_kinematics(model, data)
    mujoco.mj_comPos(model, data)
    mujoco.mj_comVel(model, data)
    mujoco.mj_subtreeVel(model, data)
    return model.body_subtreemass[0] * data.subtree_linvel[0], data.subtree_angmom[0].copy()


def gained_momenta(load, integrator, timestep):
    # With the joint in the centre of mass, integration itself keeps linear momentum.
    model, data = build(integrator, center=0.0)
    model.opt.timestep = timestep
    data.qvel[:] = np.random.default_rng(5).normal(size=model.nv)
    before = momenta(model, data)
    with RuntimeManager(loads=[load]) as rm:
        rm.run(model, data, 0.1)
    after = momenta(model, data)
    return after[0] - before[0], after[1] - before[1]


@pytest.mark.parametrize("integrator", ["Euler", "RK4", "implicitfast"])
@pytest.mark.parametrize("load", WITH_REACTION, ids=lambda load: type(load).__name__)
def test_two_bodies_keep_their_momentum(load, integrator):
    linear, coarse = gained_momenta(load, integrator, 0.001)
    np.testing.assert_allclose(linear, 0.0, atol=1e-12)
    # A load is held over the step while its lever turns: an error of first order, which halves with the timestep.
    _, fine = gained_momenta(load, integrator, 0.0005)
    assert np.abs(fine).max() < 0.6 * np.abs(coarse).max() < 0.02


def test_scalar_torque_twists_about_the_sites_x_axis():
    data = first_step(ScalarTorque(name="t", action_site="edge", scalar=5.0))
    np.testing.assert_allclose(data.xfrc_applied[1], [0, 0, 0, 0, 5, 0], atol=1e-12)  # site x = world y
    # I_y = m/12·((2·0.1)² + (2·0.3)²) = 2/12·0.4
    assert data.qacc[4] == pytest.approx(5.0 / (2 / 12 * 0.4))


def test_scalar_torque_function_gets_time_axis_model_and_data():
    seen = []

    def scalar(time, axis, model, data):
        seen.append((time, axis.tolist(), model.nbody, data.qpos.shape))
        return 2.0

    first_step(ScalarTorque(name="t", action_site="edge", scalar=scalar))
    assert seen[0] == (0.0, pytest.approx([0, 1, 0]), 3, (14,))


def test_vector_force_acts_at_the_site_with_its_lever():
    data = first_step(VectorForce(name="f", action_site="edge", force=(1.0, 0, 2.0), rel_to_site="turned"))
    # 90° about z: F = (0, 1, 2); lever from the centre of mass: T = (0, 0, .3) × (0, 1, 2) = (-.3, 0, 0)
    np.testing.assert_allclose(data.xfrc_applied[1], [0, 1, 2, -0.3, 0, 0], atol=1e-12)


def test_vector_torque_is_turned_and_has_no_lever():
    data = first_step(VectorTorque(name="t", action_site="edge", torque=(1.0, 3.0, 2.0), rel_to_site="turned"))
    np.testing.assert_allclose(data.xfrc_applied[1], [0, 0, 0, -3, 1, 2], atol=1e-12)


def test_reaction_of_a_torque_is_its_negative():
    data = first_step(VectorTorque(name="t", action_site="edge", torque=(1.0, 3.0, 2.0), xtion_body="other"))
    np.testing.assert_allclose(data.xfrc_applied[2], [0, 0, 0, -1, -3, -2], atol=1e-12)


def test_what_acts_is_recorded(tmp_path):
    model, data = build()
    loads = [
        ScalarTorque(name="st", action_site="edge", scalar=-5.0),
        VectorForce(name="vf", action_site="edge", force=(3.0, 0.0, 4.0)),
        VectorTorque(name="vt", action_site="edge", torque=(swing, 0.0, 0.0)),
    ]
    with RuntimeManager(telemetry=tmp_path / "t.parquet", loads=loads, signals=["Loads/*"]) as rm:
        rm.run(model, data, 0.01)
    table = pl.read_parquet(tmp_path / "t.parquet")
    parts = ("x", "y", "z", "m")
    names = [f"Loads/{name}:{part}" for name in ("st/torque", "vf/force", "vt/torque") for part in parts]
    assert table.columns == ["time", *names]
    assert table.row(0)[1:] == pytest.approx((0, -5, 0, -5, 3, 0, 4, 5, 2, 0, 0, 2), abs=1e-12)
    np.testing.assert_array_equal(table["Loads/vt/torque:x"], 2.0 + np.sin(9.0 * table["time"].to_numpy()))


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (
            ScalarTorque(name="l", action_site="egde", scalar=1.0),
            "Site 'egde' is not in the model. Did you mean 'edge'",
        ),
        (
            VectorForce(name="l", action_site="edge", force=(1, 0, 0), xtion_body="othr"),
            "Body 'othr' is not in the model. Did you mean 'other'",
        ),
        (
            VectorTorque(name="l", action_site="edge", torque=(1, 0, 0), rel_to_site="tuned"),
            "Site 'tuned' is not in the model. Did you mean 'turned'",
        ),
    ],
)
def test_name_that_does_not_exist_is_answered_with_the_load_and_the_nearest(load, message):
    with pytest.raises(ModelError, match=f"Load 'l': {message}"):
        first_step(load)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda give: ScalarTorque(name="l", action_site="edge", scalar=lambda time, axis, model, data: give),
            "its scalar must",
        ),
        (
            lambda give: VectorForce(name="l", action_site="edge", force=(0, lambda time, model, data: give, 0)),
            "its force.y must",
        ),
        (
            lambda give: VectorTorque(name="l", action_site="edge", torque=(0, 0, lambda time, model, data: give)),
            "its torque.z must",
        ),
    ],
)
@pytest.mark.parametrize(("give", "what"), [(np.nan, "be finite"), (np.ones(3), "return one number")])
def test_function_that_gives_no_finite_number_fails_the_trial(make, message, give, what):
    with pytest.raises(TrialError, match=f"Load 'l' at t = 0 s: {message} {what}"):
        first_step(make(give))
