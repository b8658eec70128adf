"""All trials as a table that the browser sorts and searches."""

import base64
import json

import numpy as np
import polars as pl

from mojo.report.data import StudyData, floats, is_number
from mojo.report.numbers import counted, listed
from mojo.report.page import Section, script_json
from mojo.study.kinds import KINDS

BUDGET_BYTES = 1_700_000
MAX_ROWS = 100_000
TEXT_LENGTH = 160


def section(data: StudyData) -> Section:
    """Return the table of all trials, cut to the columns and rows that a page can carry."""
    frame = data.table.head(MAX_ROWS)
    wanted = _columns(data)
    columns: list[dict] = []
    size = 0
    for name in wanted:
        column = _column(frame[name], name, data.unit(name))
        size += len(json.dumps(column))
        if size > BUDGET_BYTES and columns:
            break
        columns.append(column)
    values = {
        "payload": script_json(json.dumps({"rows": frame.height, "columns": columns}, ensure_ascii=False)),
        "shown": frame.height,
        "total": data.table.height,
        "columns_left_out": listed(wanted[len(columns) :], 30),
        "trials_table": data.link(data.layout.trials_table),
    }
    return Section("trials", "All trials", "trials.html.j2", values, counted(data.table.height, "trial"))


def _columns(data: StudyData) -> list[str]:
    """Return the columns that a reader looks for, the most wanted first; those without any value are left out."""
    reasons = ["error"] if data.has("error") else []
    verdicts = [verdict.column for verdict in data.verdicts]
    labels = KINDS[data.kind].LABELS
    first = ["trial", *labels, "outcome", *verdicts, *data.scores, *reasons, *data.parameters, *data.named]
    last = ["stage", "ended_by", "ended_at", "warnings", "solver_at_cap", "steps"]
    last += ["simulated_seconds", "wall_seconds", "host"]
    return [name for name in dict.fromkeys(first + last) if name in ("trial", "outcome") or data.has(name)]


def _column(series: pl.Series, name: str, unit: str | None) -> dict:
    """Return a column as compact JSON: numbers as base64 of little-endian floats, text as a dictionary and codes."""
    seconds = name in ("simulated_seconds", "wall_seconds", "ended_at")
    about = {"name": name, "unit": unit or ("s" if seconds else None)}
    if series.dtype != pl.Boolean and is_number(series):
        return about | _numbers(series)
    return about | _words(series)


def _numbers(series: pl.Series) -> dict:
    values = floats(series)
    whole = series.dtype.is_integer()
    kind = "f8" if whole and np.nanmax(np.abs(values), initial=0) >= 2**24 else "f4"
    with np.errstate(over="ignore"):
        packed = values.astype(f"<{kind}")
    found = {"kind": kind, "data": base64.b64encode(packed.tobytes()).decode()}
    undefined = np.flatnonzero(np.isnan(values) & ~series.is_null().to_numpy())
    return found | ({"undefined": undefined.tolist()} if undefined.size else {})


def _words(series: pl.Series) -> dict:
    """Return text, truth values and lists as words."""
    if series.dtype.is_nested():
        series = pl.Series(series.name, [None if value is None else _listing(value) for value in series.to_list()])
    texts = series.cast(pl.String).str.slice(0, TEXT_LENGTH)
    words = texts.drop_nulls().unique(maintain_order=True)
    code = {word: index for index, word in enumerate(words.to_list())}
    codes = np.array([code.get(text, -1) if text is not None else -1 for text in texts.to_list()], "<i4")
    return {"kind": "text", "words": words.to_list(), "data": base64.b64encode(codes.tobytes()).decode()}


def _listing(value: object) -> str:
    """Return a list or struct as JSON, with numbers of six digits."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return "[" + ", ".join(_listing(item) for item in value) + "]"
    return str(value)
