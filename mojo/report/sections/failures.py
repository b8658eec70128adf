"""Trials without success: why, at which stage, and where their log lies."""

import polars as pl

from mojo.report.data import StudyData
from mojo.report.numbers import counted, ranges
from mojo.report.page import Section

MAX_LISTED = 200
MAX_REASONS = 20
REASON_LENGTH = 500


def section(data: StudyData) -> Section | None:
    """Return the failures by reason and one by one, or None where there are none."""
    failed = data.unsuccessful
    if failed.is_empty():
        return None
    reasons = (
        failed.group_by("outcome", "stage", "error")
        .agg(pl.len().alias("count"), pl.col("trial").sort())
        .sort(["count", "outcome", "error"], descending=[True, False, False])
    )
    listed = [row | _files(data, row["trial"]) for row in failed.head(MAX_LISTED).iter_rows(named=True)]
    values = {
        "reasons": [_reason(row) for row in reasons.head(MAX_REASONS).iter_rows(named=True)],
        "reason_count": reasons.height,
        "trials": [row | {"error": _short(row["error"])} for row in listed],
        "trial_count": failed.height,
    }
    return Section("failures", "Failures", "failures.html.j2", values, counted(failed.height, "trial"))


def _reason(row: dict) -> dict:
    return row | {"error": _short(row["error"]), "trials": ranges(row["trial"], 8)}


def _short(error: str | None) -> str:
    if error is None:
        return "no reason was recorded"
    return error if len(error) <= REASON_LENGTH else f"{error[:REASON_LENGTH]}…"


def _files(data: StudyData, trial: int) -> dict[str, str]:
    """Return the links to the trial's folder and log."""
    layout = data.layout.trial(trial)
    return {"folder": data.link(layout.folder), "log": data.link(layout.log)}
