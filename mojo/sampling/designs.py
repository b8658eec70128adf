"""The design table: a value of every parameter for every trial."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from mojo.distributions import AnyDistribution, column_marginals
from mojo.distributions.quantiles import draw, quantiles
from mojo.errors import StudyError
from mojo.sampling.design_specs import Design, GridDesign, ListDesign
from mojo.sampling.grid import grid_columns, grid_size
from mojo.sampling.listed import read_list
from mojo.sampling.overrides import fitted_overrides
from mojo.sampling.points import unit_points
from mojo.sampling.schema import column_types

Parameters = Mapping[str, AnyDistribution]


def design_size(design: Design, parameters: Parameters, nominal_trial: bool) -> int | None:
    """Return the number of trials that `design` has by itself, the nominal trial included; None if it has none.

    Raises:
        StudyError: The grid or list does not fit the parameters.
    """
    if isinstance(design, GridDesign):
        return grid_size(design, parameters) + nominal_trial
    if isinstance(design, ListDesign):
        return len(read_list(design, parameters)) + nominal_trial
    return None


def sample(
    parameters: Parameters,
    design: Design,
    seed: int,
    n_trial: int,
    trials: range,
    nominal_trial: bool,
    overrides: Mapping[str, Any],
) -> pl.DataFrame:
    """Return the values of every parameter in the given trials.

    Trial 0 is the nominal trial if `nominal_trial`: parameters with a `nominal` take it, the others are drawn at
    random; point i of the design is then trial i + 1. Under `random` a value depends on (seed, trial, name)
    alone, under `antithetic` on those of the first trial of its pair, and points of `sobol` and `halton` on the
    parameters' order but not on n_trial. Asking for other trials never changes a value, bit for bit.

    Args:
        parameters: Name and distribution of each parameter.
        design: How points are spread.
        seed: The study's seed, 0 to 2^63 - 1.
        n_trial: Number of trials of the whole study.
        trials: The wanted trials, consecutive; an empty range checks everything and draws nothing.
        nominal_trial: Whether trial 0 is the nominal trial.
        overrides: Values that win over every draw, the nominal trial's too; names of no parameter are left alone.

    Returns:
        One row a trial, with the columns trial, seed, then the parameters' columns in order.

    Raises:
        StudyError: An override is of another type than its parameter, n_trial does not match the size of a
            grid or list, or a grid or list does not fit the parameters.
    """
    assert trials.step == 1 and (not trials or 0 <= trials.start <= trials.stop <= n_trial), (trials, n_trial)
    fixed = fitted_overrides(parameters, overrides)
    _check_size(design, parameters, n_trial, nominal_trial)
    first_trial = int(nominal_trial)
    points = range(max(trials.start, first_trial) - first_trial, max(trials.stop, first_trial) - first_trial)
    rows = _design_rows(design, parameters, seed, n_trial - first_trial, points, first_trial, fixed)
    if nominal_trial and 0 in trials:
        rows = pl.concat([_nominal_row(parameters, seed), rows])
    types = column_types(parameters)
    return pl.DataFrame(
        [
            pl.Series("trial", list(trials), dtype=pl.Int64),
            pl.Series("seed", [seed] * len(trials), dtype=pl.Int64),
            *(
                pl.Series(name, [fixed[name]] * len(trials), dtype=dtype) if name in fixed else rows[name]
                for name, dtype in types.items()
            ),
        ]
    )


def _check_size(design: Design, parameters: Parameters, n_trial: int, nominal_trial: bool) -> None:
    size = design_size(design, parameters, nominal_trial)
    if size is not None and size != n_trial:
        assert not isinstance(design, str)
        points = f"{size - nominal_trial} points" + (" and the nominal trial" if nominal_trial else "")
        raise StudyError(
            f"n_trial must be the size of the {design.type}, {points}, but got {n_trial}. "
            f"Write n_trial: {size}, or leave it out."
        )


def _design_rows(
    design: Design,
    parameters: Parameters,
    seed: int,
    n_point: int,
    points: range,
    first_trial: int,
    fixed: Mapping[str, Any],
) -> pl.DataFrame:
    if isinstance(design, ListDesign):
        return read_list(design, parameters)[points.start : points.stop]
    columns: dict[str, Any] = {}
    if isinstance(design, GridDesign):
        columns = grid_columns(design, parameters, points)
    else:
        for key, u in unit_points(design, parameters, seed, n_point, points, first_trial, fixed).items():
            columns |= quantiles(key, parameters[key], u)
    return _typed(columns, parameters)


def _nominal_row(parameters: Parameters, seed: int) -> pl.DataFrame:
    drawn = {name: value for key, spec in parameters.items() for name, value in draw(spec, key, seed, 0).items()}
    nominal = {name: marginal.nominal for name, marginal in column_marginals(parameters).items()}
    row = {name: drawn[name] if nominal[name] is None else nominal[name] for name in drawn}
    return _typed({name: [value] for name, value in row.items()}, parameters)


def _typed(columns: Mapping[str, Any], parameters: Parameters) -> pl.DataFrame:
    types = column_types(parameters)
    return pl.DataFrame([pl.Series(name, values, dtype=types[name]) for name, values in columns.items()])
