"""Framing: where what moves in a film is, and a camera that sees it."""

import itertools
import math
from dataclasses import dataclass

import mujoco
import numpy as np

from mojo.runtime.end_state import SIGNATURE

_VISIBLE_GROUPS = 3  # MuJoCo shows geoms of the groups 0 to 2
_ROAMING = 2.5  # a camera follows what moves through more than this many times its own radius
_MARGIN = 1.15  # around what moves, for arrows
_ANGLES = (135.0, -20.0)  # azimuth and elevation [°], where the model has no others than MuJoCo's
_CORNERS = np.array(list(itertools.product((-1.0, 1.0), repeat=3)))  # of a box
_MUJOCO_ANGLES = (90.0, -45.0)


@dataclass(frozen=True)
class Framing:
    """Where what moves is.

    Attributes:
        centers: Its middle in each frame [m], shape (n, 3).
        radius: Of a sphere around it [m], in most of the frames.
        center: The middle of all the places that it comes to [m], shape (3,).
        reach: Of a sphere around all of those [m].
    """

    centers: np.ndarray
    radius: float
    center: np.ndarray
    reach: float

    @property
    def roams(self) -> bool:
        """Whether it moves so far that a camera must follow it to show anything."""
        return self.reach > _ROAMING * self.radius


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
        return Framing(np.tile(model.stat.center, (len(states), 1)), model.stat.extent, model.stat.center, 0.0)
    corners = model.geom_aabb[geoms, None, :3] + _CORNERS * model.geom_aabb[geoms, None, 3:]
    centers, radii = np.empty((len(states), 3)), np.empty(len(states))
    for frame, state in enumerate(states):
        mujoco.mj_setState(model, data, state, SIGNATURE)
        mujoco.mj_kinematics(model, data)
        turned = corners @ data.geom_xmat[geoms].reshape(-1, 3, 3).transpose(0, 2, 1)
        points = (data.geom_xpos[geoms, None] + turned).reshape(-1, 3)
        centers[frame] = (points.min(axis=0) + points.max(axis=0)) / 2
        radii[frame] = np.linalg.norm(points - centers[frame], axis=1).max()
    center = (centers.min(axis=0) + centers.max(axis=0)) / 2
    reach = float((np.linalg.norm(centers - center, axis=1) + radii).max())
    return Framing(centers, float(np.percentile(radii, 90)), center, reach)


def _moves(model: mujoco.MjModel) -> np.ndarray:
    """Return which bodies move relative to the world, by joints or as mocap bodies."""
    return (model.body_weldid != 0) | (model.body_mocapid[model.body_rootid] >= 0)


def free_camera(model: mujoco.MjModel, found: Framing, aspect: float) -> mujoco.MjvCamera:
    """Return a camera that sees what moves, in the first frame, or in all of them if it stays near.

    Args:
        model: The model.
        found: Where what moves is.
        aspect: Width by height of the picture.
    """
    camera = mujoco.MjvCamera()
    camera.type = mujoco.mjtCamera.mjCAMERA_FREE
    angles = (model.vis.global_.azimuth, model.vis.global_.elevation)
    camera.azimuth, camera.elevation = _ANGLES if angles == _MUJOCO_ANGLES else angles
    half = math.radians(model.vis.global_.fovy) / 2
    narrowest = min(half, math.atan(aspect * math.tan(half)))
    camera.lookat[:] = found.centers[0] if found.roams else found.center
    camera.distance = _MARGIN * (found.radius if found.roams else max(found.radius, found.reach)) / math.sin(narrowest)
    return camera
