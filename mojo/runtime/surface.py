"""Surface: how far a line through a point inside a body runs until it is outside."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import mujoco
import numpy as np

_VISIBLE_GROUPS = 3  # MuJoCo shows the groups 0 to 2
_INSIDE = 1e-3  # a point is inside if the surface is farther than this share of the size of what it lies in
_AROUND = 1.01  # of the radius of a sphere around something, is outside of it
_CLEARLY = 0.1  # cosine of the angle between a force that pushes its body and the way to the body's middle
_NEARER = 0.8  # a force's arrow ends where it comes in, if that is nearer by this factor than where it goes out
_SOLID = 3  # dimensions of a flex that has an inside
_CONVEX = tuple(
    int(kind)
    for kind in (
        mujoco.mjtGeom.mjGEOM_SPHERE,
        mujoco.mjtGeom.mjGEOM_CAPSULE,
        mujoco.mjtGeom.mjGEOM_ELLIPSOID,
        mujoco.mjtGeom.mjGEOM_CYLINDER,
        mujoco.mjtGeom.mjGEOM_BOX,
    )
)


Ray = Callable[[np.ndarray, np.ndarray], float]
"""How far it is from a point along a direction to the first hit [m]; below 0 for none."""


@dataclass(frozen=True, eq=False)
class _Part:
    """A geom or a flex.

    Attributes:
        ray: Its surface.
        center: Its middle, in the world frame [m], shape (3,).
        size: Of a sphere around that which holds it: its radius [m].
        root: The body on which its body hangs.
    """

    ray: Ray
    center: np.ndarray
    size: float
    root: int

    def span(self, point: np.ndarray, direction: np.ndarray) -> tuple[float, float] | None:
        """Return where a line through a point comes in and goes out, measured from the point [m]; None if it misses."""
        along = float((self.center - point) @ direction)
        begin, end = along - _AROUND * self.size, along + _AROUND * self.size
        entry = self.ray(point + begin * direction, direction)
        leave = self.ray(point + end * direction, -direction)
        return (begin + entry, end - leave) if entry >= 0 and leave >= 0 else None

    def holds(self, point: np.ndarray, direction: np.ndarray) -> bool:
        """Return whether a point is inside, and not just on the surface, along which a line may run."""
        if float(np.linalg.norm(point - self.center)) > self.size:
            return False
        least = _INSIDE * self.size
        spans = (self.span(point, axis) for axis in _axes(direction))
        return all(span is not None and span[0] < -least and span[1] > least for span in spans)


def _axes(direction: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a unit vector and two that are at right angles to it and to each other."""
    x, y, z = direction.tolist()
    sign = math.copysign(1.0, z)
    a = -1.0 / (sign + z)
    b = x * y * a
    # Duff et al., "Building an orthonormal basis, revisited", Journal of Computer Graphics Techniques 6 (2017)
    return direction, np.array([1 + sign * x * x * a, sign * b, -sign * x]), np.array([b, sign + y * y * a, -y])


