"""Types of the columns of a design table."""

from collections.abc import Mapping

import polars as pl

from mojo.distributions import AnyDistribution, column_marginals

_TYPES: dict[type, pl.DataType] = {float: pl.Float64(), int: pl.Int64(), bool: pl.Boolean(), str: pl.String()}


def column_types(parameters: Mapping[str, AnyDistribution]) -> dict[str, pl.DataType]:
    """Return the type of every column that `parameters` define, so that all batches agree on it."""
    return {
        name: pl.List(_TYPES[marginal.element]) if marginal.is_list else _TYPES[marginal.element]
        for name, marginal in column_marginals(parameters).items()
    }
