"""Velocities and torques of points, against MuJoCo's own."""

import mujoco
import numpy as np

from mojo.runtime.vectors import cross, join, moment, norm, rotate, scale, split, velocity_at, wrap

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


def rows(vectors):
    """Return vectors of shape (n, 3) as rows."""
    found = np.empty((5, len(vectors)))
    found[2:] = vectors.T
    return wrap(found)


def test_rows_of_many_simulations_give_the_same_bits_as_floats():
    rng = np.random.default_rng(1)
    a, b, c, d = rng.normal(size=(4, 6, 3))
    matrices = rng.normal(size=(6, 9))
    columns = np.array([rows(matrices.reshape(6, 3, 3)[:, :, column]) for column in range(3)])
    together = {
        "velocity": velocity_at(rows(a), rows(b), rows(c)[-3:], rows(d)),
        "moment": moment(rows(a), rows(b), rows(c)),
        "turned": rotate(columns, np.repeat(d.T[:, None], 5, axis=1)),
        "scaled": scale(b[:, 0], rows(a)),
    }
    for n in range(6):
        p, q, r, s = (tuple(array[n].tolist()) for array in (a, b, c, d))
        alone = {
            "velocity": velocity_at(p, q, r, s),
            "moment": moment(p, q, r),
            "turned": rotate(tuple(matrices[n].tolist()), s),
            "scaled": scale(q[0], p),
        }
        for name, expected in alone.items():
            assert expected == tuple(join(together[name])[n]), name
        assert norm(p) == norm(rows(a))[n]


def test_a_cross_product_is_numpys():
    a, b = np.random.default_rng(2).normal(size=(2, 4, 3))
    np.testing.assert_allclose(join(cross(split(a), split(b))), np.cross(a, b), rtol=1e-15, atol=1e-15)
    np.testing.assert_allclose(join(cross(rows(a), rows(b))), np.cross(a, b), rtol=1e-15, atol=1e-15)


def test_moment_about_the_centre_of_mass_is_lever_times_force():
    # (p - c) × F = (0, 2, 0) × (0, 0, 5) = (10, 0, 0)
    assert moment((0.0, 0.0, 5.0), (1.0, 2.0, 0.0), (1.0, 0.0, 0.0)) == (10.0, 0.0, 0.0)


def test_rotation_takes_local_axes_to_the_columns_of_the_matrix():
    _, data = moving_tree()
    matrix = data.site_xmat[1]
    found = rotate(tuple(matrix.tolist()), (0.0, 1.0, 0.0))
    np.testing.assert_array_equal(found, matrix.reshape(3, 3)[:, 1])
