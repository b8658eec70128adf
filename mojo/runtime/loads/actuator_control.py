"""ActuatorControl: a load that sets an actuator's control."""

from typing import Annotated, ClassVar, Literal

import mujoco
from pydantic import PlainSerializer, PlainValidator

from mojo.model.elements import element_id
from mojo.runtime.loads.base import Hand, Load, Record, Values
from mojo.runtime.loads.plant import Plant
from mojo.runtime.loads.values import Value, dumped, value_of


class ActuatorControl(Load):
    """The control of an actuator, written to ctrl in every step in which it acts.

    The value is written as it is. MuJoCo clamps it to ctrlrange when it computes the actuator's force, if the
    actuator is ctrllimited; what is recorded is what was written.

    In a step in which the load acts, it has the last word, and of several on one actuator the last of `loads`. What
    user code wrote to the same ctrl is put back after the step, and counts where no load acts.

    Attributes:
        actuator: The actuator.
        control: A number, a table, or a function control(time, model, data), in the actuator's own unit.
    """

    load: Literal["actuator_control"] = "actuator_control"
    actuator: str
    control: Annotated[
        Value,
        PlainValidator(lambda given: value_of(given, "control(time, model, data)")),
        PlainSerializer(dumped),
    ]

    records: ClassVar[tuple[Record, ...]] = (
        Record("ctrl", (), ("",), "", "control as written, before MuJoCo clamps it; in the actuator's own unit"),
    )

    def check(self, model: mujoco.MjModel) -> None:
        """Check that the actuator is in `model`."""
        element_id(model, "Actuators", self.actuator)

    def bind(self, plant: Plant) -> Hand:
        """Return the hand that writes this control to `plant`."""
        return ActuatorControlHand(self, plant)


class ActuatorControlHand(Hand):
    """Writes an ActuatorControl."""

    load: ActuatorControl

    def __init__(self, load: ActuatorControl, plant: Plant) -> None:
        super().__init__(load, plant)
        self._actuator = plant.actuator(load.actuator)

    def act(self, time: float) -> Values:
        """Write the control."""
        value = self.evaluate(self.load.control, "control", time, time, self.plant.model, self.plant.data)
        self._actuator.write(value)
        return (value,)
