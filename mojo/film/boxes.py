"""Boxes: around each thing that is to be seen of a model: geoms, flexes and skins."""

import itertools

import mujoco
import numpy as np

_VISIBLE_GROUPS = 3  # MuJoCo shows the groups 0 to 2
_CORNERS = np.array(list(itertools.product((-1.0, 1.0), repeat=3)))  # of a box


class Boxes:
    """The boxes around what moves in a model; around all that can be seen of it, if nothing does.

    Args:
        model: The model.
    """

    def __init__(self, model: mujoco.MjModel) -> None:
        self._model = model
        self._scene = mujoco.MjvScene(model, maxgeom=1) if model.nskin else None
        moves = (model.body_weldid != 0) | (model.body_mocapid[model.body_rootid] >= 0)  # relative to the world
        geoms, flexes, skins = _visible_geoms(model), _visible(model, "flex"), _visible(model, "skin")
        moving = (
            [geom for geom in geoms if moves[model.geom_bodyid[geom]]],
            [flex for flex in flexes if moves[_bodies_of_flex(model, flex)].any()],
            [skin for skin in skins if moves[_part(model, "skin_bonebodyid", "skin_bone", skin)].any()],
        )
        geoms, self._flexes, self._skins = moving if any(moving) else (geoms, flexes, skins)
        self._geoms = np.array(geoms, dtype=int)
        boxes = model.geom_aabb[self._geoms, None]
        self._local = boxes[..., :3] + _CORNERS * boxes[..., 3:]

    def corners(self, data: mujoco.MjData) -> np.ndarray:
        """Return their corners in the world [m], shape (8·boxes, 3); at least one box.

        Args:
            data: Its positions are set; what follows from them is computed.
        """
        model = self._model
        mujoco.mj_kinematics(model, data)
        turned = self._local @ data.geom_xmat[self._geoms].reshape(-1, 3, 3).transpose(0, 2, 1)
        found = [(data.geom_xpos[self._geoms, None] + turned).reshape(-1, 3)]
        if self._flexes:
            mujoco.mj_comPos(model, data)
            mujoco.mj_flex(model, data)
        for flex in self._flexes:
            found.append(_around(_part(model, data.flexvert_xpos, "flex_vert", flex), model.flex_radius[flex]))
        if self._skins and self._scene is not None:
            mujoco.mjv_updateSkin(model, data, self._scene)
            vertices = self._scene.skinvert.reshape(-1, 3)
            for skin in self._skins:
                found.append(_around(_part(model, vertices, "skin_vert", skin), 0.0))
        if not self._geoms.size and len(found) == 1:
            found.append(model.stat.center + model.stat.extent * _CORNERS)
        return np.concatenate(found)


def _visible_geoms(model: mujoco.MjModel) -> list[int]:
    """Return the geoms that can be seen, without planes, which have no end."""
    bounded = model.geom_rbound > 0
    return np.flatnonzero(bounded & (model.geom_group < _VISIBLE_GROUPS) & (model.geom_rgba[:, 3] > 0)).tolist()


def _visible(model: mujoco.MjModel, kind: str) -> list[int]:
    groups, colours = getattr(model, f"{kind}_group"), getattr(model, f"{kind}_rgba")
    return np.flatnonzero((groups < _VISIBLE_GROUPS) & (colours[:, 3] > 0)).tolist()


def _bodies_of_flex(model: mujoco.MjModel, flex: int) -> np.ndarray:
    """Return the bodies that its vertices follow, or the nodes between which these are interpolated."""
    if model.flex_interp[flex]:
        return _part(model, "flex_nodebodyid", "flex_node", flex)
    return _part(model, "flex_vertbodyid", "flex_vert", flex)


def _part(model: mujoco.MjModel, of: str | np.ndarray, kind: str, number: int) -> np.ndarray:
    """Return the entries of an array, the model's if it is named, that belong to one flex or skin."""
    first, count = getattr(model, f"{kind}adr")[number], getattr(model, f"{kind}num")[number]
    return (getattr(model, of) if isinstance(of, str) else of)[first : first + count]


def _around(vertices: np.ndarray, margin: float) -> np.ndarray:
    low, high = vertices.min(axis=0) - margin, vertices.max(axis=0) + margin
    return (low + high) / 2 + _CORNERS * (high - low) / 2
