"""The plant of the batch engine: many simulations, each quantity an array with one entry a simulation.

What MuJoCo computes is read through views that are made once: the arrays of a Batch are live.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import Any

import mujoco
import numpy as np
from mujoco.batch import Batch

from mojo.model.elements import element_id
from mojo.runtime.batch.gathering import Gathered, Gathering
from mojo.runtime.batch.inputs import OwnInput
from mojo.runtime.batch.stacked import StackedData, StackedModel
from mojo.runtime.batch.tape import Unread
from mojo.runtime.batch.tapes import Tapes
from mojo.runtime.loads.base import Hand, Values
from mojo.runtime.loads.plant import (
    Actuator,
    Body,
    Ground,
    Joint,
    Site,
    stands_still,
)
from mojo.runtime.vectors import ZERO, Vector, moment, velocity_at, wrap


class BatchPlant:
    """Many simulations, as loads see them; a Plant.

    Attributes:
        suspects: Simulations in which something went wrong, shape (nsim,); their trials must be run by themselves.
        stopped: Simulations that are stepped no further: suspects, and those that have come to their end.
        running: Ids of the others; None for all of them.
        first: One of those; any, if there is none.
        gathering: What is read of sites and bodies, once a step.
    """

    def __init__(self, models: Sequence[mujoco.MjModel], batch: Batch) -> None:
        self.layout = models[0]
        self.model = StackedModel(models)
        self._data = StackedData(batch)
        self.batch = batch
        self.suspects = np.zeros(batch.nsim, dtype=bool)
        self.stopped = np.zeros(batch.nsim, dtype=bool)
        self.running: np.ndarray | None = None
        self.first = 0
        self.due: np.ndarray | None = None
        self.gathering = Gathering(batch)
        self._tapes = Tapes(self.gathering)
        self._bodies: dict[int, BatchBody] = {}
        self._sites: dict[int, BatchSite] = {}
        self._own: dict[tuple[str, int], OwnInput] = {}

    @property
    def data(self) -> Any:
        """What a user's function gets as data."""
        return self._data if self._tapes.running is None else Unread()

    def suspect(self, which: np.ndarray) -> None:
        """Make simulations suspects, so that they are stepped no further."""
        self.suspects |= which & ~self.stopped
        self.stop(which)

    def stop(self, which: np.ndarray) -> None:
        """Step simulations no further."""
        self.stopped |= which
        self.running = np.flatnonzero(~self.stopped) if self.stopped.any() else None
        self.first = int(np.argmin(self.stopped))

    def begin(self) -> None:
        """Begin a step: user code alone has applied anything, and everything may be elsewhere than it was."""
        self.gathering.copy()
        for own in self._own.values():
            own.keep()
        for body in self._bodies.values():
            body.begin()

    def put_back(self) -> None:
        """Take away what loads have applied: put back what user code had written."""
        for own in self._own.values():
            own.put_back()

    @contextmanager
    def without_loads(self) -> Iterator[None]:
        """Put back for a while what user code had written, and then what loads have made of it."""
        with_loads = [own.live.copy() for own in self._own.values()]
        self.put_back()
        yield
        for own, applied in zip(self._own.values(), with_loads, strict=True):
            own.live[...] = applied

    def own(self, name: str, first: int, width: int) -> OwnInput:
        """Return what keeps entries of an input, to which a load will add, as user code has left them.

        Args:
            name: xfrc_applied, qfrc_applied or ctrl.
            first: The first entry of a simulation.
            width: How many entries.
        """
        if (name, first) not in self._own:
            numbers = self.batch.bind(name).reshape(self.batch.nsim, -1)
            self._own[name, first] = OwnInput(numbers[:, first : first + width].T)
        return self._own[name, first]

    def write(self) -> None:
        """Put what was applied to the bodies where MuJoCo looks for it."""
        for body in self._bodies.values():
            body.write()

    def body(self, name: str) -> Body:
        return self.body_of(element_id(self.layout, "Bodies", name))

    def body_of(self, index: int) -> Body:
        """Return what adds forces to one body of each simulation."""
        if index and index not in self._bodies:
            self._bodies[index] = BatchBody(self, index)
        return self._bodies[index] if index else Ground()

    def site(self, name: str) -> Site:
        index = element_id(self.layout, "Sites", name)
        if index not in self._sites:
            self._sites[index] = BatchSite(self, index, name)
        return self._sites[index]

    def joint(self, name: str, width: int) -> Joint:
        return BatchJoint(self, int(self.layout.jnt_dofadr[element_id(self.layout, "Joints", name)]), width)

    def actuator(self, name: str) -> Actuator:
        return BatchActuator(self, element_id(self.layout, "Actuators", name))

    def vector(self, components: Sequence[Any], local: bool) -> Vector:
        rows = np.empty((3, 5, self.batch.nsim) if local else (5, self.batch.nsim))
        rows[-3], rows[-2], rows[-1] = components
        return rows if local else wrap(rows)

    def number(self, returned: Any) -> Any:
        """Return what a user's function gave, shape (nsim,) or one number for all.

        A simulation whose number is not finite becomes a suspect, and goes on with 0.
        """
        try:
            numbers = np.asarray(returned, dtype=float)
        except (TypeError, ValueError) as error:
            raise ValueError(f"must return one number a simulation, but got {returned!r}") from error
        if numbers.shape not in ((), self.suspects.shape):
            wanted = self.suspects.shape
            raise ValueError(f"must return one number a simulation, shape {wanted}, but got shape {numbers.shape}")
        finite = np.isfinite(numbers)
        if finite.all():
            return numbers
        if not finite.any():
            raise ValueError(f"must be finite, but got {numbers.reshape(-1)[0]}")
        self.suspect(~finite)
        return np.where(finite, numbers, 0.0)

    @contextmanager
    def _only(self, due: np.ndarray) -> Iterator[None]:
        self.due = due
        yield
        self.due = None

    def only(self, due: np.ndarray) -> AbstractContextManager[None]:
        return self._only(due)

    def act(self, hand: Hand, time: float) -> Values:
        return self._tapes.act(hand, time)

    def followed(self, array: np.ndarray) -> np.ndarray:
        """Return an array that loads read or add to, so that a tape may follow it."""
        return self._tapes.followed(array)

    def felt(self, value: Any) -> Any:
        """Return the value where it is to be felt, else 0."""
        return value if self.due is None else np.where(self.due, value, 0.0)


