"""What a sweep found: the mean of every cell, and the main effect of every input."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import special  # `scipy.stats` takes a second to import

from mojo.report.data import StudyData, floats, is_number
from mojo.report.figures.effects import Effect, effects_figure
from mojo.report.numbers import counted, known, shortened, significant, with_unit
from mojo.report.page import Plot, Section
from mojo.report.statistics import Summary, summarise

CONFIDENCE = 0.95
MAX_ROWS = 500
MAX_PLOTS = 40
MAX_LEVELS = 200


@dataclass(frozen=True)
class Cell:
    """The trials that differ in nothing but their seed."""

    name: str
    experiment: str
    planned: int
    inputs: dict[str, Any]
    summary: Summary | None
    """Of the objective, over the successful trials."""


def section(data: StudyData) -> Section | None:
    """Return the table of cells and the main effects, or None where no trial has an objective."""
    if "objective" not in data.scores:
        return None
    cells = _cells(data)
    known_cells = [cell for cell in cells if cell.summary is not None]
    varied = [name for name in data.parameters if _differs(data.table[name])]
    plots = [plot for name in varied[:MAX_PLOTS] if (plot := _plot(data, known_cells, name)) is not None]
    values = {
        "unit": data.unit("objective"),
        "rows": [_row(cell) for cell in cells[:MAX_ROWS]],
        "cells": len(cells),
        "left_out": max(0, len(cells) - MAX_ROWS),
        "plots": plots,
        "seeds": max((cell.planned for cell in cells), default=0),
        "confidence": f"{CONFIDENCE:.0%}",
    }
    return Section("sweep", "Cells and main effects", "sweep.html.j2", values, counted(len(cells), "cell"))


def _cells(data: StudyData) -> list[Cell]:
    """Return the cells in the order of the study."""
    name = pl.col("name")
    if data.study.get("evals_per_trial", 1) > 1:
        name = name.str.replace(r" #\d+$", "")
    table = data.table.with_columns(name.alias("name"))
    found = []
    for (title,), rows in table.partition_by("name", maintain_order=True, as_dict=True).items():
        objective = rows.filter(pl.col("outcome") == "success")["objective"]
        inputs = rows.select(data.parameters).row(0, named=True)
        found.append(Cell(title, rows["experiment"][0], rows.height, inputs, summarise(floats(objective))))
    return found


def _row(cell: Cell) -> dict[str, Any]:
    row: dict[str, Any] = {"name": shortened(cell.name, 100), "planned": cell.planned, "size": 0}
    if cell.summary is None:
        return row
    low, high = interval(cell.summary)
    error = cell.summary.standard_error
    between = "–" if low is None else f"{known(low, error)} to {known(high, error)}"
    mean = known(cell.summary.mean, error) if error > 0 else significant(cell.summary.mean)
    return row | {"size": cell.summary.size, "mean": mean, "interval": between}


def interval(summary: Summary) -> tuple[float | None, float | None]:
    """Return the confidence interval of a mean, by Student's t; of fewer than two values there is none."""
    if summary.size < 2:
        return None, None
    reach = float(special.stdtrit(summary.size - 1, (1 + CONFIDENCE) / 2)) * summary.standard_error
    return summary.mean - reach, summary.mean + reach


def _differs(column: pl.Series) -> bool:
    return column.drop_nulls().n_unique() > 1


def _plot(data: StudyData, cells: list[Cell], name: str) -> Plot | None:
    """Return the main effect of an input in each experiment that varies it, or None where it has none to draw."""
    effects = []
    for experiment in dict.fromkeys(cell.experiment for cell in cells):
        chosen = [cell for cell in cells if cell.experiment == experiment]
        levels = [_level(data.table[name], cell.inputs[name]) for cell in chosen]
        if 1 < len(set(levels)) <= MAX_LEVELS:
            means = np.array([cell.summary.mean for cell in chosen if cell.summary is not None])
            effects.append(Effect(experiment, levels, means))
    if not effects:
        return None
    described = f"Main effect of {shortened(name)} on the objective, in {counted(len(effects), 'experiment')}."
    note = "" if len(effects) == 1 else "One line an experiment: " + ", ".join(effect.experiment for effect in effects)
    unit = data.unit(name)
    return Plot(effects_figure(effects, name, unit), with_unit(name, unit), described, shortened(note, 300))


def _level(column: pl.Series, value: Any) -> Any:
    """Return an input as a place on an axis: a number, or a word."""
    return value if is_number(column) and column.dtype != pl.Boolean else str(value)
