"""Framing: where what moves in a film is, and a camera that sees it."""

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import mujoco
import numpy as np

from mojo.runtime.end_state import SIGNATURE

_VISIBLE_GROUPS = 3  # MuJoCo shows geoms of the groups 0 to 2
_ROAMING = 2.5  # a camera follows what moves through more than this many times its own size
_MARGIN = 1.15  # around what moves, for arrows
_CORNERS = np.array(list(itertools.product((-1.0, 1.0), repeat=3)))  # of a box
_ANGLES = (135.0, -20.0)  # azimuth and elevation [°], where the model has no others than MuJoCo's
_MUJOCO_ANGLES = (90.0, -45.0)


@dataclass(frozen=True)
class Framing:
    """Where what moves is.

    Attributes:
        corners: The corners of the boxes around its geoms in each frame [m], shape (n, corners, 3).
    """

    corners: np.ndarray

    @cached_property
    def centers(self) -> np.ndarray:
        """Its middle in each frame [m], shape (n, 3)."""
        return (self.corners.min(axis=1) + self.corners.max(axis=1)) / 2

    @cached_property
    def center(self) -> np.ndarray:
        """The middle of all the places that it comes to [m], shape (3,)."""
        return (self.corners.min(axis=(0, 1)) + self.corners.max(axis=(0, 1))) / 2

    @cached_property
    def radius(self) -> float:
        """Half of its longest side [m], in most of the frames."""
        return float(np.percentile(np.ptp(self.corners, axis=1).max(axis=1) / 2, 90))

    @cached_property
    def roams(self) -> bool:
        """Whether it moves so far that a camera must follow it to show anything."""
        return float(np.ptp(self.corners, axis=(0, 1)).max() / 2) > _ROAMING * self.radius


def framing(model: mujoco.MjModel, data: mujoco.MjData, states: np.ndarray) -> Framing:
    """Return where the geoms that move are; all visible ones, if none does.

    Args:
        model: The model.
        data: Its data, which is changed.
        states: The states of the frames, shape (n, mj_stateSize).
    """
    shown = (model.geom_rbound > 0) & (model.geom_group < _VISIBLE_GROUPS) & (model.geom_rgba[:, 3] > 0)
    moving = shown & _moves(model)[model.geom_bodyid]
    geoms = np.flatnonzero(moving if moving.any() else shown)
    if not len(geoms):
        return Framing(np.tile(model.stat.center + model.stat.extent * _CORNERS, (len(states), 1, 1)))
    boxes = model.geom_aabb[geoms, None]
    local = boxes[..., :3] + _CORNERS * boxes[..., 3:]
    corners = np.empty((len(states), local.size // 3, 3))
    for frame, state in enumerate(states):
        mujoco.mj_setState(model, data, state, SIGNATURE)
        mujoco.mj_kinematics(model, data)
        turned = local @ data.geom_xmat[geoms].reshape(-1, 3, 3).transpose(0, 2, 1)
        corners[frame] = (data.geom_xpos[geoms, None] + turned).reshape(-1, 3)
    return Framing(corners)


def _moves(model: mujoco.MjModel) -> np.ndarray:
    """Return which bodies move relative to the world, by joints or as mocap bodies."""
    return (model.body_weldid != 0) | (model.body_mocapid[model.body_rootid] >= 0)


def free_camera(model: mujoco.MjModel, found: Framing, aspect: float) -> mujoco.MjvCamera:
    """Return a camera as near as it sees all that moves: in the first frame, or in all of them if it stays near.

    Args:
        model: The model.
        found: Where what moves is.
        aspect: Width by height of the picture.
    """
    camera = mujoco.MjvCamera()
    camera.type = mujoco.mjtCamera.mjCAMERA_FREE
    angles = (model.vis.global_.azimuth, model.vis.global_.elevation)
    camera.azimuth, camera.elevation = _ANGLES if angles == _MUJOCO_ANGLES else angles
    camera.lookat[:] = found.centers[0] if found.roams else found.center
    around = found.corners - (found.centers[:, None] if found.roams else found.center)
    height = math.tan(math.radians(model.vis.global_.fovy) / 2)
    right, up, forward = np.moveaxis(around @ _axes(camera).T, -1, 0)
    needed = (np.maximum(np.abs(up), np.abs(right) / aspect) / height - forward).max(axis=1)
    camera.distance = _MARGIN * float(np.percentile(needed, 90) if found.roams else needed.max())
    return camera


def _axes(camera: mujoco.MjvCamera) -> np.ndarray:
    """Return to the right, up and forward of a free camera, each of shape (3,), in the world."""
    azimuth, elevation = math.radians(camera.azimuth), math.radians(camera.elevation)
    right = np.array([math.sin(azimuth), -math.cos(azimuth), 0.0])
    level = np.array([math.cos(azimuth), math.sin(azimuth), 0.0])
    forward = math.cos(elevation) * level + np.array([0.0, 0.0, math.sin(elevation)])
    return np.stack([right, np.cross(right, forward), forward])
