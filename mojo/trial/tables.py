"""Tables: one Parquet file a stage and batch, one row a trial."""

import json
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mojo import files
from mojo.columns import is_reserved, value_column, verdict_column
from mojo.layout import StudyLayout

META = b"mojo"
OUTCOME_FIELDS = ("outcome", "stage", "error")
SCORE_FIELDS = ("trial", *OUTCOME_FIELDS, "objective")
SIMULATE_FIELDS = (
    "steps",
    "simulated_seconds",
    "ended_by",
    "ended_at",
    "wall_seconds",
    "solver_at_cap",
    "engine",
    "host",
    "cpu_model",
)


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Return a Parquet file as a table; Arrow's own function of this name takes half a second to import pandas."""
    with pq.ParquetFile(path) as file:
        return file.read(columns=columns, use_threads=False)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a table as dicts."""
    return read_table(path).to_pylist()


def trials_of_design(layout: StudyLayout, batch: int) -> list[int]:
    """Return the numbers of the trials in the design table of a batch; a search that has ended early has none."""
    return read_table(layout.table("design", batch), ["trial"])["trial"].to_pylist()


def read_meta(path: Path) -> dict[str, Any]:
    """Return what `write_arrow` was given as `meta`."""
    return json.loads((pq.read_schema(path).metadata or {}).get(META, b"{}"))


def write_stage_table(
    layout: StudyLayout, stage: str, batch: int, statuses: Iterable[Mapping[str, Any]], stamp: str | None = None
) -> None:
    """Write the table of a stage from the statuses of the batch's trials.

    Args:
        layout: The study's files.
        stage: The stage: generate, simulate or score.
        batch: The batch.
        statuses: A status a trial.
        stamp: Digest of what the stage depends on, which `read_stamp` finds again.
    """
    table, row = {
        "generate": ("models", _models_row),
        "simulate": ("outcomes", _outcomes_row),
        "score": ("scores", _scores_row),
    }[stage]
    statuses = list(statuses)
    named = [value for status in statuses for value in _named(status, stage)]
    units = {value["name"]: value["unit"] for value in named if value.get("unit")}
    meta: dict[str, list[str]] = {} if stamp is None else {"stamp": [stamp]}
    if stage == "score":
        metrics = unique(name for status in statuses for name in status.get("score", {}).get("metrics", {}))
        meta["metrics"] = [metric_column(name, SCORE_FIELDS) for name in metrics]
    else:
        meta["named"] = unique(value["name"] for value in named)
    write_arrow(layout.table(table, batch), table_of([row(status) for status in statuses]), units, meta)


def read_stamp(path: Path) -> str | None:
    """Return the stamp that a table was written with, or None where it has none."""
    meta = json.loads((pq.read_schema(path).metadata or {}).get(META, b"{}"))
    return meta.get("stamp", [None])[0]


def _models_row(status: Mapping[str, Any]) -> dict[str, Any]:
    record = status.get("generate", {})
    row = {"trial": status["trial"], "generate_seconds": record.get("seconds"), "model_hash": record.get("model_hash")}
    return row | {value["name"]: value["value"] for value in _named(status, "generate")}


def _outcomes_row(status: Mapping[str, Any]) -> dict[str, Any]:
    record = status.get("simulate", {})
    ended_early = status["stage"] == "generate"
    row = {"trial": status["trial"], "runs": status["runs"].get("simulate", 0)}
    row |= {name: (status if ended_early else record).get(name) for name in OUTCOME_FIELDS}
    row["stage"] = status["stage"] if ended_early else "simulate"
    row["outcome"] = row["outcome"] or "success"
    row |= {name: record.get(name) for name in SIMULATE_FIELDS}
    row["warnings"] = ", ".join(f"{name} {count}" for name, count in record.get("warnings", {}).items()) or None
    row["dropped_posts"] = sum(record.get("dropped_posts", {}).values()) or None
    return row | {value["name"]: value["value"] for value in _named(status, "simulate")}


def _scores_row(status: Mapping[str, Any]) -> dict[str, Any]:
    record = status.get("score", {})
    row = {"trial": status["trial"]} | {name: status[name] for name in OUTCOME_FIELDS}
    metrics = {metric_column(name, SCORE_FIELDS): value for name, value in record.get("metrics", {}).items()}
    judged = record.get("requirements", {})
    verdicts = {verdict_column(name): judgement["met"] for name, judgement in judged.items()}
    values = {value_column(name): judgement["value"] for name, judgement in judged.items()}
    return row | {"objective": record.get("objective")} | metrics | verdicts | values


def metric_column(name: str, taken: Container[str]) -> str:
    """Return the column of a metric: its name, or "metric:name" where that is another column's."""
    return f"metric:{name}" if name in taken or is_reserved(name) else name


def _named(status: Mapping[str, Any], stage: str) -> list[dict[str, Any]]:
    """Return the named values that a stage added: after generate all of them, after simulate the run's own."""
    if stage == "generate":
        return status.get("named", [])
    return status.get("simulate", {}).get("named", []) if stage == "simulate" else []


def unique(names: Iterable[str]) -> list[str]:
    """Return the names in their first order, each once."""
    return list(dict.fromkeys(names))


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    """Return a table with a column for every key of any row."""
    names = unique(name for row in rows for name in row)
    return pa.table({name: _column([row.get(name) for row in rows]) for name in names})


def _column(values: list[Any]) -> pa.Array:
    """Return the values as an Arrow array; values that share no type are kept as text."""
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else json.dumps(value, ensure_ascii=False) for value in values])


def write_arrow(path: Path, table: pa.Table, units: Mapping[str, str], meta: Mapping[str, Any] | None = None) -> None:
    """Write a table; units go into the field metadata, `meta` under the schema's key "mojo"."""
    fields = [
        field.with_metadata({"unit": units[field.name]}) if field.name in units else field for field in table.schema
    ]
    schema = pa.schema(fields, metadata={META: json.dumps(meta or {}, ensure_ascii=False).encode()})
    with files.replacing(path) as temporary:
        pq.write_table(table.cast(schema), temporary, compression="zstd")
