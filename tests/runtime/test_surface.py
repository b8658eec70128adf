"""An arrow is drawn where it can be seen: up to the surface of what its force acts on."""

import mujoco
import numpy as np
import pytest

from mojo.runtime.surface import Surfaces, arrow_place

X, Y, Z = np.eye(3)
# A trunk of 0.5 x 0.2 x 0.1 m with a leg that reaches into it, beside a wall and a mesh of which one can look inside.
XML = """<mujoco>
  <asset><mesh name="cup" vertex="-1 -1 0  1 -1 0  1 1 0  -1 1 0  -1 -1 2  1 -1 2  1 1 2  -1 1 2"/></asset>
  <worldbody>
    <geom name="wall" type="box" size="0.1 1 1" pos="2 0 0"/>
    <geom name="room" type="mesh" mesh="cup" pos="20 0 0"/>
    <body name="trunk"><freejoint/>
      <geom type="box" size="0.25 0.1 0.05" mass="5"/>
      <geom name="ghost" type="sphere" size="3" rgba="0 0 0 0" mass="0"/>
      <body name="leg" pos="0.2 0 0"><joint axis="0 1 0"/>
        <geom type="capsule" size="0.02" fromto="0 0 0 0 0 -0.3"/></body>
    </body>
    <body name="cup" pos="0 10 0"><freejoint/><geom type="mesh" mesh="cup" mass="1"/></body>
    <body name="ball" pos="0 -10 0"><freejoint/><geom type="sphere" size="0.1" mass="1"/></body>
  </worldbody></mujoco>"""


@pytest.fixture(scope="module")
def scene() -> tuple[Surfaces, mujoco.MjModel, mujoco.MjData]:
    model = mujoco.MjModel.from_xml_string(XML)
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    return Surfaces(model), model, data


def place(scene, body: str, point, vector, is_torque: bool = False):
    surfaces, model, data = scene
    return arrow_place(
        surfaces, data, np.array(point, dtype=float), model.body(body).id, np.array(vector, dtype=float), is_torque
    )


@pytest.mark.parametrize(
    ("direction", "half"),
    [(X, 0.25), (-X, 0.25), (Y, 0.1), (-Y, 0.1), (Z, 0.05), ((Y + Z) / np.sqrt(2), 0.05 * np.sqrt(2))],
)
def test_a_shove_at_the_middle_of_a_trunk_begins_at_its_surface(scene, direction, half):
    where, ends_there = place(scene, "trunk", (0, 0, 0), 50 * direction)
    assert where == pytest.approx(half * direction, abs=1e-9)
    assert not ends_there


def test_a_force_near_the_side_where_it_comes_in_ends_at_that_side(scene):
    where, ends_there = place(scene, "trunk", (0, 0.09, 0), (0, -3, 0))
    assert where == pytest.approx([0, 0.1, 0])
    assert ends_there


def test_a_torque_begins_at_the_surface(scene):
    where, ends_there = place(scene, "trunk", (0, 0.09, 0), (0, -3, 0), is_torque=True)
    assert where == pytest.approx([0, -0.1, 0])
    assert not ends_there


def test_what_overlaps_with_the_body_is_left_too(scene):
    # down through the leg, which begins inside the trunk and ends 0.3 m + 0.02 m below
    where, ends_there = place(scene, "trunk", (0.2, 0, 0.02), (0, 0, 3))
    assert where == pytest.approx([0.2, 0, 0.05])
    assert not ends_there
    where, ends_there = place(scene, "trunk", (0.2, 0, 0.02), (0, 0, -3))
    assert where == pytest.approx([0.2, 0, 0.05])  # it comes in nearer than it goes out
    assert ends_there


@pytest.mark.parametrize("vector", [(0, 0, 3), (0, 0, -3), (3, 0, 0), (0, -1e-4, 3)])
def test_a_force_along_the_side_on_which_it_acts_begins_there_whatever_its_sense(scene, vector):
    for inwards in (-1e-12, 0.0, 1e-12):
        where, ends_there = place(scene, "trunk", (0, 0.1 - inwards, 0), vector)
        assert where == pytest.approx([0, 0.1, 0])
        assert not ends_there


def test_a_force_that_pushes_the_side_ends_there_and_one_that_pulls_begins_there(scene):
    assert place(scene, "trunk", (0, 0.1, 0), (0, -3, 0))[1]
    assert not place(scene, "trunk", (0, 0.1, 0), (0, 3, 0))[1]
    assert place(scene, "trunk", (0, 0.15, 0), (0, -3, 0))[0] == pytest.approx([0, 0.15, 0])  # outside of it


def test_a_mesh_that_moves_has_a_surface_and_a_room_has_none(scene):
    where, _ = place(scene, "cup", (0.5, 10, 1), (2, 0, 0))
    assert where == pytest.approx([1, 10, 1])
    where, ends_there = place(scene, "world", (20.5, 0, 1), (2, 0, 0))
    assert where == pytest.approx([20.5, 0, 1])
    assert not ends_there


def test_a_force_inside_a_wall_is_drawn_up_to_its_surface(scene):
    where, ends_there = place(scene, "world", (1.99, 0, 0), (-4, 0, 0))
    assert where == pytest.approx([1.9, 0, 0])
    assert not ends_there


@pytest.mark.parametrize("vector", [(0, 0, 0), (np.nan, 0, 0)])
def test_no_force_is_nowhere_in_particular(scene, vector):
    assert place(scene, "trunk", (0, 0, 0), vector)[0] == pytest.approx([0, 0, 0])


def test_a_force_inside_a_soft_body_is_drawn_up_to_its_skin():
    mjcf = """<mujoco><worldbody>
      <flexcomp name="soft" type="grid" count="4 4 4" spacing=".1 .1 .1" dim="3" radius=".001" mass="1"/>
    </worldbody></mujoco>"""
    model = mujoco.MjModel.from_xml_string(mjcf)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    place, _ = arrow_place(Surfaces(model), data, np.array([0.01, 0.02, 0.03]), 1, X, False)
    assert place == pytest.approx([0.15, 0.02, 0.03], abs=0.002)  # half of three times 0.1 m
