"""Joints that Karnopp's friction holds still: they hold one another's reactions, so they are solved together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import mujoco
import numpy as np

from mojo.errors import ModelError
from mojo.runtime.loads.base import Load
from mojo.runtime.loads.friction_laws import Karnopp
from mojo.runtime.loads.joint_friction import JointFriction, JointFrictionHand
from mojo.runtime.loads.plant import Plant


def holding_friction(mobility: np.ndarray, change: np.ndarray, owner: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Return the friction that changes the joints' accelerations as wanted, as far as its limits let it.

    A·F = Δa; a joint whose |F| comes out above its limit F_s breaks away: it keeps F_s in that direction, and the
    others are solved again, until no more joint breaks away.

    Args:
        mobility: A, the joints' part of the inverse inertia matrix [rad/(s²·N·m) or alike], shape (..., n, n).
        change: Δa [rad/s² or m/s²], shape (..., n).
        owner: Which joint a dof belongs to, shape (n,): ball joints have three.
        limits: F_s of each joint [N·m or N], shape (..., joints).

    Returns:
        F [N·m or N], shape (..., n).

    Source:
        Karnopp: Computer simulation of stick-slip friction in mechanical dynamic systems, Journal of Dynamic
        Systems, Measurement, and Control 107 (1985), for one body; here for many.
    """
    count = limits.shape[-1]
    belongs = np.arange(count)[:, None] == owner
    most = limits[..., owner]
    slipped = np.zeros(change.shape, dtype=bool)
    friction = np.linalg.solve(mobility, change[..., None])[..., 0]
    for _ in range(count):
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


def turns_back(speed: Any, resistance: Any, velocity: Sequence[Any], mobility: np.ndarray, timestep: float) -> Any:
    """Return whether sliding friction would turn a joint back within a step, however narrow its band is.

    g·h·vᵀAv >= v²

    Args:
        speed: |v| [rad/s or m/s], any shape.
        resistance: g [N·m·s/rad or N·s/m], same shape.
        velocity: The components of v, one a dof, each of that shape.
        mobility: A, the joint's part of the inverse inertia matrix, shape (..., dofs, dofs).
        timestep: h [s].
    """
    dofs = range(len(velocity))
    power = sum(velocity[i] * mobility[..., i, j] * velocity[j] for i in dofs for j in dofs)
    return resistance * timestep * power >= speed * speed


@dataclass(frozen=True)
class Held:
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


class KarnoppJoints:
    """The joints that Karnopp's friction may hold.

    Attributes:
        hands: Their hands, and their laws.
        dofs: Their entries in qvel, one joint after the other, shape (n,).
        parts: The slice of each joint in `dofs`.
    """

    def __init__(self, hands: Sequence[JointFrictionHand]) -> None:
        self.hands = [(hand, law) for hand in hands if isinstance(law := hand.load.friction, Karnopp)]
        self.dofs = np.array([dof for hand in hands for dof in hand.joint.dofs])
        self.parts = _side_by_side([len(hand.joint.dofs) for hand in hands])
        self._known: dict[tuple[int, ...], Held] = {}

    def units(self, nv: int) -> np.ndarray:
        """Return a unit effort at each dof, shape (n, nv)."""
        unit = np.zeros((len(self.dofs), nv))
        unit[np.arange(len(self.dofs)), self.dofs] = 1.0
        return unit

    def held(self, joints: tuple[int, ...]) -> Held:
        """Return where the dofs of these joints stand."""
        if joints not in self._known:
            widths = [len(self.hands[joint][0].joint.dofs) for joint in joints]
            places = np.concatenate([np.arange(len(self.dofs))[self.parts[joint]] for joint in joints])
            owner = np.repeat(np.arange(len(joints)), widths)
            self._known[joints] = Held(places, self.dofs[places], owner, _side_by_side(widths))
        return self._known[joints]


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

    def __init__(self, plant: Plant, hands: Sequence[JointFrictionHand]) -> None:
        self._model: mujoco.MjModel = plant.model
        self._data: mujoco.MjData = plant.data
        self._joints = KarnoppJoints(hands)
        self._unit = self._joints.units(self._model.nv)
        self._solved = np.empty_like(self._unit)

    def apply(self, time: float) -> None:
        """Brake the joints that move, and hold the others."""
        mujoco.mj_solveM(self._model, self._data, self._solved, self._unit)
        mobility = self._solved[:, self._joints.dofs]
        held, limits = [], []
        for joint, (hand, law) in enumerate(self._joints.hands):
            part = self._joints.parts[joint]
            limit = self._limit(hand, law, mobility[part, part]) if hand.is_due(time) else None
            if limit is None:
                hand.apply(time)
            else:
                held.append(joint)
                limits.append(limit)
        if held:
            self._hold(tuple(held), np.array(limits), mobility)

    def _limit(self, hand: JointFrictionHand, law: Karnopp, mobility: np.ndarray) -> float | None:
        """Return how much friction may hold the joint; None if it slides on."""
        speed = hand.speed()
        if speed <= law.stick_speed:
            return law.static
        resistance = law.resistance(speed)
        if turns_back(speed, resistance, hand.joint.velocity(), mobility, self._model.opt.timestep):
            return float(resistance * speed)
        return None

    def _hold(self, joints: tuple[int, ...], limits: np.ndarray, mobility: np.ndarray) -> None:
        model, data = self._model, self._data
        mujoco.mj_fwdActuation(model, data)
        mujoco.mj_fwdAcceleration(model, data)
        held = self._joints.held(joints)
        change = -(data.qacc_smooth[held.dofs] + data.qvel[held.dofs] / model.opt.timestep)
        between = mobility[held.places[:, None], held.places]
        friction = holding_friction(between, change, held.owner, limits)
        for joint, part in zip(joints, held.parts, strict=True):
            hand, _ = self._joints.hands[joint]
            hand.put(hand.brake(tuple(friction[part].tolist())))
