"""Join: the tables of all stages and batches to one row a trial."""

import json

import polars as pl
import pyarrow as pa

from mojo.columns import value_column, verdict_column
from mojo.layout import StudyLayout
from mojo.study.frozen import FrozenStudy, read_frozen
from mojo.study.requirements import LimitRequirement
from mojo.trial.tables import META, OUTCOME_FIELDS, metric_column, read_table, table_of, unique, write_arrow


def write_trials_table(layout: StudyLayout) -> None:
    """Join the tables of all batches to trials.parquet: one row a trial, and what each column is."""
    frozen = read_frozen(layout)
    frames = {stage: _read_batches(layout, frozen, stage) for stage in ("design", "models", "outcomes", "scores")}
    parameters = frozen.study.parameter_columns()
    joined = frames["design"].frame.with_columns(batch=pl.col("trial") // frozen.batch_size)
    joined = _overlay(joined, frames["models"].frame)
    outcomes = frames["outcomes"].frame.drop(OUTCOME_FIELDS)
    joined = _overlay(joined, outcomes)
    metrics = {name: metric_column(name, joined.columns) for name in frames["scores"].meta("metrics")}
    scores = _with_verdicts(frames["scores"].frame.rename(metrics), frozen)
    joined = joined.join(scores, on="trial", how="left").sort("trial")
    named = [name for stage in ("models", "outcomes") for name in frames[stage].meta("named")]
    meta = {
        "parameters": parameters,
        "named": [name for name in unique(named) if name not in parameters],
        "metrics": list(metrics.values()),
    }
    units = {name: unit for batches in frames.values() for name, unit in batches.units.items()}
    units |= _requirement_units(frozen)
    first = ["trial", *frozen.study.LABELS, "batch", "seed", *parameters]
    joined = joined.select(first + [name for name in joined.columns if name not in first])
    write_arrow(layout.trials_table, joined.to_arrow(), units, meta)


def _with_verdicts(scores: pl.DataFrame, frozen: FrozenStudy) -> pl.DataFrame:
    """Return the scores with a verdict and a value of every requirement, also where no trial has any."""
    types: dict[str, type[pl.DataType]] = {verdict_column(name): pl.Boolean for name in frozen.study.requirements}
    types |= {value_column(name): pl.Float64 for name in frozen.study.requirements}
    return scores.with_columns(
        (pl.col(name) if name in scores.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in types.items()
    )


def _requirement_units(frozen: FrozenStudy) -> dict[str, str]:
    asked = frozen.study.requirements.items()
    return {value_column(name): limits.unit for name, limits in asked if isinstance(limits, LimitRequirement)}


class _Batches:
    """The tables of one stage, put together."""

    def __init__(self, frame: pl.DataFrame, schemas: list[pa.Schema]) -> None:
        self.frame = frame
        self._metas = [json.loads((schema.metadata or {}).get(META, b"{}")) for schema in schemas]
        self.units = {
            field.name: field.metadata[b"unit"].decode()
            for schema in schemas
            for field in schema
            if field.metadata and b"unit" in field.metadata
        }

    def meta(self, key: str) -> list[str]:
        return unique(name for meta in self._metas for name in meta.get(key, []))


def _read_batches(layout: StudyLayout, frozen: FrozenStudy, stage: str) -> _Batches:
    tables = [read_table(layout.table(stage, batch)) for batch in frozen.batches]
    frames = [frame for table in tables if isinstance(frame := pl.from_arrow(table), pl.DataFrame)]
    try:
        frame = pl.concat(frames, how="diagonal_relaxed")
    except pl.exceptions.SchemaError:  # a named value or metric is a list in one batch and a number in another
        frame = pl.DataFrame(table_of([row for table in tables for row in table.to_pylist()]))
    return _Batches(frame, [table.schema for table in tables])


def _overlay(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Return `left` with the columns of `right`; where both have a value, that of `right` counts."""
    both = [name for name in right.columns if name in left.columns and name != "trial"]
    joined = left.join(right, on="trial", how="left", suffix=":right")
    joined = joined.with_columns(pl.coalesce(f"{name}:right", name).alias(name) for name in both)
    return joined.drop([f"{name}:right" for name in both])
