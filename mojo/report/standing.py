"""Standing: how far out in its distribution a value lies."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from mojo.distributions.base import ContinuousDistribution
from mojo.distributions.continuous import (
    Beta,
    Exponential,
    Gamma,
    LogNormal,
    LogUniform,
    Normal,
    Rayleigh,
    Triangular,
    TruncatedNormal,
    Uniform,
    Weibull,
)
from mojo.distributions.discrete import Integer, Poisson
from mojo.distributions.specs import ColumnSpec


@dataclass(frozen=True)
class Standing:
    """Where a value lies in its distribution.

    Attributes:
        quantile: F(x), the probability of this value or a lower one, 0 to 1.
        sigmas: (x - mean)/std of a normal distribution; None of any other.
    """

    quantile: float
    sigmas: float | None = None

    @property
    def unusual(self) -> float:
        """How unusual it is: the distance from the middle of a normal distribution with the same quantile."""
        if self.sigmas is not None:
            return abs(self.sigmas)
        return abs(float(special.ndtri(np.clip(self.quantile, 1e-16, 1 - 1e-16))))


def standing(spec: ColumnSpec, value: object) -> Standing | None:
    """Return where `value` lies in the distribution `spec`; None for texts, truth values, lists and constants."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None
    if isinstance(spec, Normal):
        sigmas = (value - spec.mean) / spec.std
        return Standing(float(special.ndtr(sigmas)), sigmas)
    if isinstance(spec, ContinuousDistribution):
        low, high = spec.support()
        return Standing(float(np.clip(_probability(spec, min(max(value, low), high)), 0, 1)))
    if isinstance(spec, Integer):
        whole = math.floor(min(max(value, spec.low - 1), spec.high))
        return Standing((whole - spec.low + 1) / (spec.high - spec.low + 1))
    if isinstance(spec, Poisson):
        return Standing(float(special.pdtr(value, spec.rate)) if value >= 0 else 0.0)
    return None


def _probability(spec: ContinuousDistribution, x: float) -> float:
    """Return F(x) at an x in the support, the inverse of `mojo.distributions.quantiles`."""
    match spec:
        case Uniform(low=low, high=high):
            return (x - low) / (high - low)
        case TruncatedNormal(mean=mean, std=std, low=low, high=high):
            return _truncated((low - mean) / std, (high - mean) / std, (x - mean) / std)
        case LogNormal():
            return special.ndtr(math.log(x / spec.median) / spec.log_std) if x > 0 else 0.0
        case LogUniform(low=low, high=high):
            return math.log(x / low) / math.log(high / low)
        case Triangular(low=low, high=high, mode=mode):
            if x < mode:
                return (x - low) ** 2 / ((high - low) * (mode - low))
            return 1 - (high - x) ** 2 / ((high - low) * (high - mode)) if x < high else 1.0
        case Beta(low=low, high=high):
            return special.betainc(spec.alpha, spec.beta, (x - low) / (high - low))
        case Gamma():
            return special.gammainc(spec.shape, x / spec.scale)
        case Weibull():
            return -math.expm1(-((x / spec.scale) ** spec.shape))
        case Exponential():
            return -math.expm1(-x / spec.scale)
        case Rayleigh():
            return -math.expm1(-0.5 * (x / spec.scale) ** 2)
    raise AssertionError(f"no probabilities for {type(spec).__name__}")


def _truncated(low: float, high: float, z: float) -> float:
    """Return (Φ(z) - Φ(low)) / (Φ(high) - Φ(low)) by logarithms, which far tails do not underflow."""
    if low > 0:  # Φ rounds to 1 there, so its mirror image is taken
        return 1 - _truncated(-high, -low, -z)
    least, here, most = special.log_ndtr(np.array([low, z, high]))
    return float(np.exp(here - most) * np.expm1(least - here) / np.expm1(least - most))
