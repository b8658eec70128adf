"""Splits: which trials of a study to compare with which, and in what."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from mojo.columns import ENDED
from mojo.evidence.splits import FEWEST, Split, splits
from mojo.report.data import StudyData, floats, is_number
from mojo.report.numbers import shortened

CONFIDENCE = 0.9
MAX_WORDS = 20
FAILS = "requirement:"  # no input has that name


@dataclass(frozen=True)
class Divided:
    """Trials that fail in some way, beside those that do not.

    Attributes:
        what: The way, in words.
        failed: How many do.
        passed: How many do not.
        compared: How many of all are compared: those that do not depend on each other.
        few: Whether too few of them fail, or pass, to be compared.
        splits: The inputs, the clearest difference first; none where there are too few trials.
        axes: Inputs that are numbers, in the same order.
        rows: `trial`, `FAILS` and the inputs of `axes`.
    """

    what: str
    failed: int
    passed: int
    compared: int
    few: bool
    splits: list[Split]
    axes: list[str]
    rows: pl.DataFrame


def find_splits(data: StudyData) -> list[Divided]:
    """Return the splits by each outcome without success, and by each requirement that some trials do not meet."""
    drawn = data.table if data.nominal is None else data.table.filter(pl.col("trial") != data.nominal)
    inputs = [name for name in dict.fromkeys((*data.parameters, *data.named)) if _is_comparable(drawn[name])]
    if not inputs:
        return []
    good = pl.col("outcome") == "success"
    wanted = [
        (words.capitalize(), drawn.filter(good | (pl.col("outcome") == outcome)), pl.col("outcome") == outcome)
        for outcome, words in ENDED.items()
    ]
    for verdict in data.verdicts:
        if verdict.column in drawn.columns:
            judged = drawn.drop_nulls(verdict.column)
            wanted.append((f"Does not meet “{shortened(verdict.name)}”", judged, ~pl.col(verdict.column)))
    found = []
    for what, rows, fails in wanted:
        marked = rows.with_columns(fails.alias(FAILS))
        if marked[FAILS].any():
            found.append(_divided(what, marked, inputs, data.apart(marked["trial"].to_numpy())))
    return found


def _is_comparable(column: pl.Series) -> bool:
    if column.dtype.is_nested():
        return False
    different = column.drop_nulls().n_unique()
    return different > 1 and (_is_axis(column) or different <= MAX_WORDS)


def _is_axis(column: pl.Series) -> bool:
    return is_number(column) and column.dtype != pl.Boolean


def _divided(what: str, rows: pl.DataFrame, inputs: list[str], apart: np.ndarray) -> Divided:
    fails = rows[FAILS].to_numpy()
    values = {
        name: floats(rows[name]) if _is_axis(rows[name]) else rows[name].cast(pl.String).fill_null("–").to_numpy()
        for name in inputs
    }
    values = {name: np.where(np.isinf(v), np.nan, v) if v.dtype.kind == "f" else v for name, v in values.items()}
    compared = fails[apart]
    found = splits({name: column[apart] for name, column in values.items()}, compared, CONFIDENCE)
    order = [split.name for split in found] or inputs
    axes = [name for name in order if _is_axis(rows[name])]
    failed, few = int(fails.sum()), bool(min(compared.sum(), (~compared).sum()) < FEWEST)
    marked = rows.select("trial", FAILS, *axes)
    return Divided(what, failed, len(fails) - failed, compared.size, few, found, axes, marked)
