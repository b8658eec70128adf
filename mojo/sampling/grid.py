"""Grids: every combination of given values."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mojo.distributions import AnyDistribution, ColumnSpec, Constant, Permutation, column_marginals
from mojo.distributions.quantiles import quantiles
from mojo.errors import StudyError, unknown
from mojo.sampling.design_specs import GridDesign


def grid_size(design: GridDesign, parameters: Mapping[str, AnyDistribution]) -> int:
    """Return the number of combinations.

    Raises:
        StudyError: As `grid_columns`.
    """
    return math.prod(_axis_sizes(design, parameters).values())


def grid_columns(design: GridDesign, parameters: Mapping[str, AnyDistribution], points: range) -> dict[str, list[Any]]:
    """Return the values of every column at the given points of the grid.

    The study's first parameter varies slowest. A level i of n is the quantile (i + 1/2)/n. A constant that the
    grid does not name keeps its value.

    Raises:
        StudyError: The grid names no parameter, leaves one out, or gives values of another type.
    """
    sizes = _axis_sizes(design, parameters)
    found: dict[str, list[Any]] = {}
    stride = math.prod(sizes.values())
    for name, marginal in column_marginals(parameters).items():
        values = _axis_values(design, name, marginal)
        stride //= len(values)
        found[name] = [values[point // stride % len(values)] for point in points]
    return found


def _axis_sizes(design: GridDesign, parameters: Mapping[str, AnyDistribution]) -> dict[str, int]:
    marginals = column_marginals(parameters)
    for name in [*design.values, *design.levels]:
        if name not in marginals:
            raise StudyError(unknown("Parameter", name, marginals, owner="the study, but in its grid"))
    for name, marginal in marginals.items():
        if name not in design.values and name not in design.levels and not isinstance(marginal, Constant):
            raise StudyError(
                f"A grid fixes every parameter, but it leaves out '{name}'. Give it `values` or `levels`, "
                f"or make it a constant."
            )
    return {name: len(_axis_values(design, name, marginal)) for name, marginal in marginals.items()}


def _axis_values(design: GridDesign, name: str, marginal: ColumnSpec) -> list[Any]:
    if name in design.levels:
        return _levels(name, marginal, design.levels[name])
    if name not in design.values:
        assert isinstance(marginal, Constant)
        return [marginal.value]
    try:
        return [marginal.fit(value) for value in design.values[name]]
    except ValueError as error:
        raise StudyError(f"A grid value of '{name}' {error}.") from error


def _levels(name: str, marginal: ColumnSpec, count: int) -> list[Any]:
    if isinstance(marginal, Permutation | Constant):
        raise StudyError(f"A {marginal.distribution} has no levels; give the grid `values` of '{name}'.")
    middles = (np.arange(count) + 0.5) / count
    return list(quantiles(name, marginal, middles.reshape(-1, 1))[name])
