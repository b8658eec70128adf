"""What every distribution shares: a closed model, finite numbers and the wording of its rules."""

import math
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

TYPE_NAMES: dict[type, str] = {float: "a number", int: "a whole number", bool: "true or false", str: "text"}


def require(holds: bool, rule: str, **values: Any) -> None:
    """Raise ValueError with the rule and the values that break it, unless it holds.

    Example: "`low < high` must hold, but got low=3, high=1".
    """
    if not holds:
        shown = ", ".join(f"{name}={plain(value)}" for name, value in values.items())
        raise ValueError(f"`{rule}` must hold, but got {shown}")


def plain(value: Any) -> str:
    """Return `value` as a person would write it: 3, not 3.0."""
    return format(value, ".12g") if isinstance(value, float) else repr(value)


def _not_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f"must be a number, but got {str(value).lower()}")
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"must be a finite number, but got {value}")
    return value


def _positive(value: float, info: ValidationInfo) -> float:
    name = info.field_name or "value"
    require(value > 0, f"{name} > 0", **{name: value})
    return value


def _storable(value: Any) -> Any:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(f"must fit into 64 bits, but got {value}")
    return _finite(value) if isinstance(value, float) else value


Number = Annotated[float, BeforeValidator(_not_bool), AfterValidator(_finite)]
Positive = Annotated[Number, AfterValidator(_positive), Field(json_schema_extra={"exclusiveMinimum": 0})]
Whole = Annotated[int, BeforeValidator(_not_bool)]
Scalar = Annotated[bool | int | float | str, AfterValidator(_storable)]


def fit_scalar(value: Any, element: type) -> Any:
    """Return `value` as an `element`: float takes any finite number, the others only their own type.

    Raises:
        ValueError: `value` is of another type, not finite or too large.
    """
    if type(value) is element or (element is float and type(value) is int):
        return element(_storable(value))
    raise ValueError(f"must be {TYPE_NAMES[element]}, but got {value!r}")


def _same_type(values: list[Any]) -> list[Any]:
    types = {type(value) for value in values}
    if types == {int, float}:
        return [float(value) for value in values]
    if len(types) > 1:
        kinds = " and ".join(sorted(TYPE_NAMES[kind] for kind in types))
        raise ValueError(f"must be values of one type, but got {kinds}: {values}")
    return values


# Numbers of both types become floats, because a column of a table has one type.
Scalars = Annotated[list[Scalar], Field(min_length=1), AfterValidator(_same_type)]


class ValueSpec(BaseModel):
    """What a study file says of a value that differs from trial to trial."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    description: str = Field(default="", description="What the value means, in a sentence.")

    @model_validator(mode="after")
    def _validated(self) -> Self:
        self.check()
        return self

    def check(self) -> None:
        """Raise ValueError where a rule between several fields does not hold."""


class BaseDistribution(ValueSpec):
    """A distribution as the study file writes it."""


class ColumnDistribution(BaseDistribution):
    """A distribution of one value, so of one column of the tables."""

    unit: str = Field(default="", description="Unit of the value, such as N/m.")

    @property
    def element(self) -> type:
        """Type of the value: float, int, bool or str; of its elements where the value is a list."""
        return float

    @property
    def is_list(self) -> bool:
        """Whether one value is a list."""
        return False

    def fit(self, value: Any) -> Any:
        """Return `value` as the type that this distribution's column holds; its support does not matter.

        Raises:
            ValueError: `value` is of another type.
        """
        if not self.is_list:
            return fit_scalar(value, self.element)
        if not isinstance(value, list):
            raise ValueError(f"must be a list, but got {value!r}")
        return [fit_scalar(element, self.element) for element in value]


class ContinuousDistribution(ColumnDistribution):
    """A distribution of one real number."""

    nominal: Number | None = Field(default=None, description="Value of the nominal trial, within the support.")

    def support(self) -> tuple[float, float]:
        """Return the least and the greatest value that can come."""
        return -math.inf, math.inf

    def check(self) -> None:
        low, high = self.support()
        if self.nominal is not None:
            require(low <= self.nominal <= high, f"{plain(low)} <= nominal <= {plain(high)}", nominal=self.nominal)
