"""Distributions of whole numbers, truth values, choices and orders, and the constant."""

import math
from typing import Any, Literal

from pydantic import Field

from mojo.distributions.base import (
    ColumnDistribution,
    Number,
    Positive,
    Scalar,
    Scalars,
    Whole,
    fit_scalar,
    require,
)

# Floats hold every whole number up to here, and quantiles are computed in floats.
MAX_WHOLE = 2**53
# Weights typed by hand are rounded; sums within this of 1 are scaled to 1.
WEIGHT_TOLERANCE = 1e-6


class Poisson(ColumnDistribution):
    """Count of independent events."""

    distribution: Literal["poisson"] = Field(default="poisson", description="Count of independent events.")
    rate: Positive = Field(description="Mean count, above 0.")
    nominal: Whole | None = Field(default=None, description="Count of the nominal trial, 0 or more.")

    @property
    def element(self) -> type:
        return int

    def check(self) -> None:
        require(self.rate <= 1e9, "rate <= 1e9", rate=self.rate)
        require(self.nominal is None or 0 <= self.nominal <= MAX_WHOLE, "0 <= nominal", nominal=self.nominal)


class Integer(ColumnDistribution):
    """Every whole number from low to high, both included, is equally likely."""

    distribution: Literal["integer"] = Field(
        default="integer", description="Whole numbers from low to high, both included, equally likely."
    )
    low: Whole = Field(description="Least value.")
    high: Whole = Field(description="Greatest value; it can come.")
    nominal: Whole | None = Field(default=None, description="Value of the nominal trial, from low to high.")

    @property
    def element(self) -> type:
        return int

    def check(self) -> None:
        low, high = self.low, self.high
        require(low < high, "low < high", low=low, high=high)
        require(max(-low, high) <= MAX_WHOLE, "-2**53 <= low, high <= 2**53", low=low, high=high)
        if self.nominal is not None:
            require(low <= self.nominal <= high, f"{low} <= nominal <= {high}", nominal=self.nominal)


class Bernoulli(ColumnDistribution):
    """True with a probability."""

    distribution: Literal["bernoulli"] = Field(default="bernoulli", description="True with a probability, else false.")
    probability: Number = Field(description="Probability of true, from 0 to 1.", json_schema_extra={"maximum": 1})
    nominal: bool | None = Field(default=None, description="Value of the nominal trial, true or false.")

    @property
    def element(self) -> type:
        return bool

    def check(self) -> None:
        require(0 <= self.probability <= 1, "0 <= probability <= 1", probability=self.probability)


class Categorical(ColumnDistribution):
    """One of several values."""

    distribution: Literal["categorical"] = Field(default="categorical", description="One of several values.")
    values: Scalars = Field(description="The values, all of one type: numbers, texts or truth values.")
    weights: list[Number] | None = Field(
        default=None, description="Probability of each value; their sum is 1. Equal if left out."
    )
    nominal: Scalar | None = Field(default=None, description="Value of the nominal trial, one of the values.")

    @property
    def element(self) -> type:
        return type(self.values[0])

    def check(self) -> None:
        require(len(set(self.values)) == len(self.values), "values all different", values=self.values)
        if self.weights is not None:
            require(
                len(self.weights) == len(self.values),
                "as many weights as values",
                weights=len(self.weights),
                values=len(self.values),
            )
            require(min(self.weights) >= 0, "every weight >= 0", weights=self.weights)
            total = math.fsum(self.weights)
            require(abs(total - 1) <= WEIGHT_TOLERANCE, "sum of weights == 1", sum=total)
        if self.nominal is not None:
            fitting = fit_scalar(self.nominal, self.element)
            require(fitting in self.values, "nominal is one of values", nominal=self.nominal, values=self.values)


class Permutation(ColumnDistribution):
    """The values in an order; every order is equally likely."""

    distribution: Literal["permutation"] = Field(
        default="permutation", description="The values in an order; every order is equally likely."
    )
    values: Scalars = Field(description="The values to order, all of one type.")
    nominal: Scalars | None = Field(default=None, description="Order of the nominal trial.")

    @property
    def element(self) -> type:
        return type(self.values[0])

    @property
    def is_list(self) -> bool:
        return True

    def check(self) -> None:
        if self.nominal is not None:
            fitting = self.fit(self.nominal)
            require(
                sorted(fitting) == sorted(self.values),
                "nominal is an order of values",
                nominal=self.nominal,
                values=self.values,
            )


class Constant(ColumnDistribution):
    """The same value in every trial."""

    distribution: Literal["constant"] = Field(default="constant", description="The same value in every trial.")
    value: Scalar | Scalars = Field(description="A number, a text, a truth value, or a list of one of them.")

    @property
    def nominal(self) -> Any:
        """The value itself."""
        return self.value

    @property
    def element(self) -> type:
        return type(self.value[0]) if isinstance(self.value, list) else type(self.value)

    @property
    def is_list(self) -> bool:
        return isinstance(self.value, list)
