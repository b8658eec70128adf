"""The plant of the loop engine: one simulation."""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import mujoco
import numpy as np

from mojo.model.elements import element_id
from mojo.runtime.loads.base import Hand, Values
from mojo.runtime.loads.plant import (
    Actuator,
    Body,
    Ground,
    Joint,
    Site,
    stands_still,
)
from mojo.runtime.vectors import ZERO, Vector, moment, scale, velocity_at


class SinglePlant:
    """One MjData, as loads see it; a Plant.

    Attributes:
        touched: The arrays to which loads may add: of xfrc_applied, qfrc_applied and ctrl.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        self.layout = self.model = model
        self.data = data
        self.touched: set[str] = set()

    def body(self, name: str) -> Body:
        self.touched.add("xfrc_applied")
        return single_body(self.data, element_id(self.model, "Bodies", name))

    def site(self, name: str) -> Site:
        self.touched.add("xfrc_applied")  # through the site's body
        return SingleSite(self.model, self.data, name)

    def joint(self, name: str, width: int) -> Joint:
        self.touched.add("qfrc_applied")
        return SingleJoint(self.data, int(self.model.jnt_dofadr[element_id(self.model, "Joints", name)]), width)

    def actuator(self, name: str) -> Actuator:
        self.touched.add("ctrl")
        return SingleActuator(self.data, element_id(self.model, "Actuators", name))

    def vector(self, components: Sequence[float], local: bool) -> Vector:
        return tuple(components)

    def number(self, returned: Any) -> float:
        """Return what a user's function gave as a finite float; raises as of Plant."""
        try:
            number = float(returned)
        except (TypeError, ValueError) as error:
            raise ValueError(f"must return one number, but got {returned!r}") from error
        if not math.isfinite(number):
            raise ValueError(f"must be finite, but got {number}")
        return number

    def act(self, hand: Hand, time: float) -> Values:
        return hand.act(time)

    def only(self, due: np.ndarray) -> AbstractContextManager[None]:
        raise AssertionError("one simulation is due or not")


def single_body(data: mujoco.MjData, body: int) -> Body:
    """Return what adds forces to one body."""
    return SingleBody(data, body) if body else Ground()


class SingleBody:
    """One body of one MjData; a Body."""

    def __init__(self, data: mujoco.MjData, body: int) -> None:
        # A memoryview adds a float to one entry in a tenth of the time that a NumPy view takes.
        self._applied = memoryview(data.xfrc_applied[body])
        self._center = data.xipos[body]

    def push(self, point: Vector, force: Vector | None, torque: Vector | None = None) -> None:
        """Add `force` [N] and `torque` [N·m], both in the world frame, that act at `point` [m]."""
        applied = self._applied
        if force is not None:
            tx, ty, tz = moment(force, point, tuple(self._center.tolist()))
            applied[0] += force[0]
            applied[1] += force[1]
            applied[2] += force[2]
            applied[3] += tx
            applied[4] += ty
            applied[5] += tz
        if torque is not None:
            applied[3] += torque[0]
            applied[4] += torque[1]
            applied[5] += torque[2]

    def pull(self, point: Vector, force: Vector | None, torque: Vector | None = None) -> None:
        """Take away what `push` adds."""
        opposite = (None if vector is None else scale(-1.0, vector) for vector in (force, torque))
        self.push(point, *opposite)


class SingleSite:
    """One site of one MjData; a Site."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, name: str) -> None:
        site = element_id(model, "Sites", name)
        body = int(model.site_bodyid[site])
        self.name = name
        self.body = single_body(data, body)
        self._moves = not stands_still(model, body)
        self._position = data.site_xpos[site]
        self._rotation = data.site_xmat[site]
        self._velocity = data.cvel[body]
        self._origin = data.subtree_com[model.body_rootid[body]]

    def position(self) -> Vector:
        """Return the site's position [m]."""
        return tuple(self._position.tolist())

    def velocity(self, position: Vector) -> Vector:
        """Return the site's velocity [m/s], given its `position`."""
        if not self._moves:
            return ZERO
        wx, wy, wz, vx, vy, vz = self._velocity.tolist()
        return velocity_at(position, (wx, wy, wz), (vx, vy, vz), tuple(self._origin.tolist()))

    def rotation(self) -> tuple[float, ...]:
        """Return the nine entries of the site's rotation matrix, row by row."""
        return tuple(self._rotation.tolist())

    def axis(self) -> Vector:
        """Return the site's local x axis in the world frame."""
        return tuple(self._rotation[0:9:3].tolist())


class SingleJoint:
    """One joint of one MjData; a Joint."""

    def __init__(self, data: mujoco.MjData, first: int, width: int) -> None:
        self.dofs = range(first, first + width)
        self._velocity = data.qvel[first : first + width]
        self._applied: Any = memoryview(data.qfrc_applied[first : first + width])

    def velocity(self) -> tuple[float, ...]:
        return tuple(self._velocity.tolist())

    def push(self, effort: tuple[float, ...]) -> None:
        for dof, value in enumerate(effort):
            self._applied[dof] += value


class SingleActuator:
    """One actuator of one MjData; an Actuator."""

    def __init__(self, data: mujoco.MjData, index: int) -> None:
        self._ctrl = data.ctrl
        self._index = index

    def write(self, value: float) -> None:
        self._ctrl[self._index] = value