class BatchBody:
    """One body of each simulation; a Body.

    What is added is summed up aside, since NumPy takes several times as long to add to places that lie apart.
    """

    def __init__(self, plant: BatchPlant, body: int) -> None:
        self._plant = plant
        self._center = plant.gathering.of("xipos", body)
        self._own = plant.own("xfrc_applied", 6 * body, 6)
        self._sum = self._own.numbers.copy()
        self._force, self._torque = self._sum[:3], self._sum[3:]

    def push(self, point: Vector, force: Vector | None, torque: Vector | None = None) -> None:
        self._combine(np.add, point, force, torque)

    def pull(self, point: Vector, force: Vector | None, torque: Vector | None = None) -> None:
        self._combine(np.subtract, point, force, torque)

    def _combine(self, combine: np.ufunc, point: Vector, force: Vector | None, torque: Vector | None) -> None:
        felt, followed = self._plant.felt, self._plant.followed
        if force is not None:
            combine(followed(self._force), felt(force[-3:]), out=self._force)
            turning = moment(force, point, followed(self._center.rows))
            combine(followed(self._torque), felt(turning), out=self._torque)
        if torque is not None:
            combine(followed(self._torque), felt(torque[-3:]), out=self._torque)

    def begin(self) -> None:
        """Begin with what user code has applied."""
        self._sum[...] = self._own.numbers

    def write(self) -> None:
        """Put the sum where MuJoCo looks for it."""
        self._own.live[...] = self._sum


class BatchSite:
    """One site of each simulation; a Site."""

    def __init__(self, plant: BatchPlant, site: int, name: str) -> None:
        self._plant, self._gathering, self._id = plant, plant.gathering, site
        self._body = int(plant.layout.site_bodyid[site])
        self._root = int(plant.layout.body_rootid[self._body])
        self.name = name
        self.body = plant.body_of(self._body)
        self._moves = not stands_still(plant.layout, self._body)
        self._position = self._gathering.of("site_xpos", site)

    @cached_property
    def _velocity(self) -> Gathered:
        return self._gathering.of("cvel", self._body)

    @cached_property
    def _origin(self) -> Gathered:
        return self._gathering.of("subtree_com", self._root)

    @cached_property
    def _rotation(self) -> Gathered:
        return self._gathering.of("site_xmat", self._id)

    def position(self) -> Vector:
        return self._plant.followed(self._position.rows)

    def velocity(self, position: Vector) -> Vector:
        if not self._moves:
            return ZERO
        followed = self._plant.followed
        angular, linear = (followed(rows) for rows in self._velocity.rows)
        return velocity_at(position, angular, linear[-3:], followed(self._origin.rows))

    def rotation(self) -> Any:
        return self._plant.followed(self._rotation.rows)

    def axis(self) -> Vector:
        return self._plant.followed(self._rotation.rows[0])


class BatchJoint:
    """One joint of each simulation; a Joint."""

    def __init__(self, plant: BatchPlant, first: int, width: int) -> None:
        self._plant = plant
        self.dofs = range(first, first + width)
        self._velocity = plant.batch.bind("qvel")[:, first : first + width].T
        self._applied = list(plant.own("qfrc_applied", first, width).live)

    def velocity(self) -> tuple[Any, ...]:
        return tuple(self._plant.followed(velocity) for velocity in self._velocity)

    def push(self, effort: tuple[Any, ...]) -> None:
        for applied, value in zip(self._applied, effort, strict=True):
            np.add(self._plant.followed(applied), self._plant.felt(value), out=applied)


class BatchActuator:
    """One actuator of each simulation; an Actuator."""

    def __init__(self, plant: BatchPlant, index: int) -> None:
        self._plant = plant
        self._ctrl = plant.own("ctrl", index, 1).live[0]

    def write(self, value: Any) -> None:
        due = self._plant.due
        self._ctrl[:] = value if due is None else np.where(due, value, self._ctrl)
