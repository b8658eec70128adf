"""The closed set of distributions that a study file may name, and the columns that each defines."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

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
from mojo.distributions.correlated import CorrelatedNormal
from mojo.distributions.discrete import Bernoulli, Categorical, Constant, Integer, Permutation, Poisson
from mojo.errors import StudyError

ColumnSpec = (
    Uniform
    | Normal
    | TruncatedNormal
    | LogNormal
    | LogUniform
    | Triangular
    | Beta
    | Gamma
    | Weibull
    | Exponential
    | Rayleigh
    | Poisson
    | Integer
    | Bernoulli
    | Categorical
    | Permutation
    | Constant
)
AnyDistribution = ColumnSpec | CorrelatedNormal
Distribution = Annotated[AnyDistribution, Field(discriminator="distribution")]


def marginals(key: str, spec: AnyDistribution) -> dict[str, ColumnSpec]:
    """Return the distribution of each column that the parameter `key` defines, taken by itself.

    Correlated normals define a normal column for each of their names; every other distribution defines
    one column, named `key`.
    """
    if not isinstance(spec, CorrelatedNormal):
        return {key: spec}
    nominal: Sequence[float | None] = spec.nominal or [None] * len(spec.names)
    units = spec.units or [spec.unit] * len(spec.names)
    rows = zip(spec.names, spec.mean, spec.deviations, nominal, units, strict=True)
    return {
        name: Normal(mean=mean, std=std, nominal=value, unit=unit, description=spec.description)
        for name, mean, std, value, unit in rows
    }


def columns(key: str, spec: AnyDistribution) -> list[str]:
    """Return the names of the values that the parameter `key` defines."""
    return list(spec.names) if isinstance(spec, CorrelatedNormal) else [key]


def dimension(spec: AnyDistribution) -> int:
    """Return how many coordinates of the unit cube one value takes: 1, or one for each element."""
    if isinstance(spec, CorrelatedNormal):
        return len(spec.names)
    return len(spec.values) if isinstance(spec, Permutation) else 1


def column_marginals(parameters: Mapping[str, AnyDistribution]) -> dict[str, ColumnSpec]:
    """Return the distribution of every column that `parameters` define, in order.

    Raises:
        StudyError: Two parameters define the same column.
    """
    found: dict[str, ColumnSpec] = {}
    for key, spec in parameters.items():
        for name, marginal in marginals(key, spec).items():
            if name in found:
                raise StudyError(f"Two parameters define '{name}'; the second is in '{key}'. Rename one of them.")
            found[name] = marginal
    return found
