"""Joints that Karnopp's friction holds still: they hold one another's reactions, so they are solved together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import mujoco
import numpy as np

from mojo.errors import ModelError
from mojo.runtime.loads.base import Load
from mojo.runtime.loads.friction_laws import Karnopp
from mojo.runtime.loads.joint_friction import JointFriction, JointFrictionHand


def holding_friction(mobility: np.ndarray, change: np.ndarray, owner: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Return the friction that changes the joints' accelerations as wanted, as far as its limits let it.

    A·F = Δa; a joint whose |F| comes out above its limit F_s breaks away: it keeps F_s in that direction, and the
    others are solved again, until no more joint breaks away.

    Args:
        mobility: A, the joints' part of the inverse inertia matrix [rad/(s²·N·m) or alike], shape (..., n, n).
        change: Δa [rad/s² or m/s²], shape (..., n).
        owner: Which joint a dof belongs to, shape (n,): ball joints have three.
        limits: F_s of each joint [N·m or N], shape (joints,).

    Returns:
        F [N·m or N], shape (..., n).

    Source:
        Karnopp: Computer simulation of stick-slip friction in mechanical dynamic systems, Journal of Dynamic
        Systems, Measurement, and Control 107 (1985), for one body; here for many.
    """
    belongs = np.arange(len(limits))[:, None] == owner
    most = limits[owner]
    slipped = np.zeros(change.shape, dtype=bool)
    friction = np.linalg.solve(mobility, change[..., None])[..., 0]
    for _ in limits:
        size = np.sqrt((belongs * (friction * friction)[..., None, :]).sum(-1))[..., owner]
        excess = (size > most) & ~slipped
        if not excess.any():
            break
        slipped |= excess
        kept = np.where(excess, friction * (most / np.where(excess, size, 1.0)), np.where(slipped, friction, 0.0))
        held = ~slipped
        matrix = np.where(held[..., :, None] & held[..., None, :], mobility, np.eye(len(owner)))
        right = np.where(held, change - (mobility * kept[..., None, :]).sum(-1), kept)
        friction = np.linalg.solve(matrix, right[..., None])[..., 0]
    return friction


@dataclass(frozen=True)
class _Held:
    """Where the dofs of some held joints stand.

    Attributes:
        places: Their places among the dofs of all Karnopp joints, shape (n,).
        dofs: Their entries in qvel, shape (n,).
        owner: Which of the held joints each belongs to, shape (n,).
        parts: The slice of each held joint.
    """

    places: np.ndarray
    dofs: np.ndarray
    owner: np.ndarray
    parts: list[slice]


def check_sticking(loads: Sequence[Load]) -> None:
    """Check that no joint is held by two loads at once.

    Raises:
        ModelError: One is.
    """
    holding = [load for load in loads if isinstance(load, JointFriction) and isinstance(load.friction, Karnopp)]
    for one, other in combinations(holding, 2):
        start = max(-math.inf if load.start is None else load.start for load in (one, other))
        stop = min(math.inf if load.stop is None else load.stop for load in (one, other))
        if one.joint == other.joint and start < stop:
            raise ModelError(
                f"Loads '{one.name}' and '{other.name}' both hold joint '{one.joint}' with Karnopp friction. Leave one "
                "out, or give them a start and a stop, so that they act one after the other."
            )


def _side_by_side(widths: list[int]) -> list[slice]:
    """Return the slices of these widths, one after the other."""
    return [slice(end - width, end) for width, end in zip(widths, np.cumsum(widths).tolist(), strict=True)]


class Sticking:
    """Applies all the Karnopp friction of one MjData, after every other load.

    What friction must balance is the acceleration that the joints would have without it. MuJoCo computes it in
    mj_step2, too late; so its stages of actuation and of smooth acceleration are run here already: passive forces,
    bias (gravity, Coriolis), actuators, applied forces and the other loads, through the inertia matrix, so that a held
    joint stays put while its neighbours move. Friction is what takes that acceleration and the remaining velocity
    away within one timestep: Δa = -(qacc_smooth + v/h).

    Left out are the constraint forces, which MuJoCo knows last: contacts, limits, equalities, frictionloss. A push P
    that reaches a joint of inertia I through a contact meets friction one step late, by the velocity that it gave: the
    joint creeps with P·h/I. Where a contact or a limit could hold the joint as well, friction takes the whole load.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, hands: Sequence[JointFrictionHand]) -> None:
        self._model = model
        self._data = data
        self._hands = [(hand, law) for hand in hands if isinstance(law := hand.load.friction, Karnopp)]
        self._dofs = np.array([dof for hand in hands for dof in hand.joint.dofs])
        self._parts = _side_by_side([len(hand.joint.dofs) for hand in hands])
        self._unit = np.zeros((len(self._dofs), model.nv))
        self._unit[np.arange(len(self._dofs)), self._dofs] = 1.0
        self._solved = np.empty_like(self._unit)
        self._known: dict[tuple[int, ...], _Held] = {}

    def apply(self, time: float) -> None:
        """Brake the joints that move, and hold the others."""
        mujoco.mj_solveM(self._model, self._data, self._solved, self._unit)
        mobility = self._solved[:, self._dofs]
        held, limits = [], []
        for joint, (hand, law) in enumerate(self._hands):
            part = self._parts[joint]
            limit = self._limit(hand, law, mobility[part, part]) if hand.is_due(time) else None
            if limit is None:
                hand.apply(time)
            else:
                held.append(joint)
                limits.append(limit)
        if held:
            self._hold(tuple(held), np.array(limits), mobility)

    def _limit(self, hand: JointFrictionHand, law: Karnopp, mobility: np.ndarray) -> float | None:
        """Return how much friction may hold the joint; None if it slides on.

        A joint that sliding friction would turn back within this step is stopped, too, however narrow its band is:
        g·h·vᵀAv >= v².
        """
        speed = hand.speed()
        if speed <= law.stick_speed:
            return law.static
        velocity, resistance = np.array(hand.joint.velocity()), law.resistance(speed)
        if resistance * self._model.opt.timestep * (velocity @ mobility @ velocity) >= speed * speed:
            return float(resistance * speed)
        return None

    def _hold(self, joints: tuple[int, ...], limits: np.ndarray, mobility: np.ndarray) -> None:
        model, data = self._model, self._data
        mujoco.mj_fwdActuation(model, data)
        mujoco.mj_fwdAcceleration(model, data)
        held = self._known.get(joints) or self._find(joints)
        change = -(data.qacc_smooth[held.dofs] + data.qvel[held.dofs] / model.opt.timestep)
        between = mobility[held.places[:, None], held.places]
        friction = holding_friction(between, change, held.owner, limits)
        for joint, part in zip(joints, held.parts, strict=True):
            hand, _ = self._hands[joint]
            hand.applied = hand.brake(tuple(friction[part].tolist()))

    def _find(self, joints: tuple[int, ...]) -> _Held:
        widths = [len(self._hands[joint][0].joint.dofs) for joint in joints]
        places = np.concatenate([np.arange(len(self._dofs))[self._parts[joint]] for joint in joints])
        owner = np.repeat(np.arange(len(joints)), widths)
        held = _Held(places, self._dofs[places], owner, _side_by_side(widths))
        self._known[joints] = held
        return held
