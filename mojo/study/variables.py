"""Design variables: what a search may choose, and between which bounds."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from mojo.columns import is_reserved
from mojo.distributions.base import (
    Number,
    Positive,
    Scalar,
    Scalars,
    ValueSpec,
    Whole,
    fit_scalar,
    plain,
    require,
)

Element = type[float] | type[int] | type[bool] | type[str]
STEP_TOLERANCE = 1e-8  # in steps; a bound typed by hand is rounded


class BaseVariable(ValueSpec):
    """What all design variables share."""

    unit: str = Field(default="", description="Unit of the value, such as N·m/rad.")

    @property
    def element(self) -> Element:
        """Type of the value."""
        return float

    @property
    def values_on_grid(self) -> list[Any] | None:
        """Every value that it may take, or None where these are not finitely many."""
        return None

    def fit(self, value: Any) -> Any:
        """Return `value` as the type of the variable; its bounds do not matter.

        Raises:
            ValueError: `value` is of another type.
        """
        return fit_scalar(value, self.element)


def _check_range(low: float, high: float, step: float | None, log: bool, nominal: float | None) -> None:
    require(low < high, "low < high", low=low, high=high)
    require(not log or low > 0, "0 < low where log", low=low)
    if step is not None:
        require(step <= high - low, "step <= high - low", step=step, low=low, high=high)
        require(_whole_steps(high - low, step), "high is a whole number of steps above low", high=high, step=step)
    if nominal is not None:
        require(low <= nominal <= high, f"{plain(low)} <= nominal <= {plain(high)}", nominal=nominal)
        on_grid = step is None or _whole_steps(nominal - low, step)
        require(on_grid, "nominal is a whole number of steps above low", nominal=nominal, step=step)


def _whole_steps(distance: float, step: float) -> bool:
    return abs(distance / step - round(distance / step)) <= STEP_TOLERANCE


class FloatVariable(BaseVariable):
    """A number between two bounds."""

    type: Literal["float"] = Field(default="float", description="A number between two bounds.")
    low: Number = Field(description="Lower bound; it can be chosen.")
    high: Number = Field(description="Upper bound; it can be chosen.")
    log: bool = Field(default=False, description="Whether every decade counts alike. Excludes `step`.")
    step: Positive | None = Field(default=None, description="Only low, low + step, low + 2·step, ... are chosen.")
    nominal: Number | None = Field(default=None, description="Value of the first design, within the bounds.")

    def check(self) -> None:
        require(not (self.log and self.step), "log or step", log=self.log, step=self.step)
        _check_range(self.low, self.high, self.step, self.log, self.nominal)

    @property
    def values_on_grid(self) -> list[Any] | None:
        if self.step is None:
            return None
        return [self.low + number * self.step for number in range(round((self.high - self.low) / self.step) + 1)]


class IntVariable(BaseVariable):
    """A whole number between two bounds."""

    type: Literal["int"] = Field(default="int", description="A whole number between two bounds.")
    low: Whole = Field(description="Lower bound; it can be chosen.")
    high: Whole = Field(description="Upper bound; it can be chosen.")
    log: bool = Field(default=False, description="Whether every decade counts alike. Excludes a `step` above 1.")
    step: Annotated[Whole, Field(ge=1)] = Field(default=1, description="Only low, low + step, ... are chosen.")
    nominal: Whole | None = Field(default=None, description="Value of the first design, within the bounds.")

    @property
    def element(self) -> Element:
        return int

    def check(self) -> None:
        require(not (self.log and self.step > 1), "log or step", log=self.log, step=self.step)
        _check_range(self.low, self.high, self.step, self.log, self.nominal)

    @property
    def values_on_grid(self) -> list[Any] | None:
        return list(range(self.low, self.high + 1, self.step))


class CategoricalVariable(BaseVariable):
    """One of several values, which have no order."""

    type: Literal["categorical"] = Field(default="categorical", description="One of several values without an order.")
    values: Scalars = Field(description="The values, all of one type: numbers, texts or truth values.")
    nominal: Scalar | None = Field(default=None, description="Value of the first design, one of the values.")

    @property
    def element(self) -> Element:
        return type(self.values[0])

    def check(self) -> None:
        require(len(set(self.values)) == len(self.values), "values all different", values=self.values)
        require(len(self.values) >= 2, "at least two values", values=self.values)
        if self.nominal is not None:
            fitting = fit_scalar(self.nominal, self.element)
            require(fitting in self.values, "nominal is one of values", nominal=self.nominal, values=self.values)

    @property
    def values_on_grid(self) -> list[Any] | None:
        return list(self.values)


class BoolVariable(BaseVariable):
    """True or false."""

    type: Literal["bool"] = Field(default="bool", description="True or false.")
    nominal: bool | None = Field(default=None, description="Value of the first design.")

    @property
    def element(self) -> Element:
        return bool

    @property
    def values_on_grid(self) -> list[Any] | None:
        return [False, True]


AnyVariable = FloatVariable | IntVariable | CategoricalVariable | BoolVariable
Variable = Annotated[AnyVariable, Field(discriminator="type")]


def free_name(name: str) -> str:
    """Return `name`, if a column of the tables may have it.

    Raises:
        ValueError: It is empty, or the tables' own.
    """
    if not name.strip():
        raise ValueError("a variable needs a name")
    if is_reserved(name):
        raise ValueError(f"'{name}' cannot name a variable: it is a column of the tables already")
    return name


Variables = dict[Annotated[str, AfterValidator(free_name)], Variable]


def grid_size(variables: Mapping[str, AnyVariable]) -> int | None:
    """Return the number of combinations of all values, or None where one of them may take any number."""
    values = [variable.values_on_grid for variable in variables.values()]
    return None if any(found is None for found in values) else math.prod(len(found or []) for found in values)
