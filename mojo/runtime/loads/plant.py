"""Plant: what loads act on, one simulation (`SinglePlant`) or many (`BatchPlant`).

A plant finds what loads name, reads its sites and joints, and adds to its applied forces. All else that loads do are
formulas that do not ask whether they get floats or arrays.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

import mujoco
import numpy as np

from mojo.runtime.vectors import Vector

if TYPE_CHECKING:
    from mojo.runtime.loads.base import Hand, Values


class Body(Protocol):
    """Adds forces to one body."""

    def push(self, point: Vector, force: Vector | None, torque: Vector | None = None) -> None:
        """Add `force` [N] and `torque` [N·m], both in the world frame, that act at `point` [m]; None: there is none."""

    def pull(self, point: Vector, force: Vector | None, torque: Vector | None = None) -> None:
        """Take away what `push` adds: the reaction."""


class Ground:
    """The world as a body that takes every push without moving; a Body."""

    def push(self, point: Vector, force: Vector | None, torque: Vector | None = None) -> None:
        """Take the push."""

    def pull(self, point: Vector, force: Vector | None, torque: Vector | None = None) -> None:
        """Take the reaction."""


def stands_still(model: mujoco.MjModel, body: int) -> bool:
    """Return whether no joint can move a body."""
    return int(model.body_weldid[body]) == 0


class Site(Protocol):
    """Reads where one site is and how it moves, in the world frame.

    Attributes:
        name: Its name.
        body: Its body.
    """

    name: str

    @property
    def body(self) -> Body: ...

    def position(self) -> Vector:
        """Return the site's position [m]."""

    def velocity(self, position: Vector) -> Vector:
        """Return the site's velocity [m/s], given its `position`."""

    def rotation(self) -> Any:
        """Return the site's rotation matrix, as `rotate` takes it."""

    def axis(self) -> Vector:
        """Return the site's local x axis in the world frame."""


class Joint(Protocol):
    """Reads and brakes one joint.

    Attributes:
        dofs: Its entries in qvel.
    """

    dofs: range

    def velocity(self) -> tuple[Any, ...]:
        """Return the joint's velocity [rad/s or m/s], one entry a dof."""

    def push(self, effort: tuple[Any, ...]) -> None:
        """Add an effort [N·m or N], one entry a dof."""


class Actuator(Protocol):
    """Writes the control of one actuator."""

    def write(self, value: Any) -> None:
        """Write the control."""


class Plant(Protocol):
    """What loads act on: one simulation or many.

    Attributes:
        layout: A model with the names, addresses and timestep of the plant.
        model: What a user's function gets as model.
        data: What a user's function gets as data.
    """

    layout: mujoco.MjModel
    model: Any

    @property
    def data(self) -> Any: ...

    def body(self, name: str) -> Body: ...

    def site(self, name: str) -> Site: ...

    def joint(self, name: str, width: int) -> Joint: ...

    def actuator(self, name: str) -> Actuator: ...

    def vector(self, components: Sequence[Any], local: bool) -> Vector:
        """Return the vector that has these components, each a number, or one for each simulation.

        Args:
            components: x, y and z.
            local: Whether it is given in a frame, and so goes into `rotate`.
        """

    def number(self, returned: Any) -> Any:
        """Return what a user's function gave as finite numbers.

        Raises:
            ValueError: It is something else; the message goes on after the function's name.
        """

    def act(self, hand: "Hand", time: float) -> "Values":
        """Let a load act in all simulations, and return what its `act` does."""

    def only(self, due: np.ndarray) -> AbstractContextManager[None]:
        """Let nothing but the simulations that are `due` feel what is applied."""
