"""ActuatorControl: a load that sets an actuator's control."""

from typing import Annotated, ClassVar, Literal

import mujoco
from pydantic import PlainSerializer, PlainValidator

from mojo.runtime.loads.base import Hand, Load, Record
from mojo.runtime.loads.hands import actuator_id
from mojo.runtime.loads.values import Value, dumped, value_of


class ActuatorControl(Load):
    """The control of an actuator, written to ctrl in every step in which it acts.

    The value is written as it is. MuJoCo clamps it to ctrlrange when it computes the actuator's force, if the
    actuator is ctrllimited; what is recorded is what was written. When the load no longer acts, ctrl is set back to
    what it was at the first step, unless somebody else has written to it since.

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
        actuator_id(model, self.actuator)

    def bind(self, model: mujoco.MjModel, data: mujoco.MjData) -> Hand:
        """Return the hand that writes this control to `data`."""
        return ActuatorControlHand(self, model, data)


class ActuatorControlHand(Hand):
    """Writes an ActuatorControl to one MjData."""

    load: ActuatorControl

    def __init__(self, load: ActuatorControl, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        super().__init__(load, model, data)
        self._ctrl = data.ctrl
        self._index = actuator_id(model, load.actuator)
        self._initial = float(self._ctrl[self._index])
        self._written: float | None = None

    def release(self, time: float) -> None:
        """Set ctrl back if the load acted in the last step, and acts no longer."""
        if self._written is not None and not self.is_due(time):
            if self._ctrl[self._index] == self._written:
                self._ctrl[self._index] = self._initial
            self._written = None

    def act(self, time: float) -> tuple[float, ...]:
        """Write the control."""
        value = self.evaluate(self.load.control, "control", time, time, self.model, self.data)
        self._ctrl[self._index] = self._written = value
        return (value,)
