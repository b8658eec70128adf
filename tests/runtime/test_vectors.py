"""Velocities and torques of points, against MuJoCo's own."""

import mujoco
import numpy as np

from mojo.runtime.vectors import join, norm, rotate, split, torque_at, velocity_at

TREE = """
<mujoco>
  <worldbody>
    <body name="root" pos="1 2 3">
      <freejoint/>
      <geom size=".1" pos=".2 0 0"/>
      <site name="on_root" pos=".3 .1 -.2"/>
      <body pos=".5 0 0">
        <joint type="ball"/>
        <geom size=".1" pos="0 .3 0"/>
        <site name="on_child" pos="0 .4 .1"/>
      </body>
    </body>
    <body pos="-1 0 0">
      <joint type="hinge" axis="1 1 0"/>
      <geom size=".1" pos="0 0 .4"/>
      <site name="elsewhere" pos="0 .1 .5"/>
    </body>
    <site name="fixed" pos="1 0 0"/>
  </worldbody>
</mujoco>
"""


def moving_tree():
    model = mujoco.MjModel.from_xml_string(TREE)
    data = mujoco.MjData(model)
    data.qvel[:] = np.random.default_rng(3).normal(size=model.nv)
    mujoco.mj_forward(model, data)
    return model, data


def test_velocity_of_every_site_is_that_of_mj_object_velocity():
    model, data = moving_tree()
    bodies = model.site_bodyid
    spatial, origins = data.cvel[bodies], data.subtree_com[model.body_rootid[bodies]]
    velocities = join(velocity_at(split(data.site_xpos), split(spatial[:, :3]), split(spatial[:, 3:]), split(origins)))
    for site in range(model.nsite):
        expected = np.zeros(6)
        mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_SITE, site, expected, 0)
        np.testing.assert_allclose(velocities[site], expected[3:], atol=1e-14)


def test_floats_and_arrays_of_any_shape_give_the_same_bits():
    rng = np.random.default_rng(0)
    a, b, c, d = rng.normal(size=(4, 2, 5, 3))
    together = join(velocity_at(split(a), split(b), split(c), split(d)))
    lengths = norm(split(a))
    for index in np.ndindex(2, 5):
        alone = velocity_at(*(tuple(array[index].tolist()) for array in (a, b, c, d)))
        assert alone == tuple(together[index])
        assert norm(tuple(a[index].tolist())) == lengths[index]


def test_torque_about_the_centre_of_mass_is_lever_times_force():
    # (p - c) × F = (0, 2, 0) × (0, 0, 5) = (10, 0, 0), and T adds (0, 0, 1)
    torque = torque_at((1.0, 2.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 5.0), (0.0, 0.0, 1.0))
    assert torque == (10.0, 0.0, 1.0)


def test_rotation_takes_local_axes_to_the_columns_of_the_matrix():
    _, data = moving_tree()
    matrix = data.site_xmat[1]
    np.testing.assert_array_equal(rotate(matrix, (0.0, 1.0, 0.0)), matrix.reshape(3, 3)[:, 1])
