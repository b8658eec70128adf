"""Shapes: a model's geoms as triangles, for a screen that knows no others."""

import mujoco
import numpy as np
import trimesh

_VISIBLE_GROUPS = 3  # MuJoCo shows geoms of the groups 0 to 2
_ENDLESS = 50.0  # m, from the middle to the edge of a plane without end


def visible(model: mujoco.MjModel) -> list[int]:
    """Return the geoms that MuJoCo's viewer shows at first."""
    shown = (model.geom_group < _VISIBLE_GROUPS) & np.array([colour(model, geom)[3] > 0 for geom in range(model.ngeom)])
    return [int(geom) for geom in np.flatnonzero(shown)]


def colour(model: mujoco.MjModel, geom: int) -> np.ndarray:
    """Return a geom's colour and opacity, each 0 to 1, shape (4,): its own, or its material's."""
    material = model.geom_matid[geom]
    plain = (model.geom_rgba[geom] == [0.5, 0.5, 0.5, 1.0]).all()  # MuJoCo's default, over which a material wins
    return model.mat_rgba[material] if material >= 0 and plain else model.geom_rgba[geom]


def triangles(model: mujoco.MjModel, geom: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a geom's vertices in its own frame [m], shape (n, 3), and its triangles, shape (m, 3)."""
    kind, data = mujoco.mjtGeom(int(model.geom_type[geom])), int(model.geom_dataid[geom])
    a, b, c = model.geom_size[geom]
    make = trimesh.creation
    if kind in (mujoco.mjtGeom.mjGEOM_MESH, mujoco.mjtGeom.mjGEOM_SDF):
        first, face = model.mesh_vertadr[data], model.mesh_faceadr[data]
        vertices = model.mesh_vert[first : first + model.mesh_vertnum[data]]
        return vertices, model.mesh_face[face : face + model.mesh_facenum[data]]
    if kind == mujoco.mjtGeom.mjGEOM_HFIELD:
        return _terrain(model, data)
    if kind == mujoco.mjtGeom.mjGEOM_PLANE:
        sides = [2 * (side if side > 0 else _ENDLESS) for side in (a, b)]
        corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * [sides[0] / 2, sides[1] / 2, 0]
        return corners, np.array([[0, 1, 2], [0, 2, 3]])
    if kind == mujoco.mjtGeom.mjGEOM_BOX:
        shape = make.box(extents=(2 * a, 2 * b, 2 * c))
    elif kind == mujoco.mjtGeom.mjGEOM_CYLINDER:
        shape = make.cylinder(radius=a, height=2 * b)
    elif kind == mujoco.mjtGeom.mjGEOM_CAPSULE:
        shape = make.capsule(radius=a, height=2 * b)
        shape.apply_translation(-shape.bounds.mean(axis=0))
    else:
        radii = (a, b, c) if kind == mujoco.mjtGeom.mjGEOM_ELLIPSOID else (a, a, a)
        shape = make.icosphere(subdivisions=3)
        shape.apply_scale(radii)
    return np.asarray(shape.vertices), np.asarray(shape.faces)


def _terrain(model: mujoco.MjModel, field: int) -> tuple[np.ndarray, np.ndarray]:
    rows, columns, first = model.hfield_nrow[field], model.hfield_ncol[field], model.hfield_adr[field]
    x, y, height, _ = model.hfield_size[field]
    grid_x, grid_y = np.meshgrid(np.linspace(-x, x, columns), np.linspace(-y, y, rows))
    elevation = height * model.hfield_data[first : first + rows * columns]
    vertices = np.column_stack([grid_x.reshape(-1), grid_y.reshape(-1), elevation])
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).reshape(-1)
    lower = np.column_stack([corner, corner + 1, corner + columns + 1])
    upper = np.column_stack([corner, corner + columns + 1, corner + columns])
    return vertices, np.vstack([lower, upper])
