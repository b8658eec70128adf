"""Forces and torques at one site, given by their components."""

from typing import ClassVar, Literal

import mujoco
import numpy as np

from mojo.model.elements import element_id
from mojo.runtime.loads.at_site import AtSite, AtSiteHand
from mojo.runtime.loads.base import Hand, Record, Values
from mojo.runtime.loads.plant import Plant
from mojo.runtime.loads.values import Component
from mojo.runtime.vectors import Vector, norm, rotate

Components = tuple[Component, Component, Component]
_NAMES = ("x", "y", "z", "m")
_FORCE = Record("force", _NAMES, ("N",) * 4, "world", "force on the action site; m its norm")
_TORQUE = Record("torque", _NAMES, ("N·m",) * 4, "world", "torque about the action site; m its norm")


class InFrame(AtSite):
    """A load at one site whose components are given in a frame.

    Attributes:
        rel_to_site: The site whose frame the components are given in; None: the world.
    """

    rel_to_site: str | None = None

    def check(self, model: mujoco.MjModel) -> None:
        """Check that the sites and the reaction's body are in `model`."""
        super().check(model)
        if self.rel_to_site is not None:
            element_id(model, "Sites", self.rel_to_site)


class VectorForce(InFrame):
    """A force with three components.

    F = R·f; R is the rotation of `rel_to_site`, or 1

    Attributes:
        force: f, three components [N]; each a number, a table, or a function component(time, model, data).
    """

    load: Literal["vector_force"] = "vector_force"
    force: Components

    records: ClassVar[tuple[Record, ...]] = (_FORCE,)

    def bind(self, plant: Plant) -> Hand:
        """Return the hand that applies this force to `plant`."""
        return VectorForceHand(self, plant)


class VectorTorque(InFrame):
    """A torque with three components.

    T = R·t; R is the rotation of `rel_to_site`, or 1

    Attributes:
        torque: t, three components [N·m]; each a number, a table, or a function component(time, model, data).
    """

    load: Literal["vector_torque"] = "vector_torque"
    torque: Components

    records: ClassVar[tuple[Record, ...]] = (_TORQUE,)

    def bind(self, plant: Plant) -> Hand:
        """Return the hand that applies this torque to `plant`."""
        return VectorTorqueHand(self, plant)


class GeneralLoad(InFrame):
    """A force and a torque with all their components.

    F = R·f, T = R·t; R is the rotation of `rel_to_site`, or 1

    Attributes:
        force: f, three components [N]; each a number, a table, or a function component(time, model, data).
        torque: t, three components [N·m], likewise.
    """

    load: Literal["general_load"] = "general_load"
    force: Components = (0.0, 0.0, 0.0)
    torque: Components = (0.0, 0.0, 0.0)

    records: ClassVar[tuple[Record, ...]] = (_FORCE, _TORQUE)

    def bind(self, plant: Plant) -> Hand:
        """Return the hand that applies this load to `plant`."""
        return GeneralLoadHand(self, plant)


class _InFrameHand(AtSiteHand):
    def __init__(self, load: InFrame, plant: Plant) -> None:
        super().__init__(load, plant)
        self._frame = None if load.rel_to_site is None else plant.site(load.rel_to_site)
        self._constant: dict[str, Vector] = {}

    def world(self, components: Components, what: str, time: float) -> Vector:
        """Return the components at this instant, turned into the world frame."""
        vector = self._constant.get(what)
        if vector is None:
            vector = self.plant.vector(
                [
                    self.evaluate(value, f"{what}.{axis}", time, time, self.plant.model, self.plant.data)
                    for axis, value in zip("xyz", components, strict=True)
                ],
                local=self._frame is not None,
            )
            if all(isinstance(value, float | np.ndarray) for value in components):
                self._constant[what] = vector
        return vector if self._frame is None else rotate(self._frame.rotation(), vector)

    def told(self, applied: Values) -> Values:
        """Return the vectors, and their norms."""
        return tuple(value for vector in applied for value in (vector, norm(vector)))


class VectorForceHand(_InFrameHand):
    """Applies a VectorForce."""

    load: VectorForce

    def act(self, time: float) -> Values:
        """Push."""
        force = self.world(self.load.force, "force", time)
        self.push(force)
        return (force,)


class VectorTorqueHand(_InFrameHand):
    """Applies a VectorTorque."""

    load: VectorTorque

    def act(self, time: float) -> Values:
        """Twist."""
        torque = self.world(self.load.torque, "torque", time)
        self.push(None, torque)
        return (torque,)


class GeneralLoadHand(_InFrameHand):
    """Applies a GeneralLoad."""

    load: GeneralLoad

    def act(self, time: float) -> Values:
        """Push and twist."""
        force = self.world(self.load.force, "force", time)
        torque = self.world(self.load.torque, "torque", time)
        self.push(force, torque)
        return force, torque
