"""Signals that no array of MjData holds: loads, proximities, velocities of points, sums over contacts."""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from functools import partial

import mujoco
import numpy as np

from mojo.runtime.catalogue import Address
from mojo.runtime.gauge import Gauge
from mojo.runtime.loads.base import Hand
from mojo.runtime.proximity import WIDTH, Proximity
from mojo.runtime.vectors import join, split, velocity_at

_PYRAMID = int(mujoco.mjtConstraint.mjCNSTR_CONTACT_PYRAMIDAL)
_FRICTIONLESS = int(mujoco.mjtConstraint.mjCNSTR_CONTACT_FRICTIONLESS)


@dataclass(frozen=True)
class Computed:
    """Values that are computed together.

    Attributes:
        addresses: Where the values are wanted, one each.
        values: Computes them.
        early: Whether they need the state, and so must be computed before it is integrated.
    """

    addresses: list[Address]
    values: Callable[[], Iterable[float]]
    early: bool = False


def computed_sources(
    model: mujoco.MjModel,
    data: mujoco.MjData,
    hands: list[Hand],
    proximities: Sequence[Proximity],
    asked: Set[Address],
) -> list[Computed]:
    """Return what must be computed for the addresses `asked`."""
    sources = {source for source, _ in asked}
    found = []
    for hand in hands:
        name = f"Loads/{hand.load.name}"
        if name in sources:
            found.append(Computed([(name, number) for number in range(len(hand.silence))], partial(_record, hand)))
    measured = [proximity for proximity in proximities if f"Proximities/{proximity.name}" in sources]
    if measured:
        addresses = [(f"Proximities/{proximity.name}", number) for proximity in measured for number in range(WIDTH)]
        found.append(Computed(addresses, partial(_proximities, Gauge(model, measured), data)))
    for category in POINTS:
        if f"{category}:linvel" in sources:
            ids, addresses = asked_points(category, asked)
            velocities = PointVelocities(model, category, ids, partial(getattr, data))
            found.append(Computed(addresses, partial(_listed, velocities)))
    if "contacts" in sources:
        found.append(Computed([("contacts", 0), ("contacts", 1)], ContactSums(model, data)))
    if "energy" in sources:
        found.append(Computed([("energy", 0), ("energy", 1)], partial(_energies, model, data), early=True))
    return found


def asked_points(category: str, asked: Set[Address]) -> tuple[list[int], list[Address]]:
    """Return the bodies, geoms or sites whose velocities are asked for, and the addresses of all their components."""
    name = f"{category}:linvel"
    ids = sorted({index // 3 for source, index in asked if source == name})
    return ids, [(name, 3 * element + axis) for element in ids for axis in range(3)]


def _record(hand: Hand) -> tuple[float, ...]:
    return hand.record


def _listed(values: Callable[[], np.ndarray]) -> list[float]:
    return values().tolist()


def _proximities(gauge: Gauge, data: mujoco.MjData) -> list[float]:
    return gauge.of(data).reshape(-1).tolist()


def _energies(model: mujoco.MjModel, data: mujoco.MjData) -> np.ndarray:
    """Return potential and kinetic energy [J].

    The model's energy flag would do the same, but with it e_kinetic sensors lag by a step (MuJoCo 3.17): the mark
    that the energy is known outlives its state. So the marks are put back here, too.
    """
    marks = data.flg_energypos, data.flg_energyvel
    mujoco.mj_energyPos(model, data)
    mujoco.mj_energyVel(model, data)
    data.flg_energypos, data.flg_energyvel = marks
    return data.energy


POINTS = {"Bodies": "xpos", "Geoms": "geom_xpos", "Sites": "site_xpos"}


class PointVelocities:
    """Velocities of bodies, geoms or sites, in the world frame [m/s].

    Args:
        model: The model.
        category: Bodies, Geoms or Sites.
        ids: Which of them.
        array: Returns an array of MjData by its name, with any leading axes.
    """

    needs = ("cvel", "subtree_com")

    def __init__(
        self, model: mujoco.MjModel, category: str, ids: list[int], array: Callable[[str], np.ndarray]
    ) -> None:
        owners = {"Bodies": np.arange(model.nbody), "Geoms": model.geom_bodyid, "Sites": model.site_bodyid}
        self._ids = np.array(ids)
        self._bodies = owners[category][self._ids]
        self._roots = model.body_rootid[self._bodies]
        self._points = array(POINTS[category])
        self._cvel = array("cvel")
        self._subtree_com = array("subtree_com")

    def __call__(self) -> np.ndarray:
        """Return the components, shape (..., 3·number of ids)."""
        spatial = self._cvel[..., self._bodies, :]
        velocity = join(
            velocity_at(
                split(self._points[..., self._ids, :]),
                split(spatial[..., 0:3]),
                split(spatial[..., 3:6]),
                split(self._subtree_com[..., self._roots, :]),
            )
        )
        return velocity.reshape(*velocity.shape[:-2], -1)


class ContactSums:
    """How many contacts there are, and the sum of their normal forces [N], each as mj_contactForce gives it.

    Σ (Σ f_edge - a),  where f_edge are the forces along the edges of a contact's friction pyramid (of an elliptic
    cone and of a frictionless contact: its one normal force), and a is its adhesion. Positive pushes the geoms apart,
    negative holds them together.

    Source:
        MuJoCo API reference, mj_contactForce; mju_decodePyramid for the sum over the edges.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        self._options, self._data = model.opt, data

    def __call__(self) -> tuple[float, float]:
        data = self._data
        if data.ncon == 0:
            return 0.0, 0.0
        contacts, forces = data.contact, data.efc_force
        first = contacts.efc_address
        acts = first >= 0  # others are excluded, as those in the gap are
        if self._options.cone == mujoco.mjtCone.mjCONE_PYRAMIDAL:
            kinds = data.efc_type
            pushes = forces[(kinds == _PYRAMID) | (kinds == _FRICTIONLESS)]
        else:
            pushes = forces[first[acts]]
        return data.ncon, pushes.sum() - contacts.adhesion[acts].sum()