class Surfaces:
    """The surfaces of what can be seen of a model and has an inside.

    Meshes that stand still have none: a room is one, and nobody looks at it from outside.

    Args:
        model: The model.
    """

    def __init__(self, model: mujoco.MjModel) -> None:
        self._model = model
        self._roots = model.body_rootid[model.geom_bodyid]
        shown = (model.geom_group < _VISIBLE_GROUPS) & (model.geom_rgba[:, 3] > 0)
        self._convex = np.isin(model.geom_type, _CONVEX)
        moving_mesh = (model.geom_type == mujoco.mjtGeom.mjGEOM_MESH) & (model.body_weldid[model.geom_bodyid] != 0)
        self._geoms = np.flatnonzero(shown & (self._convex | moving_mesh))
        self._flexes = np.flatnonzero((model.flex_dim == _SOLID) & (model.flex_group < _VISIBLE_GROUPS)).tolist()

    def around(self, data: mujoco.MjData, point: np.ndarray, direction: np.ndarray) -> tuple[float, float]:
        """Return how far it is from a point to the outside, against a direction and along it [m].

        What the point lies in may overlap with other parts of the same body and of those that hang on it, which the
        line then has to leave, too.

        Args:
            data: The state, with its kinematics up to date; of flexes too, where the model has any.
            point: In the world frame [m], shape (3,).
            direction: Of the line, a unit vector, shape (3,).

        Returns:
            Both distances; zeros for a point that is outside of everything.
        """
        parts = list(self._parts(data, point, direction))
        inside = [part for part in parts if part.holds(point, direction)]
        roots = {part.root for part in inside} - {0}
        spans = (part.span(point, direction) for part in parts if part in inside or part.root in roots)
        joined = [span for span in spans if span is not None]
        behind = ahead = 0.0
        while touching := [
            (begin, end) for begin, end in joined if begin < ahead and end > behind and (begin < behind or end > ahead)
        ]:
            behind = min(behind, *(begin for begin, _ in touching))
            ahead = max(ahead, *(end for _, end in touching))
        return -behind, ahead

    def _parts(self, data: mujoco.MjData, point: np.ndarray, direction: np.ndarray) -> Iterator[_Part]:
        """Yield what a line through a point may meet."""
        model = self._model
        to_centers = data.geom_xpos[self._geoms] - point
        off = np.linalg.norm(to_centers - (to_centers @ direction)[:, None] * direction, axis=1)
        for geom in self._geoms[off < model.geom_rbound[self._geoms]].tolist():
            yield _Part(self._ray(data, geom), data.geom_xpos[geom], model.geom_rbound[geom], self._roots[geom])
        for flex in self._flexes:
            first, count = model.flex_vertadr[flex], model.flex_vertnum[flex]
            vertices = data.flexvert_xpos[first : first + count]
            center = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
            size = float(np.linalg.norm(vertices - center, axis=1).max()) + model.flex_radius[flex]
            yield _Part(self._flex_ray(data, flex), center, size, -1 - flex)

    def _ray(self, data: mujoco.MjData, geom: int) -> Ray:
        model = self._model
        if not self._convex[geom]:
            return lambda start, direction: mujoco.mj_rayMesh(model, data, geom, start, direction)
        place, turned = data.geom_xpos[geom], data.geom_xmat[geom]
        size, kind = model.geom_size[geom], int(model.geom_type[geom])
        return lambda start, direction: mujoco.mju_rayGeom(place, turned, size, start, direction, kind)

    def _flex_ray(self, data: mujoco.MjData, flex: int) -> Ray:
        shown = (0, False, False, False, True, flex)  # its skin
        return lambda start, direction: mujoco.mj_rayFlex(self._model, data, *shown, start, direction)


def arrow_place(
    surfaces: Surfaces, data: mujoco.MjData, point: np.ndarray, body: int, vector: np.ndarray, is_torque: bool
) -> tuple[np.ndarray, bool]:
    """Return where an arrow is drawn, and whether it ends there rather than begins.

    A force inside a body is drawn up to its surface: it begins where it goes out, or ends where it comes in if that is
    nearer. Outside, one that pushes its body ends at its point, since the body would hide it; any other begins there,
    and so does one on the world.

    Args:
        surfaces: Those of the model.
        data: The state.
        point: Where it acts, in the world frame [m], shape (3,).
        body: The body that feels it.
        vector: The force or torque, in the world frame, shape (3,).
        is_torque: Whether it is a torque, which begins where it goes out.
    """
    length = float(np.linalg.norm(vector))
    if not length > 0:  # not for nan either
        return point.copy(), False
    direction = vector / length
    behind, ahead = surfaces.around(data, point, direction)
    if behind > 0 or ahead > 0:
        comes_in = not is_torque and behind < _NEARER * ahead
        return (point - behind * direction, True) if comes_in else (point + ahead * direction, False)
    inwards = data.xipos[body] - point
    pushes = float(direction @ inwards) > _CLEARLY * float(np.linalg.norm(inwards))
    return point.copy(), body > 0 and not is_torque and pushes
