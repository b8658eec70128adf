"""From points of the unit cube to values, by the inverse of each distribution function.

Every design goes through here, so random, Latin hypercube, Sobol, Halton and antithetic points share one path.
The value of a point does not depend on how many others are computed with it, bit for bit: everything works
element by element, and matrix products are written out as sums of components.
"""

import math
from typing import Any

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
from mojo.distributions.correlated import CorrelatedNormal, Matrix
from mojo.distributions.discrete import Bernoulli, Categorical, Constant, Integer, Permutation, Poisson
from mojo.distributions.specs import AnyDistribution, ColumnSpec, dimension
from mojo.errors import StudyError
from mojo.randomness import generator

# Half the distance between neighbouring random floats from 1 downwards: a normal stays within 8.2 deviations.
SMALLEST = 2.0**-53
# A pivot below this is rounding: the number is a combination of those before it.
PIVOT_TOLERANCE = 1e-13

Values = np.ndarray | list[Any]


def quantiles(key: str, spec: AnyDistribution, u: np.ndarray) -> dict[str, Values]:
    """Return the values that `spec` has at points of the unit cube.

    x = F⁻¹(u). Coordinates are clipped to [2⁻⁵³, 1 - 2⁻⁵³], so that the corner 0, where an unscrambled
    sequence starts, gives no infinity. Correlated normals are mean + std·(L·Φ⁻¹(u)) with L·Lᵀ the correlation
    matrix; a permutation is the order that sorts its coordinates.

    Args:
        key: Name of the parameter.
        spec: Its distribution.
        u: Points, each coordinate in [0, 1], shape (n, dimension(spec)).

    Returns:
        For each column its n values: an array of float64, int64 or bool, else a list of texts or lists.

    Raises:
        StudyError: A value is beyond the range of floating-point numbers.
    """
    assert u.ndim == 2 and u.shape[1] == dimension(spec), (u.shape, dimension(spec))
    inner = np.clip(u, SMALLEST, 1 - SMALLEST)
    if isinstance(spec, CorrelatedNormal):
        return dict(zip(spec.names, _correlated(spec, inner), strict=True))
    if isinstance(spec, Permutation):
        return {key: [[spec.values[i] for i in np.argsort(row, kind="stable")] for row in inner]}
    # Contiguous, because NumPy may take another, differently rounding path for strided arrays.
    return {key: _scalar_quantiles(key, spec, np.ascontiguousarray(inner[:, 0]))}


def draw(spec: AnyDistribution, key: str, seed: int, trial: int) -> dict[str, Any]:
    """Return the values that one trial draws for the parameter `key`, as plain Python objects.

    They equal those of the design `random` for the same seed, trial and key, bit for bit.
    """
    u = generator(seed, trial, key).random(dimension(spec)).reshape(1, -1)
    found = quantiles(key, spec, u)
    return {name: values.tolist()[0] if isinstance(values, np.ndarray) else values[0] for name, values in found.items()}


def _scalar_quantiles(key: str, spec: ColumnSpec, u: np.ndarray) -> Values:
    match spec:
        case Constant():
            return _as_values([spec.value] * len(u), spec)
        case Categorical():
            return _as_values([spec.values[i] for i in _categories(spec, u)], spec)
        case Bernoulli():
            return u > 1 - spec.probability
        case Integer():
            count = spec.high - spec.low + 1
            return spec.low + np.minimum(np.floor(u * count).astype(np.int64), count - 1)
        case Poisson():
            return _poisson(spec.rate, u)
    assert isinstance(spec, ContinuousDistribution)
    with np.errstate(over="ignore"):
        values = np.clip(_continuous(spec, u), *spec.support())
    if not np.isfinite(values).all():
        raise StudyError(f"The distribution of '{key}' reaches beyond the range of floating-point numbers: {spec!r}.")
    return values


def _as_values(values: list[Any], spec: ColumnSpec) -> Values:
    return values if spec.is_list or spec.element is str else np.array(values, dtype=spec.element)


