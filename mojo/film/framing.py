"""Framing: where what moves in a film is, and a camera that sees it."""

import math
from dataclasses import dataclass
from functools import cached_property

import mujoco
import numpy as np

_ROAMING = 2.5  # a camera follows what moves through more than this many times its own size
_MARGIN = 1.15  # around what is seen
_ANGLES = (135.0, -20.0)  # azimuth and elevation [°], where the model has no others than MuJoCo's
_MUJOCO_ANGLES = (90.0, -45.0)
_SPARE = 0.5  # MuJoCo draws from here, as a share of the distance to what is seen, to as much behind it
_LEAST = 1e-6  # of the model's extent, from which on MuJoCo draws; it must be above 0


@dataclass(frozen=True)
class Framing:
    """Where what moves is.

    Attributes:
        corners: The corners of the boxes around it in each frame [m], shape (n, corners, 3).
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


class FreeCamera:
    """A camera as near as it sees all that moves, and the arrows there: it stands, or follows what roams.

    One that follows keeps its distance, but where what it sees grows out of the picture.

    Args:
        model: The model; the limits between which it is drawn are widened where they cut off what is to be seen.
        found: Where what moves is.
        ends: The ends of arrows in each frame [m], shape (n, ends, 3).
        aspect: Width by height of the picture.
    """

    def __init__(self, model: mujoco.MjModel, found: Framing, ends: np.ndarray, aspect: float) -> None:
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FREE
        angles = (model.vis.global_.azimuth, model.vis.global_.elevation)
        self._camera.azimuth, self._camera.elevation = _ANGLES if angles == _MUJOCO_ANGLES else angles
        count = len(found.corners)
        self._centers = found.centers if found.roams else np.tile(found.center, (count, 1))
        around = np.concatenate([found.corners, ends], axis=1) - self._centers[:, None]
        height = math.tan(math.radians(model.vis.global_.fovy) / 2)
        right, up, forward = np.moveaxis(around @ _axes(self._camera).T, -1, 0)
        needed = _MARGIN * (np.maximum(np.abs(up), np.abs(right) / aspect) / height - forward).max(axis=1)
        usual = float(np.percentile(needed, 90) if found.roams else needed.max())
        self._distances = np.maximum(usual, needed)
        self._limits, self._drawn = model.vis.map, (model.vis.map.znear, model.vis.map.zfar)
        depths = self._distances[:, None] + forward
        self._nearest, self._farthest = depths.min(axis=1) / model.stat.extent, depths.max(axis=1) / model.stat.extent

    def at(self, frame: int) -> mujoco.MjvCamera:
        """Return the camera, at its place in a frame."""
        self._camera.lookat[:] = self._centers[frame]
        self._camera.distance = self._distances[frame]
        near, far = self._drawn
        self._limits.znear = min(near, max(_SPARE * self._nearest[frame], _LEAST))
        self._limits.zfar = max(far, self._farthest[frame] / _SPARE)
        return self._camera


def _axes(camera: mujoco.MjvCamera) -> np.ndarray:
    """Return to the right, up and forward of a free camera, each of shape (3,), in the world."""
    azimuth, elevation = math.radians(camera.azimuth), math.radians(camera.elevation)
    right = np.array([math.sin(azimuth), -math.cos(azimuth), 0.0])
    level = np.array([math.cos(azimuth), math.sin(azimuth), 0.0])
    forward = math.cos(elevation) * level + np.array([0.0, 0.0, math.sin(elevation)])
    return np.stack([right, np.cross(right, forward), forward])
