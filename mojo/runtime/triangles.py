"""Triangles: the surfaces of meshes and of other shapes, for FCL, the Flexible Collision Library.

A sphere is a point and a capsule a segment, both with a radius; a box is twelve triangles. So all distances but those
to cylinders and ellipsoids, which FCL finds by the GJK algorithm to about 1e-6 m, are exact up to rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import mujoco
import numpy as np

from mojo.errors import ModelError
from mojo.runtime.solids import Round, winds_around

# Corners of the two triangles of each face, by their numbers in _SIGNS, seen from outside against the clock.
_BOX = [0, 1, 3, 0, 3, 2, 4, 6, 7, 4, 7, 5, 0, 4, 5, 0, 5, 1, 2, 3, 7, 2, 7, 6, 0, 2, 6, 0, 6, 4, 1, 5, 7, 1, 7, 3]
_FACES = np.array(_BOX).reshape(12, 3)
_SIGNS = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
_RINGS = 16  # of a polyhedron that stands for an ellipsoid
_MESHES_KEPT = 8  # trials of a study share theirs, or have one of their own, of up to 15 MB


def check_installed() -> None:
    """Check that FCL is there.

    Raises:
        ModelError: It is not.
    """
    if find_spec("fcl") is None:
        raise ModelError(
            "`mesh: exact` needs the library FCL, which is not installed: pip install python-fcl. `mesh: hull` needs "
            "none, and measures to the convex hulls of meshes."
        )


@dataclass
class Surface:
    """The surface of a shape, in its own frame.

    Attributes:
        core: FCL's geometry.
        corners: Points that span it, shape (n, 3) [m].
        radius: How far the surface lies around the core [m].
        faces: Its triangles, shape (n, 3, 3) [m]; none if it has no such.
        is_closed: Whether the triangles have an inside.
        solid: What it is if it is round, and so may hold a mesh.
        polyhedron: Of a cylinder or an ellipsoid a surface of triangles that is near to it; else none.
    """

    core: Any
    corners: np.ndarray
    radius: float = 0.0
    faces: np.ndarray | None = None
    is_closed: bool = False
    solid: Round | None = None
    polyhedron: "Surface | None" = None
    reach: float = field(init=False)

    def __post_init__(self) -> None:
        self.reach = float(np.linalg.norm(self.corners, axis=1).max()) + self.radius
        self._low, self._high = self.corners.min(axis=0), self.corners.max(axis=0)

    def holds(self, point: np.ndarray) -> bool:
        """Return whether a point of its own frame lies inside its closed triangles."""
        if not self.is_closed or self.faces is None or (point < self._low).any() or (point > self._high).any():
            return False
        return winds_around(self.faces, point)

    def face(self, index: int) -> np.ndarray:
        """Return the corners of a triangle of the core, shape (3, 3) [m]."""
        return self.corners if self.faces is None else self.faces[index]


def surface_of(model: mujoco.MjModel, geom: int) -> Surface:
    """Return the surface of a geom that is neither a plane, a height field nor a signed distance field."""
    import fcl

    size = model.geom_size[geom]
    match mujoco.mjtGeom(int(model.geom_type[geom])):
        case mujoco.mjtGeom.mjGEOM_MESH:
            return _mesh(model, int(model.geom_dataid[geom]))
        case mujoco.mjtGeom.mjGEOM_BOX:
            corners = _SIGNS * size
            return Surface(_triangles(corners, _FACES), corners, 0.0, corners[_FACES], True)
        case mujoco.mjtGeom.mjGEOM_SPHERE:
            return _round(float(size[0]), 0.0)
        case mujoco.mjtGeom.mjGEOM_CAPSULE:
            return _round(float(size[0]), float(size[1]))
        case mujoco.mjtGeom.mjGEOM_CYLINDER:
            radius, half = float(size[0]), float(size[1])
            solid = Round(radius, half, has_caps=False)
            near = _polyhedron([1.0, 1.0], [-1.0, 1.0], [radius, radius, half])
            corners = _SIGNS * [radius, radius, half]
            return Surface(fcl.Cylinder(radius, 2 * half), corners, solid=solid, polyhedron=near)
        case mujoco.mjtGeom.mjGEOM_ELLIPSOID:
            polar = np.pi * np.arange(1, _RINGS) / _RINGS
            near = _polyhedron(np.sin(polar), -np.cos(polar), size)
            return Surface(fcl.Ellipsoid(*size), _SIGNS * size, polyhedron=near)
        case other:
            raise AssertionError(other)


def point_surface() -> Surface:
    """Return the surface of a site, which is a point."""
    return _round(0.0, 0.0)


def _round(radius: float, half: float) -> Surface:
    corners = np.array([[0.0, 0.0, -half], [0.0, 0.0, half], [0.0, 0.0, half]])
    return Surface(_triangles(corners, np.array([[0, 1, 2]])), corners, radius, solid=Round(radius, half))


def _polyhedron(radii: Sequence[float] | np.ndarray, heights: Sequence[float] | np.ndarray, size: Any) -> Surface:
    """Return the surface of rings around the z axis, of given radii and heights times `size`, and of two poles."""
    azimuth = 2 * np.pi * np.arange(2 * _RINGS) / (2 * _RINGS)
    rings = [
        [radius * np.cos(angle), radius * np.sin(angle), height]
        for radius, height in zip(radii, heights, strict=True)
        for angle in azimuth
    ]
    corners = np.array([[0.0, 0.0, -1.0], *rings, [0.0, 0.0, 1.0]]) * size
    around, last = len(azimuth), len(corners) - 1
    here, there = np.arange(around), np.roll(np.arange(around), -1)
    faces = [np.column_stack([np.zeros_like(here), 1 + there, 1 + here])]
    for start in range(1, last - around, around):
        a, b, c, d = start + here, start + there, start + around + here, start + around + there
        faces += [np.column_stack([a, b, c]), np.column_stack([b, d, c])]
    faces.append(np.column_stack([np.full_like(here, last), last - around + here, last - around + there]))
    indices = np.vstack(faces)
    return Surface(_triangles(corners, indices), corners, 0.0, corners[indices], True)


def _triangles(corners: np.ndarray, faces: np.ndarray) -> Any:
    import fcl

    tree = fcl.BVHModel()
    tree.beginModel(len(corners), len(faces))
    tree.addSubModel(corners, faces)
    tree.endModel()
    return tree


def _mesh(model: mujoco.MjModel, mesh: int) -> Surface:
    vertices, faces = (
        array[start : start + count]
        for array, start, count in (
            (model.mesh_vert, model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]),
            (model.mesh_face, model.mesh_faceadr[mesh], model.mesh_facenum[mesh]),
        )
    )
    return _mesh_of(vertices.tobytes(), faces.tobytes())


@lru_cache(maxsize=_MESHES_KEPT)
def _mesh_of(vertices: bytes, faces: bytes) -> Surface:
    """Return the surface of a mesh: vertices of float32 [m] and triples of int32, both in C order."""
    corners = np.frombuffer(vertices, np.float32).reshape(-1, 3).astype(float)
    indices = np.frombuffer(faces, np.int32).reshape(-1, 3).astype(np.int64)
    return Surface(_triangles(corners, indices), corners, 0.0, corners[indices], _is_closed(corners, indices))


def _is_closed(corners: np.ndarray, faces: np.ndarray) -> bool:
    """Return whether triangles have no border: as many run through each edge in one direction as in the other."""
    _, same = np.unique(corners, axis=0, return_inverse=True)  # vertices with several normals count once
    count = int(same.max()) + 1
    first = same.ravel()[faces]
    second = np.roll(first, -1, axis=1)
    there, back = np.sort((first * count + second).ravel()), np.sort((second * count + first).ravel())
    return bool((there == back).all())