def _categories(spec: Categorical, u: np.ndarray) -> np.ndarray:
    """Return the index of the category at each u: the first whose cumulative weight reaches it."""
    weights = spec.weights or [1.0] * len(spec.values)
    total = math.fsum(weights)
    last = max(i for i, weight in enumerate(weights) if weight > 0)
    return np.minimum(np.searchsorted(np.cumsum(weights) / total, u, side="left"), last)


def _correlated(spec: CorrelatedNormal, u: np.ndarray) -> list[np.ndarray]:
    normal = [special.ndtri(np.ascontiguousarray(column)) for column in u.T]
    found = []
    for mean, std, row in zip(spec.mean, spec.deviations, correlation_factor(spec.correlations), strict=True):
        total = row[0] * normal[0]
        for weight, component in zip(row[1:], normal[1:], strict=True):
            total = total + weight * component
        found.append(mean + std * total)
    return found


def correlation_factor(correlation: Matrix) -> Matrix:
    """Return the lower triangular L with L·Lᵀ = `correlation`, which may be singular.

    Cholesky's factor with zeros in the columns of vanishing pivots. Unlike an eigenvector factor it is unique,
    so it is the same on every machine, and the first number keeps the first coordinate to itself.
    """
    count = len(correlation)
    factor = [[0.0] * count for _ in range(count)]
    for j in range(count):
        pivot = correlation[j][j] - math.fsum(value * value for value in factor[j][:j])
        if pivot <= PIVOT_TOLERANCE:
            continue
        factor[j][j] = math.sqrt(pivot)
        for i in range(j + 1, count):
            rest = correlation[i][j] - math.fsum(factor[i][k] * factor[j][k] for k in range(j))
            factor[i][j] = rest / factor[j][j]
    return factor


def _continuous(spec: ContinuousDistribution, u: np.ndarray) -> np.ndarray:
    """Return F⁻¹(u). SciPy's special functions, because `scipy.stats` takes a second to import."""
    match spec:
        case Uniform(low=low, high=high):
            return low + (high - low) * u
        case Normal():
            return spec.mean + spec.std * special.ndtri(u)
        case TruncatedNormal(mean=mean, std=std, low=low, high=high):
            return mean + std * _truncated_normal((low - mean) / std, (high - mean) / std, u)
        case LogNormal():
            return spec.median * np.exp(spec.log_std * special.ndtri(u))
        case LogUniform(low=low, high=high):
            return np.exp(math.log(low) + (math.log(high) - math.log(low)) * u)
        case Triangular(low=low, high=high):
            peak = (spec.mode - low) / (high - low)
            return low + (high - low) * np.where(u < peak, np.sqrt(peak * u), 1 - np.sqrt((1 - peak) * (1 - u)))
        case Beta(low=low, high=high):
            return low + (high - low) * special.betaincinv(spec.alpha, spec.beta, u)
        case Gamma():
            return spec.scale * special.gammaincinv(spec.shape, u)
        case Weibull():
            return spec.scale * (-np.log1p(-u)) ** (1 / spec.shape)
        case Exponential():
            return -spec.scale * np.log1p(-u)
        case Rayleigh():
            return spec.scale * np.sqrt(-2 * np.log1p(-u))
    raise AssertionError(f"no quantiles for {type(spec).__name__}")


def _truncated_normal(low: float, high: float, u: np.ndarray) -> np.ndarray:
    """Return Φ⁻¹((1 - u)·Φ(low) + u·Φ(high)) by logarithms, which far tails do not underflow."""
    if low > 0:  # Φ rounds to 1 there, so its mirror image is taken
        return -_truncated_normal(-high, -low, 1 - u)
    return special.ndtri_exp(np.logaddexp(np.log1p(-u) + special.log_ndtr(low), np.log(u) + special.log_ndtr(high)))


def _poisson(rate: float, u: np.ndarray) -> np.ndarray:
    """Return the smallest k with F(k) >= u; `pdtrik` solves F(k) = u for a real k, and may round across a whole one."""
    above = np.ceil(special.pdtrik(u, rate))
    below = np.maximum(above - 1, 0)
    return np.where(special.pdtr(below, rate) >= u, below, above).astype(np.int64)
