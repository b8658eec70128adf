"""Distributions of one real number."""

import math
from typing import Literal

from pydantic import Field

from mojo.distributions.base import ContinuousDistribution, Number, Positive, require

# So far out, the logarithm of the tail (-5e7) keeps 8 digits behind the point; farther out, rounding shapes the draw.
MAX_TAIL = 1e4


class Uniform(ContinuousDistribution):
    """Every value between two bounds is equally likely."""

    distribution: Literal["uniform"] = Field(default="uniform", description="Equally likely between two bounds.")
    low: Number = Field(description="Lower bound.")
    high: Number = Field(description="Upper bound.")

    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def check(self) -> None:
        require(self.low < self.high, "low < high", low=self.low, high=self.high)
        super().check()


class Normal(ContinuousDistribution):
    """Normal (Gaussian) distribution."""

    distribution: Literal["normal"] = Field(default="normal", description="Normal (Gaussian).")
    mean: Number = Field(description="Mean.")
    std: Positive = Field(description="Standard deviation, above 0.")


class TruncatedNormal(ContinuousDistribution):
    """Normal distribution, given that the value lies between two bounds."""

    distribution: Literal["truncated_normal"] = Field(
        default="truncated_normal", description="Normal, given that the value lies between two bounds."
    )
    mean: Number = Field(description="Mean before truncation.")
    std: Positive = Field(description="Standard deviation before truncation, above 0.")
    low: Number = Field(description="Lower bound, in the unit of the value (not in deviations).")
    high: Number = Field(description="Upper bound, in the unit of the value (not in deviations).")

    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def check(self) -> None:
        require(self.low < self.high, "low < high", low=self.low, high=self.high)
        distance = max(self.low - self.mean, self.mean - self.high) / self.std
        require(
            distance <= MAX_TAIL,
            f"bounds within {MAX_TAIL:g} std of mean",
            low=self.low,
            high=self.high,
            mean=self.mean,
        )
        super().check()


class LogNormal(ContinuousDistribution):
    """The natural logarithm of the value is normal."""

    distribution: Literal["log_normal"] = Field(
        default="log_normal", description="The natural logarithm of the value is normal."
    )
    median: Positive = Field(description="Median of the value, above 0: exp of the mean of the logarithm.")
    log_std: Positive = Field(
        description="Standard deviation of the natural logarithm, above 0: 0.1 is a spread of about 10 %."
    )
    nominal: Positive | None = Field(default=None, description="Value of the nominal trial, above 0.")


class LogUniform(ContinuousDistribution):
    """The logarithm of the value is uniform."""

    distribution: Literal["log_uniform"] = Field(
        default="log_uniform", description="The logarithm of the value is uniform: every decade is equally likely."
    )
    low: Positive = Field(description="Lower bound, above 0.")
    high: Positive = Field(description="Upper bound.")

    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def check(self) -> None:
        require(self.low < self.high, "low < high", low=self.low, high=self.high)
        super().check()


class Triangular(ContinuousDistribution):
    """The density rises linearly from the lower bound to the mode and falls to the upper bound."""

    distribution: Literal["triangular"] = Field(
        default="triangular", description="Density rising linearly to the mode, then falling."
    )
    low: Number = Field(description="Lower bound.")
    mode: Number = Field(description="Most likely value, from low to high.")
    high: Number = Field(description="Upper bound.")

    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def check(self) -> None:
        require(self.low < self.high, "low < high", low=self.low, high=self.high)
        require(self.low <= self.mode <= self.high, "low <= mode <= high", low=self.low, mode=self.mode, high=self.high)
        super().check()


class Beta(ContinuousDistribution):
    """Beta distribution, stretched from [0, 1] to [low, high]."""

    distribution: Literal["beta"] = Field(default="beta", description="Beta, stretched from [0, 1] to [low, high].")
    alpha: Positive = Field(description="First shape, above 0; large values push towards high.")
    beta: Positive = Field(description="Second shape, above 0; large values push towards low.")
    low: Number = Field(default=0.0, description="Lower bound.")
    high: Number = Field(default=1.0, description="Upper bound.")

    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def check(self) -> None:
        require(self.low < self.high, "low < high", low=self.low, high=self.high)
        super().check()


class NonNegativeDistribution(ContinuousDistribution):
    """A distribution from 0 upwards."""

    def support(self) -> tuple[float, float]:
        return 0.0, math.inf


class Gamma(NonNegativeDistribution):
    """Gamma distribution; its mean is shape · scale."""

    distribution: Literal["gamma"] = Field(default="gamma", description="Gamma; its mean is shape · scale.")
    shape: Positive = Field(description="Shape, above 0.")
    scale: Positive = Field(description="Scale, above 0.")


class Weibull(NonNegativeDistribution):
    """Weibull distribution of minima: P(value > x) = exp(-(x/scale)^shape)."""

    distribution: Literal["weibull"] = Field(
        default="weibull", description="Weibull: P(value > x) = exp(-(x/scale)^shape)."
    )
    shape: Positive = Field(description="Shape, above 0; 1 is the exponential, 2 the Rayleigh distribution.")
    scale: Positive = Field(description="Scale, above 0: 63.2 % of the values lie below.")


class Exponential(NonNegativeDistribution):
    """Exponential distribution; its mean is the scale."""

    distribution: Literal["exponential"] = Field(
        default="exponential", description="Exponential: P(value > x) = exp(-x/scale)."
    )
    scale: Positive = Field(description="Mean of the value, above 0.")


class Rayleigh(NonNegativeDistribution):
    """Rayleigh distribution: the length of a plane vector with two independent normal components."""

    distribution: Literal["rayleigh"] = Field(
        default="rayleigh", description="Rayleigh: length of a vector with two independent normal components."
    )
    scale: Positive = Field(description="Standard deviation of each component, above 0.")
