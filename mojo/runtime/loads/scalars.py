"""A force along, and a torque about, the action site's local x axis."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import PlainSerializer, PlainValidator

from mojo.runtime.loads.at_site import AtSite, AtSiteHand
from mojo.runtime.loads.base import Hand, Record, Values
from mojo.runtime.loads.plant import Plant
from mojo.runtime.loads.values import Value, dumped, value_of
from mojo.runtime.vectors import Vector, join, scale

Scalar = Annotated[
    Value,
    PlainValidator(lambda given: value_of(given, "scalar(time, axis, model, data)")),
    PlainSerializer(dumped),
]
_COMPONENTS = ("x", "y", "z", "m")


class ScalarForce(AtSite):
    """A force along the action site's local x axis.

    F = f·e_x

    Attributes:
        scalar: f [N]: a number, a table, or a function scalar(time, axis, model, data), where `axis` is e_x in the
            world frame, shape (3,).
    """

    load: Literal["scalar_force"] = "scalar_force"
    scalar: Scalar

    records: ClassVar[tuple[Record, ...]] = (
        Record("force", _COMPONENTS, ("N",) * 4, "world", "force on the action site; m along its x axis"),
    )

    def bind(self, plant: Plant) -> Hand:
        """Return the hand that applies this force to `plant`."""
        return ScalarForceHand(self, plant)


class ScalarTorque(AtSite):
    """A torque about the action site's local x axis.

    T = t·e_x

    Attributes:
        scalar: t [N·m]: a number, a table, or a function scalar(time, axis, model, data), where `axis` is e_x in
            the world frame, shape (3,).
    """

    load: Literal["scalar_torque"] = "scalar_torque"
    scalar: Scalar

    records: ClassVar[tuple[Record, ...]] = (
        Record("torque", _COMPONENTS, ("N·m",) * 4, "world", "torque on the site's body; m about the site's x axis"),
    )

    def bind(self, plant: Plant) -> Hand:
        """Return the hand that applies this torque to `plant`."""
        return ScalarTorqueHand(self, plant)


class _ScalarHand(AtSiteHand):
    load: ScalarForce | ScalarTorque

    def along_axis(self, time: float) -> tuple[Vector, Any]:
        """Return the scalar times the site's x axis, and the scalar."""
        axis, plant, scalar = self.site.axis(), self.plant, self.load.scalar
        shown = join(axis) if callable(scalar) else None
        value = self.evaluate(scalar, "scalar", time, time, shown, plant.model, plant.data)
        return scale(value, axis), value


class ScalarForceHand(_ScalarHand):
    """Applies a ScalarForce."""

    def act(self, time: float) -> Values:
        """Push along the site's x axis."""
        force, value = self.along_axis(time)
        self.push(force)
        return force, value


class ScalarTorqueHand(_ScalarHand):
    """Applies a ScalarTorque."""

    def act(self, time: float) -> Values:
        """Twist about the site's x axis."""
        torque, value = self.along_axis(time)
        self.push(None, torque)
        return torque, value
