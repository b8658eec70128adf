"""The objective and the metrics of successful trials: moments, quantiles, histograms."""

import polars as pl

from mojo.report.data import StudyData, floats, is_number
from mojo.report.figures.histogram import histogram_figure
from mojo.report.numbers import counted, known, listed, shortened, with_unit
from mojo.report.page import Plot, Section
from mojo.report.statistics import FEW, PROBABILITIES, Summary, finite_part, summarise

MAX_HISTOGRAMS = 48


def section(data: StudyData) -> Section | None:
    """Return moments, quantiles and a histogram of each score, or None where nothing was scored."""
    if not data.scores:
        return None
    numeric = [name for name in data.scores if is_number(data.table[name])]
    columns = {name: floats(data.sampled[name].drop_nulls()) for name in numeric}
    summaries = {name: summarise(values) for name, values in columns.items()}
    plots = [
        _plot(finite_part(columns[name]), summary, name, data.unit(name))
        for name, summary in summaries.items()
        if summary is not None and summary.drawable and data.table[name].dtype != pl.Boolean
    ]
    values = {
        "rows": [_row(name, summary, data.unit(name), columns[name].size) for name, summary in summaries.items()],
        "probabilities": [f"{100 * p:g} %" for p in PROBABILITIES],
        "plots": plots[:MAX_HISTOGRAMS],
        "histograms_left_out": len(plots) - MAX_HISTOGRAMS,
        "equal": listed(name for name, summary in summaries.items() if summary and summary.high == summary.low),
        "words": listed(name for name in data.scores if name not in numeric),
        "few": 0 < data.sampled.height < FEW,
        "nominal": data.nominal if data.sampled.height < data.successes.height else None,
        "successes": data.sampled.height,
        "left_out": data.unsuccessful.height,
    }
    return Section("metrics", "Metrics", "metrics.html.j2", values, counted(data.sampled.height, "trial"))


def _row(name: str, summary: Summary | None, unit: str | None, size: int) -> dict:
    """Return one line of the table; digits end where the mean's standard error makes them meaningless."""
    if summary is None:
        return {"name": name, "unit": unit, "size": 0, "left_out": size, "cells": None}
    cells = [summary.mean, summary.std, summary.low, *summary.quantiles, summary.high]
    error = summary.standard_error
    texts = [known(cell, error) if index != 1 or summary.size > 1 else "–" for index, cell in enumerate(cells)]
    return {"name": name, "unit": unit, "size": summary.size, "left_out": summary.left_out, "cells": texts}


def _plot(values, summary: Summary, name: str, unit: str | None) -> Plot:
    error = summary.standard_error
    low, _, median, _, high = (known(q, error) for q in summary.quantiles)
    return Plot(
        histogram_figure(values, summary, name, unit),
        with_unit(name, unit),
        f"Histogram of {shortened(name)}: median {median}, 5 to 95 % from {low} to {high}.",
    )
