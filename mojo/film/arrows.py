"""Arrows: of loads and of net forces, through all frames of a film."""

from collections.abc import Sequence

import mujoco
import numpy as np

from mojo.runtime.drawing import ArrowConfig, Colour, ends_of
from mojo.runtime.end_state import SIGNATURE
from mojo.runtime.frames import Frames
from mojo.runtime.loads import Load
from mojo.runtime.surface import Surfaces, arrow_place

_NET_FORCE: Colour = (1.0, 1.0, 1.0, 1.0)
_USERS = "xfrc_applied"  # as MuJoCo calls it
_ROUNDING = 1e-9  # of the forces that were added up
_XFRC = int(mujoco.mjtState.mjSTATE_XFRC_APPLIED)


class Arrows:
    """The arrow of one force or torque in each frame.

    Args:
        name: Of what it shows.
        site: Where it acts; None: at the body's centre of mass.
        body: The body that feels it.
        vectors: The force or torque in each frame, in the world frame, shape (n, 3).
        colour: Its colour.
        is_torque: Whether it has two heads.

    Attributes:
        scale: The length of a unit [m].
    """

    def __init__(
        self, name: str, site: int | None, body: int, vectors: np.ndarray, colour: Colour, is_torque: bool
    ) -> None:
        self.name, self.colour, self.is_torque = name, colour, is_torque
        self.scale = 0.0
        self._site, self._body, self._vectors = site, body, vectors
        self._places = np.zeros((len(vectors), 3))
        self._ends_there = np.zeros(len(vectors), dtype=bool)

    @property
    def greatest(self) -> float:
        """The greatest force [N] or torque [N·m] of all frames."""
        return float(np.linalg.norm(self._vectors, axis=1).max(initial=0.0))

    def look(self, surfaces: Surfaces, data: mujoco.MjData, frame: int) -> None:
        """Find where the arrow of a frame is, of which `data` has the kinematics."""
        point = data.xipos[self._body] if self._site is None else data.site_xpos[self._site]
        place = arrow_place(surfaces, data, point, self._body, self._vectors[frame], self.is_torque)
        self._places[frame], self._ends_there[frame] = place

    def at(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """Return where the arrow of a frame begins, and the vector from there to its tip [m], both of shape (3,)."""
        vector = self.scale * self._vectors[frame]
        return self._places[frame] - vector * self._ends_there[frame], vector

    def ends(self, longest: float) -> np.ndarray:
        """Return where it begins and where its tip is in each frame [m], shape (n, 2, 3), none farther than `longest`.

        Args:
            longest: How much of it is to be seen at least [m].
        """
        vectors = self.scale * self._vectors
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        shown = vectors * np.minimum(1.0, longest / np.maximum(lengths, 1e-300))
        return np.stack([self._places, self._places + np.where(self._ends_there[:, None], -shown, shown)], axis=1)


def arrows_of_loads(
    model: mujoco.MjModel, loads: Sequence[Load], frames: Frames, shown: np.ndarray, kind: str, config: ArrowConfig
) -> list[Arrows]:
    """Return the arrows of all loads that record a "force" or "torque" at a site, and of their reactions."""
    found = []
    for number, load in enumerate(loads):
        vectors = frames.loads.get(load.name, {}).get(kind)
        if vectors is None:
            continue
        colour, of_site = config.colour_of(load.name, number), vectors[shown, :3]
        for end in ends_of(model, load):
            found.append(Arrows(load.name, end.site, end.body, end.sign * of_site, colour, kind == "torque"))
    return found


def arrows_of_net_forces(model: mujoco.MjModel, states: np.ndarray, config: ArrowConfig) -> list[Arrows]:
    """Return the arrows of the sum of all forces that are applied to each body, by loads and by the user's code."""
    return _at_bodies("net force", applied_forces(model, states), config.colour or _NET_FORCE)


def arrows_of_users_forces(
    model: mujoco.MjModel, loads: Sequence[Load], frames: Frames, shown: np.ndarray, config: ArrowConfig
) -> list[Arrows]:
    """Return the arrows of what the user's code has applied to each body: of what is there, all that no load tells."""
    applied = applied_forces(model, frames.states[shown])
    most = np.linalg.norm(applied, axis=2)
    for load in loads:
        force = frames.loads.get(load.name, {}).get("force")
        if force is None:
            continue
        for end in ends_of(model, load):
            applied[:, end.body] -= end.sign * force[shown, :3]
            most[:, end.body] += np.linalg.norm(force[shown, :3], axis=1)
    rounded = np.linalg.norm(applied, axis=2) <= _ROUNDING * most
    applied[rounded] = 0.0
    applied[:, 0] = 0.0  # the world, which feels nothing
    return _at_bodies(_USERS, applied, config.colour_of(_USERS, len(loads)))


def applied_forces(model: mujoco.MjModel, states: np.ndarray) -> np.ndarray:
    """Return the forces [N] that are applied to each body in each state, shape (n, nbody, 3)."""
    applied = np.empty((len(states), model.nbody, 6))
    for state, forces in zip(states, applied, strict=True):
        mujoco.mj_extractState(model, state, SIGNATURE, forces.reshape(-1), _XFRC)
    return applied[..., :3].copy()


def _at_bodies(name: str, forces: np.ndarray, colour: Colour) -> list[Arrows]:
    bodies = np.flatnonzero(forces.any(axis=(0, 2))).tolist()
    return [Arrows(name, None, body, forces[:, body], colour, False) for body in bodies]
