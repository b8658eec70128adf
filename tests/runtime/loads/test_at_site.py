"""Loads at one site: the wrench that MuJoCo gets, in closed form."""

import mujoco
import numpy as np
import polars as pl
import pytest

from mojo.errors import ModelError
from mojo.runtime.loads import GeneralLoad, ScalarForce
from mojo.runtime.manager import RuntimeManager
from tests.runtime.loads.acting import wrenches_in_step

# The body's centre of mass stands 0.2 m from its frame; the site's x axis is the body's y axis.
BRICK = """
<mujoco>
  <option gravity="0 0 0" timestep="0.001"/>
  <worldbody>
    <site name="turned" euler="0 0 90"/>
    <body name="brick" pos="0 0 1">
      <freejoint/>
      <geom type="box" size=".1 .2 .3" mass="2" pos=".2 0 0" contype="0"/>
      <site name="edge" pos=".2 0 .3" euler="0 0 90"/>
    </body>
    <body name="other" pos="3 0 0"><freejoint/><geom size=".1" mass="1" contype="0"/></body>
  </worldbody>
</mujoco>
"""


def first_step(*loads):
    model = mujoco.MjModel.from_xml_string(BRICK)
    data = mujoco.MjData(model)
    data.xfrc_applied[:] = wrenches_in_step(model, data, loads, "edge")
    return model, data


def test_scalar_force_acts_along_the_sites_x_axis_with_its_lever():
    _, data = first_step(ScalarForce(name="f", action_site="edge", scalar=5.0))
    # site x = world y: F = (0, 5, 0); lever from the centre of mass: T = (0, 0, .3) × (0, 5, 0) = (-1.5, 0, 0)
    np.testing.assert_allclose(data.xfrc_applied[1], [0, 5, 0, -1.5, 0, 0], atol=1e-12)


def test_force_off_the_centre_of_mass_accelerates_as_newton_and_euler_say():
    _, data = first_step(ScalarForce(name="f", action_site="edge", scalar=5.0))
    # I_x = m/12·((2·0.2)² + (2·0.3)²) = 2/12·0.52; α = -1.5/I_x; the frame's origin is on the axis of rotation
    inertia = 2 / 12 * 0.52
    np.testing.assert_allclose(data.qacc[:6], [0, 2.5, 0, -1.5 / inertia, 0, 0], atol=1e-9)


def test_scalar_function_gets_time_axis_model_and_data():
    seen = []

    def scalar(time, axis, model, data):
        seen.append((time, axis, model.nbody, data.qpos.shape))
        return 2.0

    first_step(ScalarForce(name="f", action_site="edge", scalar=scalar))
    time, axis, bodies, shape = seen[0]
    assert (time, bodies, shape) == (0.0, 3, (14,))
    np.testing.assert_allclose(axis, [0, 1, 0], atol=1e-12)


def test_reaction_acts_at_the_same_point_of_the_world_and_sums_to_nothing():
    load = GeneralLoad(name="g", action_site="edge", force=(1.0, 2.0, 3.0), torque=(0.1, 0.2, 0.3), xtion_body="other")
    _, data = first_step(load)
    total_force = data.xfrc_applied[:, :3].sum(axis=0)
    about_origin = data.xfrc_applied[:, 3:] + np.cross(data.xipos, data.xfrc_applied[:, :3])
    np.testing.assert_allclose(total_force, 0.0, atol=1e-12)
    np.testing.assert_allclose(about_origin.sum(axis=0), 0.0, atol=1e-12)
    assert np.abs(data.xfrc_applied[2]).min() > 0.0


def test_components_are_turned_from_the_frame_of_rel_to_site():
    in_frame = GeneralLoad(name="g", action_site="edge", force=(1.0, 0, 2.0), torque=(0, 3.0, 0), rel_to_site="turned")
    _, data = first_step(in_frame)
    # 90° about z: x → y, y → -x. F = (0, 1, 2); T = (-3, 0, 0) + (0, 0, .3) × (0, 1, 2) = (-3.3, 0, 0)
    np.testing.assert_allclose(data.xfrc_applied[1], [0, 1, 2, -3.3, 0, 0], atol=1e-12)


def test_component_functions_give_force_over_time(tmp_path):
    model = mujoco.MjModel.from_xml_string(BRICK)
    data = mujoco.MjData(model)

    def ramp(time, *_):
        return 10.0 * time

    path = tmp_path / "t.parquet"
    load = GeneralLoad(name="push", action_site="edge", force=(ramp, 0.0, 3.0), torque=(0.0, 0.0, ramp))
    with RuntimeManager(telemetry=path, loads=[load]) as rm:
        rm.run(model, data, 0.01)
    table = pl.read_parquet(path)
    np.testing.assert_array_equal(table["Loads/push/force:x"], 10.0 * table["time"].to_numpy())
    np.testing.assert_allclose(table["Loads/push/force:m"], np.hypot(10.0 * table["time"].to_numpy(), 3.0))
    np.testing.assert_array_equal(table["Loads/push/torque:z"], table["Loads/push/force:x"])
    # Impulse over mass: ∫10t dt / 2, summed as the left Riemann sum of ten steps: 10·0.001²·45/2
    assert data.qvel[0] == pytest.approx(10 * 1e-6 * 45 / 2, rel=1e-2)


def test_unknown_body_of_the_reaction_is_answered_with_what_exists():
    with pytest.raises(ModelError, match=r"Body 'othr' is not in the model. Did you mean 'other'\?"):
        first_step(ScalarForce(name="f", action_site="edge", scalar=1.0, xtion_body="othr"))


def test_unknown_frame_is_answered_with_what_exists():
    with pytest.raises(ModelError, match=r"Site 'tuned' is not in the model. Did you mean 'turned'"):
        first_step(GeneralLoad(name="f", action_site="edge", rel_to_site="tuned"))
