"""The objective over each input: the study's parameters, and the values drawn or set on the way."""

import polars as pl

from mojo.report.data import StudyData, floats, is_number
from mojo.report.figures.scatter import TREND_TRIALS, Points, box_figure, scatter_figure
from mojo.report.numbers import shortened, with_unit
from mojo.report.page import Plot, Section

MAX_POINTS = 1500
MAX_PLOTS = 60
MAX_WORDS = 20
MAX_FAILED = 500
LARGEST = 1e150
"""An axis cannot show larger numbers: their squares overflow."""


def section(data: StudyData) -> Section | None:
    """Return the objective over each input that varies, or None where there is no objective."""
    if "objective" not in data.scores or (not data.parameters and not data.named):
        return None
    scored = data.successes.filter(_drawable("objective"))
    reasons = {name: _why_not(data.table[name]) for name in (*data.parameters, *data.named)}
    drawn = [name for name, reason in reasons.items() if reason is None] if scored.height else []
    plots = [_plot(data, scored, name) for name in drawn[:MAX_PLOTS]]
    left_out = [(name, reason) for name, reason in reasons.items() if reason]
    left_out += [(name, f"only {MAX_PLOTS} inputs are drawn") for name in drawn[MAX_PLOTS:]]
    values = {
        "plots": plots,
        "left_out": left_out,
        "scored": scored.height,
        "points": min(scored.height, MAX_POINTS),
        "failed": data.unsuccessful.height,
        "failed_shown": min(data.unsuccessful.height, MAX_FAILED),
        "trend": scored.height >= TREND_TRIALS,
    }
    return Section("inputs", "Objective and inputs", "inputs.html.j2", values, f"{len(plots)} drawn")


def _why_not(column: pl.Series) -> str | None:
    """Return why a column cannot be drawn, or None where it can."""
    if column.dtype.is_nested():
        return "it holds several values a trial"
    different = column.drop_nulls().n_unique()
    if different < 2:
        return "it did not vary"
    if not _has_axis(column) and different > MAX_WORDS:
        return f"it has {different} different words"
    return None


def _drawable(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Float64).is_between(-LARGEST, LARGEST)


def _has_axis(column: pl.Series) -> bool:
    return is_number(column) and column.dtype != pl.Boolean


def _plot(data: StudyData, scored: pl.DataFrame, name: str) -> Plot:
    names, units = (name, "objective"), (data.unit(name), data.unit("objective"))
    there = scored.drop_nulls(name)
    if _has_axis(data.table[name]):
        failed = data.unsuccessful.head(MAX_FAILED)
        figure = scatter_figure(_points(there, name), _points(failed, name), names, units, MAX_POINTS)
    else:
        words = there.with_columns(pl.col(name).cast(pl.String)).partition_by(name, as_dict=True)
        groups = sorted((str(key[0]), floats(rows["objective"])) for key, rows in words.items())
        figure = box_figure(groups, names, units)
    described = f"Objective over {shortened(name)}, {there.height} trials."
    return Plot(figure, with_unit(name, units[0]), described)


def _points(rows: pl.DataFrame, name: str) -> Points:
    """Return the rows in which the input is finite."""
    rows = rows.filter(_drawable(name))
    return Points(*(floats(rows[column]) for column in ("trial", name, "objective")))
