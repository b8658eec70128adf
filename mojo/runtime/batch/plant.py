"""The plant of the batch engine: many simulations, each quantity an array with one entry a simulation.

What MuJoCo computes is read through views that are made once: the arrays of a Batch are live.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import mujoco
import numpy as np
from mujoco.batch import DATA_FIELDS, Batch

from mojo.runtime.loads.plant import Actuator, Body, Ground, Joint, Site, actuator_id, body_id, joint_id, site_id
from mojo.runtime.vectors import Vector, split, torque_at, velocity_at

VELOCITY_STAGE = int(mujoco.mjtStage.mjSTAGE_VEL)


class StackedModel:
    """The models of a batch, as a user's function sees them: model.body_mass has shape (nsim, nbody)."""

    def __init__(self, models: Sequence[Any]) -> None:
        self._models = models

    def __getattr__(self, name: str) -> Any:
        found = [getattr(model, name) for model in self._models]
        if callable(found[0]):
            raise AttributeError(f"the models of a batch have no method {name}")
        is_array = isinstance(found[0], np.ndarray | int | float)
        stacked = np.stack(found) if is_array else StackedModel(found)
        setattr(self, name, stacked)
        return stacked


class StackedData:
    """The data of a batch, as a user's function sees them: data.qpos has shape (nsim, nq)."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def __getattr__(self, name: str) -> np.ndarray:
        if name not in DATA_FIELDS:
            raise AttributeError(f"the data of a batch have no {name}")
        found = self._batch.bind(name)
        self._batch.forward(stage=VELOCITY_STAGE)  # what is bound anew is filled by the next call only
        setattr(self, name, found)
        return found


class BatchPlant:
    """Many simulations, as loads see them; a Plant.

    Attributes:
        suspects: Simulations in which something went wrong, shape (nsim,); their trials must be run by themselves.
    """

    def __init__(self, models: Sequence[mujoco.MjModel], batch: Batch) -> None:
        self.layout = models[0]
        self.model = StackedModel(models)
        self.data = StackedData(batch)
        self.batch = batch
        self.suspects = np.zeros(batch.nsim, dtype=bool)
        self.due: np.ndarray | None = None

    def body(self, name: str) -> Body:
        return self.body_of(body_id(self.layout, name))

    def body_of(self, index: int) -> Body:
        """Return what adds forces to one body of each simulation."""
        return BatchBody(self, index) if index else Ground()

    def site(self, name: str) -> Site:
        return BatchSite(self, name)

    def joint(self, name: str, width: int) -> Joint:
        return BatchJoint(self, int(self.layout.jnt_dofadr[joint_id(self.layout, name)]), width)

    def actuator(self, name: str) -> Actuator:
        return BatchActuator(self, actuator_id(self.layout, name))

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
        self.suspects |= ~finite
        return np.where(finite, numbers, 0.0)

    @contextmanager
    def _only(self, due: np.ndarray) -> Iterator[None]:
        self.due = due
        yield
        self.due = None

    def only(self, due: np.ndarray) -> AbstractContextManager[None]:
        return self._only(due)

    def add(self, applied: Sequence[np.ndarray], values: Sequence[Any]) -> None:
        """Add values to what is applied, where they are to be felt."""
        if self.due is not None:
            values = [np.where(self.due, value, 0.0) for value in values]
        for array, value in zip(applied, values, strict=True):
            np.add(array, value, out=array)


class BatchBody:
    """One body of each simulation; a Body."""

    def __init__(self, plant: BatchPlant, body: int) -> None:
        self._plant = plant
        self._applied = list(plant.batch.bind("xfrc_applied")[:, body].T)
        self._center = split(plant.batch.bind("xipos")[:, body])

    def push(self, point: Vector, force: Vector, torque: Vector) -> None:
        self._plant.add(self._applied, (*force, *torque_at(point, self._center, force, torque)))


class BatchSite:
    """One site of each simulation; a Site."""

    def __init__(self, plant: BatchPlant, name: str) -> None:
        site = site_id(plant.layout, name)
        body = int(plant.layout.site_bodyid[site])
        batch, root = plant.batch, plant.layout.body_rootid[body]
        self.name = name
        self.body = plant.body_of(body)
        self._position = split(batch.bind("site_xpos")[:, site])
        self._matrix = batch.bind("site_xmat")[:, site]
        self._rotation = list(self._matrix.T)
        velocity = batch.bind("cvel")[:, body]
        self._angular, self._linear = split(velocity[:, :3]), split(velocity[:, 3:])
        self._origin = split(batch.bind("subtree_com")[:, root])

    def position(self) -> Vector:
        return self._position

    def velocity(self, position: Vector) -> Vector:
        return velocity_at(position, self._angular, self._linear, self._origin)

    def rotation(self) -> Sequence[Any]:
        return self._rotation

    def axis(self) -> np.ndarray:
        return self._matrix[:, 0:9:3].copy()


class BatchJoint:
    """One joint of each simulation; a Joint."""

    def __init__(self, plant: BatchPlant, first: int, width: int) -> None:
        self._plant = plant
        self.dofs = range(first, first + width)
        self._velocity = tuple(plant.batch.bind("qvel")[:, first : first + width].T)
        self._applied = list(plant.batch.bind("qfrc_applied")[:, first : first + width].T)

    def velocity(self) -> tuple[Any, ...]:
        return self._velocity

    def push(self, effort: tuple[Any, ...]) -> None:
        self._plant.add(self._applied, effort)


class BatchActuator:
    """One actuator of each simulation; an Actuator."""

    def __init__(self, plant: BatchPlant, index: int) -> None:
        self._plant = plant
        self._ctrl = plant.batch.bind("ctrl")[:, index]
        self._initial = self._ctrl.copy()
        self._written = self._ctrl.copy()
        self._held = np.zeros(len(self._ctrl), dtype=bool)

    def write(self, value: Any) -> None:
        due = self._plant.due
        now = np.ones_like(self._held) if due is None else due
        self._written = np.where(now, value, self._written)
        self._ctrl[:] = np.where(now, value, self._ctrl)
        self._held |= now

    def release(self, due: Any) -> None:
        over = self._held & ~np.asarray(due)
        if over.any():
            back = over & (self._ctrl == self._written)
            self._ctrl[back] = self._initial[back]
            self._held &= ~over
