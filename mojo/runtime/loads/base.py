"""What every load is: data that can be written down, and a hand that lays it on a simulation."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import mujoco
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, ValidationError
from pydantic_core import PydanticSerializationError

from mojo import user_code
from mojo.errors import ModelError, TrialError, nearest

Function = Callable[..., Any]
Value = float | Function


@dataclass(frozen=True, slots=True)
class Record:
    """One recorded quantity of a load: where it stands in `Hand.record`, and what it is."""

    attribute: str
    components: tuple[str, ...]
    units: tuple[str, ...]
    frame: str
    description: str


class Closed(BaseModel):
    """A pydantic model that takes its own fields only, and says what is wrong as a ModelError."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, validate_default=True)

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            label = f"{type(self).__name__} '{fields['name']}'" if "name" in fields else type(self).__name__
            raise ModelError(problems(label, error, type(self).model_fields)) from error


class Load(Closed):
    """A load on the bodies of a model.

    Attributes:
        name: Its name, under which its force is recorded.
        active: Whether it acts; it may be changed between two steps. If not, it applies nothing and records zeros.
    """

    name: str = Field(min_length=1)
    active: bool = True

    records: ClassVar[tuple[Record, ...]] = ()

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """Return the fields as a dict; with mode="json" as they stand in config.json, functions by reference.

        Raises:
            ModelError: A function cannot be found again by name.
        """
        try:
            return super().model_dump(**options)
        except PydanticSerializationError as error:
            if isinstance(error.__cause__, ModelError):
                raise ModelError(f"Load '{self.name}': {error.__cause__}") from error
            raise

    def bind(self, model: mujoco.MjModel, data: mujoco.MjData) -> "Hand":
        """Return the hand that applies this load to `data`, whose kinematics are up to date.

        Raises:
            ModelError: A site or a body is not in the model.
        """
        raise NotImplementedError(type(self).__name__)

    def check(self, model: mujoco.MjModel) -> None:
        """Check that every site and body of this load is in `model`.

        Raises:
            ModelError: One is not.
        """
        raise NotImplementedError(type(self).__name__)


class Hand:
    """Applies one load to one MjData, and keeps what it applied.

    Attributes:
        record: What was applied in this step, in the order of the load's `records`.
    """

    def __init__(self, load: Load, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        self.load = load
        self.model = model
        self.data = data
        self.silence = (0.0,) * sum(max(1, len(record.components)) for record in load.records)
        self.record: tuple[float, ...] = self.silence

    def apply(self, time: float) -> None:
        """Add the load at this instant to xfrc_applied; an inactive load adds nothing and records zeros."""
        self.record = self.act(time) if self.load.active else self.silence

    def act(self, time: float) -> tuple[float, ...]:
        """Add the load, and return what is recorded of it."""
        raise NotImplementedError(type(self).__name__)

    def number(self, value: Any, what: str, time: float) -> float:
        """Return what the user's function gave as a finite float.

        Raises:
            TrialError: It is not one number, or not finite.
        """
        try:
            number = float(value)
        except (TypeError, ValueError) as error:
            raise TrialError(
                f"Load '{self.load.name}' at t = {time:.6g} s: its {what} must return one number, but got {value!r}."
            ) from error
        if not math.isfinite(number):
            raise TrialError(
                f"Load '{self.load.name}' at t = {time:.6g} s: its {what} must be finite, but got {number}."
            )
        return number


def problems(label: str, error: ValidationError, known: Any) -> str:
    """Return one line a problem, each with the field and what is wrong with it."""
    lines = []
    for problem in error.errors(include_url=False):
        place = ".".join(str(part) for part in problem["loc"]) or "load"
        if problem["type"] == "extra_forbidden":
            fields = ", ".join(known)
            lines.append(f"{place}: is not a field.{nearest(place, known)} It has: {fields}.")
        elif problem["type"] == "missing":
            lines.append(f"{place}: is missing.")
        else:
            message = problem["msg"].removeprefix("Value error, ")
            got = "" if problem["type"] == "value_error" else f", but got {problem['input']!r}"
            lines.append(f"{place}: {message}{got}.")
    return f"{label}: {lines[0]}" if len(lines) == 1 else "\n  ".join([f"{label}: {len(lines)} problems", *lines])


def number_or_function(value: Any, call: str) -> Value:
    """Return a field's value: a finite number, or the function that it is or names.

    Args:
        value: A number, a function, or what `user_code.reference` gave for one.
        call: How the function is called, e.g. "force(time, model, data)".

    Raises:
        ValueError: It is neither.
        StudyError: The function cannot be found, or takes other parameters.
    """
    if isinstance(value, str) or (isinstance(value, dict) and "function" in value):
        value = user_code.resolve(value)
    if callable(value):
        arguments = call[call.index("(") + 1 : -1].split(", ")
        user_code.check_signature("load's function", value, call, arguments, set())
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"must be a finite number or a function {call}, but got {value!r}")
    return float(value)


def dumped(value: Any) -> Any:
    """Return a field's value as it stands in config.json: functions by reference."""
    return user_code.reference(value) if callable(value) else value


Component = Annotated[
    Value,
    PlainValidator(lambda value: number_or_function(value, "component(time, model, data)")),
    PlainSerializer(dumped, when_used="json"),
]
