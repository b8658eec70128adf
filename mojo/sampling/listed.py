"""Lists: the rows of a CSV or Parquet file."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from mojo.distributions import AnyDistribution, Constant, column_marginals
from mojo.errors import StudyError, unknown
from mojo.sampling.design_specs import ListDesign
from mojo.sampling.schema import column_types


def read_list(design: ListDesign, parameters: Mapping[str, AnyDistribution]) -> pl.DataFrame:
    """Return the rows of the file, one column for each parameter's column, in the study's order.

    Values are taken as they are, also outside a distribution's support: a list is what the user wants to run.
    A constant that the file does not name keeps its value.

    Raises:
        StudyError: The file cannot be read, has other columns than the parameters', a gap, a value of another
            type or one that is not finite.
    """
    path = Path(design.file)
    table = _read(path)
    marginals = column_marginals(parameters)
    for name in table.columns:
        if name not in marginals:
            raise StudyError(unknown("Parameter", name, marginals, owner=f"the study, but is a column of {path}"))
    for name, marginal in marginals.items():
        if name not in table.columns:
            if not isinstance(marginal, Constant):
                raise StudyError(unknown("Column", name, table.columns, owner=f"{path}, but is a parameter"))
            table = table.with_columns(pl.lit(marginal.value).alias(name))
    types = column_types(parameters)
    return pl.DataFrame([_typed(table[name], dtype, path) for name, dtype in types.items()])


def _read(path: Path) -> pl.DataFrame:
    readers = {".csv": lambda: pl.read_csv(path, infer_schema_length=None), ".parquet": lambda: pl.read_parquet(path)}
    if path.suffix not in readers:
        raise StudyError(f"A list of values must be a .csv or .parquet file, but got {path}.")
    try:
        return readers[path.suffix]()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise StudyError(f"The list of values {path} cannot be read: {error}") from error


def _typed(column: pl.Series, dtype: pl.DataType, path: Path) -> pl.Series:
    where = f"Column '{column.name}' of {path}"
    if column.null_count():
        row = column.is_null().arg_max()
        raise StudyError(f"{where} must have a value in every row, but row {row} (the first is 0) has none.")
    same_kind = (dtype == pl.Float64 and column.dtype.is_numeric()) or (dtype == pl.Int64 and column.dtype.is_integer())
    if column.dtype != dtype and not same_kind:
        raise StudyError(f"{where} must hold {dtype}, but holds {column.dtype}, such as {column[:1].to_list()}.")
    try:
        typed = column.cast(dtype)
    except pl.exceptions.InvalidOperationError as error:
        raise StudyError(f"{where} must hold {dtype}: {error}") from error
    if dtype == pl.Float64 and not typed.is_finite().all():
        came = typed.filter(~typed.is_finite()).to_list()
        raise StudyError(f"{where} must hold finite numbers, but holds {came[:3]}.")
    return typed
