"""A force along, and a torque about, the action site's local x axis."""

from typing import Annotated, ClassVar, Literal

import mujoco
from pydantic import PlainSerializer, PlainValidator

from mojo.runtime.loads.at_site import AtSite, AtSiteHand
from mojo.runtime.loads.base import Hand, Record
from mojo.runtime.loads.values import Value, dumped, value_of
from mojo.runtime.vectors import ZERO, Vector, scale

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

    def bind(self, model: mujoco.MjModel, data: mujoco.MjData) -> Hand:
        """Return the hand that applies this force to `data`."""
        return ScalarForceHand(self, model, data)


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

    def bind(self, model: mujoco.MjModel, data: mujoco.MjData) -> Hand:
        """Return the hand that applies this torque to `data`."""
        return ScalarTorqueHand(self, model, data)


class _ScalarHand(AtSiteHand):
    load: ScalarForce | ScalarTorque

    def along_axis(self, time: float) -> tuple[Vector, float]:
        """Return the scalar times the site's x axis, and the scalar."""
        axis = self.site.axis()
        value = self.evaluate(self.load.scalar, "scalar", time, time, axis, self.model, self.data)
        x, y, z = axis.tolist()
        return scale(value, (x, y, z)), value


class ScalarForceHand(_ScalarHand):
    """Applies a ScalarForce to one MjData."""

    def act(self, time: float) -> tuple[float, ...]:
        """Push along the site's x axis."""
        force, value = self.along_axis(time)
        self.push(force, ZERO)
        return (*force, value)


class ScalarTorqueHand(_ScalarHand):
    """Applies a ScalarTorque to one MjData."""

    def act(self, time: float) -> tuple[float, ...]:
        """Twist about the site's x axis."""
        torque, value = self.along_axis(time)
        self.push(ZERO, torque)
        return (*torque, value)
