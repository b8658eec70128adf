"""What every load is: data that can be written down, and a hand that lays it on a simulation."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import mujoco
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator
from pydantic_core import PydanticSerializationError

from mojo.attributes import check_settable
from mojo.errors import ModelError, TrialError, nearest
from mojo.runtime.loads.plant import Plant
from mojo.runtime.loads.values import Table, Tables, Value

# The clock is a sum of timesteps: its rounding must neither add a step to a load's time nor take one away.
_CLOCK_TOLERANCE = 1e-3
LOADS_ARE_READ = (
    "Loads are read with the first step. Add a load before it, with a `start` or with `active` False, and change its "
    "`active` between two steps."
)


# What a load gives: floats for one simulation, or arrays with one entry a simulation; or vectors of either.
Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One recorded quantity of a load: where it stands in `Hand.record`, and what it is."""

    attribute: str
    components: tuple[str, ...]
    units: tuple[str, ...]
    frame: str
    description: str


class Closed(BaseModel):
    """A pydantic model that takes its own fields only, also later on, and says what is wrong as a ModelError."""

    model_config = ConfigDict(
        extra="forbid", allow_inf_nan=False, validate_default=True, validate_assignment=True, defer_build=True
    )
    _fixed: str = PrivateAttr(default="")

    def __init__(self, **fields: Any) -> None:
        label = _label(type(self), fields)
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise ModelError(problems(label, error, type(self).model_fields)) from error
        except ModelError as error:  # from a model inside this one
            raise ModelError(f"{label}: {error}") from error

    def fix(self, reason: str) -> None:
        """Allow no more changes; `reason` says since when, and what to do instead."""
        self._fixed = reason

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a field.

        Raises:
            UnknownAttribute: There is no such field.
            ModelError: The value does not fit, or the field may not be changed any more.
        """
        if name not in type(self).model_fields:
            if name not in type(self).__private_attributes__:
                check_settable(self, name, value, type(self).model_fields)
            super().__setattr__(name, value)
            return
        label = _label(type(self), self.__dict__)
        if self._fixed:
            raise ModelError(f"{label}: its {name} cannot be changed {self._fixed}")
        before = self.__dict__[name]
        try:
            super().__setattr__(name, value)
        except ValidationError as error:
            self.__dict__[name] = before  # what looks at all fields together looks when the new one is there
            raise ModelError(problems(label, error, type(self).model_fields)) from error


def _label(kind: type, fields: Mapping[str, Any]) -> str:
    return f"{kind.__name__} '{fields['name']}'" if "name" in fields else kind.__name__


class Load(Closed):
    """A load on a model.

    Where a value may be a number, it may also be a table: pairs (time, value), linear between them, held before the
    first and after the last; or a function, which gets floats in the loop engine and arrays of them in the batch
    engine. Numbers and tables give the same bits in both; a function gives what NumPy gives, which may differ in the
    last bit: `d ** 3` does, `d * d * d` does not.

    Attributes:
        name: Its name, under which it is recorded.
        active: Whether it acts; it may be changed between two steps, as nothing else. If not, it applies nothing and
            records zeros.
        start: The simulated time [s] from which it acts; None: from the first step.
        stop: The simulated time [s] at which it no longer acts; None: to the end. It acts in the steps that begin at
            start <= t < stop, so that its impulse is that of stop - start; outside it is as if not active.
    """

    name: str = Field(min_length=1)
    active: bool = True
    start: float | None = None
    stop: float | None = None

    records: ClassVar[tuple[Record, ...]] = ()
    _switches: bool = PrivateAttr(default=False)  # whether `active` may be changed though the rest is fixed

    @model_validator(mode="after")
    def _stops_after_start(self) -> Self:
        if self.start is not None and self.stop is not None and self.start >= self.stop:
            raise ValueError(f"start < stop must hold, but got start = {self.start:g} s, stop = {self.stop:g} s")
        return self

    def begin_to_act(self) -> None:
        """Allow no more changes but of `active`: what a load is made of is looked at once, when the run begins."""
        self.fix(
            "once the run has begun, only `active` can. Give a function or a table of (time, value) for what changes, "
            "or add several loads and switch between them."
        )
        self._switches = True

    def fix(self, reason: str) -> None:
        """Allow no more changes, not even of `active`; see Closed."""
        super().fix(reason)
        self._switches = False

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a field; `active` is set without further ado, as between two steps."""
        if name == "active" and (self._switches or not self._fixed):
            if not isinstance(value, int | float | np.bool_ | np.integer) or value not in (0, 1):
                label = _label(type(self), self.__dict__)
                raise ModelError(f"{label}: active must be true or false, of a batch for all alike, but got {value!r}.")
            self.__dict__["active"] = bool(value)
        else:
            super().__setattr__(name, value)

    def recorded(self, model: mujoco.MjModel) -> tuple[Record, ...]:
        """Return what is recorded of this load in `model`: its `records`, unless they depend on the model."""
        return self.records

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

    def bind(self, plant: Plant) -> "Hand":
        """Return the hand that applies this load to `plant`, whose kinematics are up to date.

        Raises:
            ModelError: Something that it names is not in the model.
        """
        raise NotImplementedError(type(self).__name__)

    def check(self, model: mujoco.MjModel) -> None:
        """Check that everything that this load names is in `model`.

        Raises:
            ModelError: One is not.
        """
        raise NotImplementedError(type(self).__name__)


