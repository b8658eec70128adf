"""Types of the columns of a design table."""

from collections.abc import Mapping

import polars as pl

from mojo.distributions import AnyDistribution, column_marginals

_TYPES: dict[type, pl.DataType] = {float: pl.Float64(), int: pl.Int64(), bool: pl.Boolean(), str: pl.String()}


def polars_type(element: type, is_list: bool) -> pl.DataType:
    """Return the type of a column of values, or of lists of values, of a Python type."""
    return pl.List(_TYPES[element]) if is_list else _TYPES[element]


def column_types(parameters: Mapping[str, AnyDistribution]) -> dict[str, pl.DataType]:
    """Return the type of every column that `parameters` define, so that all batches agree on it."""
    return {
        name: polars_type(marginal.element, marginal.is_list) for name, marginal in column_marginals(parameters).items()
    }
