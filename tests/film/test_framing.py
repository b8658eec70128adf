"""The camera that mojo chooses sees all of what moves."""

import math

import mujoco
import numpy as np
import pytest

from mojo.film.boxes import Boxes
from mojo.film.framing import Framing, FreeCamera
from mojo.runtime.end_state import SIGNATURE

LONG = """
<mujoco>
  <worldbody>
    <geom name="floor" type="plane" size="0 0 1"/>
    <body name="beam" pos="0 0 3">
      <freejoint/>
      <geom name="beam" type="box" size="2 0.1 0.1" euler="0 0 30"/>
      <geom name="foot" type="capsule" size="0.1" fromto="1 1 0 1 1 -1"/>
    </body>
  </worldbody>
</mujoco>
"""


def states(model: mujoco.MjModel, places: np.ndarray) -> np.ndarray:
    """Return the states with the beam at the places, shape (n, 3)."""
    data, found = mujoco.MjData(model), []
    for place in places:
        data.qpos[:3] = place
        state = np.empty(mujoco.mj_stateSize(model, SIGNATURE))
        mujoco.mj_getState(model, data, state, SIGNATURE)
        found.append(state)
    return np.array(found)


def framing(model: mujoco.MjModel, data: mujoco.MjData, shown: np.ndarray) -> Framing:
    """Return where what moves is in each state."""
    boxes, found = Boxes(model), []
    for state in shown:
        mujoco.mj_setState(model, data, state, SIGNATURE)
        found.append(boxes.corners(data))
    return Framing(np.array(found))


def no_ends(found: Framing) -> np.ndarray:
    return np.empty((len(found.corners), 0, 3))


def corners(data: mujoco.MjData) -> np.ndarray:
    """Return the ends of the beam and of the foot, in the world [m]."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    beam = data.geom("beam").xpos + (signs * (2, 0.1, 0.1)) @ data.geom("beam").xmat.reshape(3, 3).T
    foot = data.geom("foot").xpos + np.array([[0, 0, 0.6], [0, 0, -0.6]]) @ data.geom("foot").xmat.reshape(3, 3).T
    return np.vstack([beam, foot])


@pytest.mark.parametrize("moved", [0.5, 40.0])
@pytest.mark.parametrize("aspect", [0.5, 16 / 9])
def test_every_corner_of_what_moves_is_in_the_picture_in_every_frame(moved: float, aspect: float):
    model = mujoco.MjModel.from_xml_string(LONG)
    data = mujoco.MjData(model)
    places = np.array([[0.0, 0, 3], [moved / 2, 0, 3], [moved, 0, 3]])
    shown = states(model, places)
    found = framing(model, data, shown)
    assert found.roams == (moved == 40.0)
    free = FreeCamera(model, found, no_ends(found), aspect)
    camera = free.at(0)
    azimuth, elevation = math.radians(camera.azimuth), math.radians(camera.elevation)
    forward = np.array(
        [math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)]
    )
    right = np.cross(forward, (0, 0, 1)) / math.cos(elevation)
    up = np.cross(right, forward)
    height = math.tan(math.radians(model.vis.global_.fovy) / 2)
    for frame, state in enumerate(shown):
        mujoco.mj_setState(model, data, state, SIGNATURE)
        mujoco.mj_kinematics(model, data)
        camera = free.at(frame)
        lookat = found.centers[frame] if found.roams else found.center
        assert camera.lookat == pytest.approx(lookat)
        seen = corners(data) - (lookat - camera.distance * forward)
        depth = seen @ forward
        assert (np.abs(seen @ up) < height * depth).all()
        assert (np.abs(seen @ right) < aspect * height * depth).all()


def test_the_camera_comes_as_near_as_what_moves_allows():
    # A cube of 2 m seen from the front: its nearer face, 1 m before its middle, fills the picture but for the margin.
    cube = LONG.replace('name="foot"', 'name="foot" rgba="0 0 0 0"').replace("2 0.1 0.1", "1 1 1").replace("30", "0")
    front = cube.replace("<worldbody>", '<visual><global azimuth="0" elevation="0" fovy="90"/></visual><worldbody>')
    model = mujoco.MjModel.from_xml_string(front)
    found = framing(model, mujoco.MjData(model), states(model, np.array([[0.0, 0, 3]])))
    assert found.center == pytest.approx([0, 0, 3])
    assert FreeCamera(model, found, no_ends(found), 1.0).at(0).distance == pytest.approx(
        1.15 * (1 + 1 / math.tan(math.radians(45)))
    )