class Hand:
    """Applies one load to a plant, one simulation or many, and keeps what it applied."""

    def __init__(self, load: Load, plant: Plant) -> None:
        load.begin_to_act()
        self.load = load
        self.plant = plant
        self.silence: Values = (0.0,) * sum(len(record.units) for record in load.recorded(plant.layout))
        self.applied: Values | None = None
        self._due: np.ndarray | None = None
        slack = _CLOCK_TOLERANCE * plant.layout.opt.timestep
        self._start: Any = -math.inf if load.start is None else load.start - slack
        self._stop: Any = math.inf if load.stop is None else load.stop - slack
        self._one_clock = isinstance(self._start, float) and isinstance(self._stop, float)

    def is_due(self, time: float) -> Any:
        """Return whether the load acts in the step from `time` [s] on; for each simulation, where they differ."""
        if self._one_clock:
            return self.load.active and self._start <= time < self._stop
        return self.load.active and (self._start <= time) & (time < self._stop)

    def apply(self, time: float) -> None:
        """Apply the load at this instant; one that is not due applies nothing and records zeros."""
        self.apply_to(self.is_due(time), time)

    def apply_to(self, due: Any, time: float) -> None:
        """Apply the load where it is `due`: a bool, or one for each simulation."""
        self._due = None
        if due is True:
            self.applied = self.plant.act(self, time)
        elif due is False or not due.any():
            self.applied = None
        else:
            with self.plant.only(due):
                self.applied = self.act(time)
            self._due = due

    def act(self, time: float) -> Values:
        """Add the load, and return what `told` is to tell of it."""
        raise NotImplementedError(type(self).__name__)

    def told(self, applied: Values) -> Values:
        """Return what is recorded of what was applied; computed only for those who ask."""
        return applied

    def put(self, applied: Sequence[Any]) -> None:
        """Keep what somebody else has applied in the name of this load."""
        self.applied, self._due = tuple(applied), None

    @property
    def record(self) -> Values:
        """What was applied in this step, in the order of what the load has `recorded`.

        One number each, or an array of them with one entry a simulation.
        """
        if self.applied is None:
            return self.silence
        values = tuple(flat(self.told(self.applied)))
        return values if self._due is None else tuple(np.where(self._due, value, 0.0) for value in values)

    def evaluate(self, value: Value, what: str, time: float, *arguments: Any) -> Any:
        """Return the value at this instant; a function is called with `arguments`.

        Raises:
            TrialError: The function gave something else than finite numbers, one for each simulation.
        """
        if isinstance(value, float | np.ndarray):
            return value
        if isinstance(value, Table | Tables):
            return value.at(time)
        returned = value(*arguments)
        try:
            return self.plant.number(returned)
        except ValueError as error:
            raise TrialError(f"Load '{self.load.name}' at t = {time:.6g} s: its {what} {error}.") from error


def flat(values: Values) -> Iterator[Any]:
    """Yield values, and the components of those that are vectors."""
    for value in values:
        if isinstance(value, tuple):
            yield from value
        elif isinstance(value, np.ndarray) and value.ndim == 2:
            yield from value[-3:]
        else:
            yield value


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
