"""The objective over one input: points, or boxes for an input of words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mojo.report.figures import theme
from mojo.report.statistics import PROBABILITIES

Labels = tuple[str, str]
"""Names of the input and of the objective."""
Units = tuple[str | None, str | None]

TREND_TRIALS = 500
"""Fewer trials than this are seen better by eye than through a running median."""
TREND_BINS = 12


def thinned(objective: np.ndarray, limit: int, ends: int = 50) -> np.ndarray:
    """Return ascending indices of at most `limit` points that stand for all of `objective`, shape (n,).

    The `ends` least and greatest are among them, so nothing that stands out is lost; the others are evenly spaced.
    """
    if objective.size <= limit:
        return np.arange(objective.size)
    order = np.argsort(objective, kind="stable")
    outer = np.concatenate([order[:ends], order[-ends:]])
    spaced = np.linspace(0, objective.size - 1, limit - outer.size).round().astype(int)
    return np.unique(np.concatenate([outer, spaced]))


def running_median(inputs: np.ndarray, objective: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the median input and objective of `TREND_BINS` groups of equally many neighbouring inputs."""
    groups = np.array_split(np.argsort(inputs, kind="stable"), TREND_BINS)
    x, y = (np.array([np.median(column[group]) for group in groups]) for column in (inputs, objective))
    return x, y


@dataclass(frozen=True)
class Points:
    """Trials with their values of two columns, each of shape (n,)."""

    trials: np.ndarray
    inputs: np.ndarray
    objective: np.ndarray


def scatter_figure(points: Points, failed: Points, names: Labels, units: Units, limit: int) -> theme.Figure:
    """Return the objective over one input, at most `limit` points, with the running median of all of them.

    `failed` trials have no objective: crosses on the lower edge show where their inputs lie.
    """
    shown, objective = thinned(points.objective, limit), points.objective
    dots: theme.Part = {
        "type": "scatter",
        "x": theme.small(points.inputs[shown]),
        "y": theme.small(objective[shown]),
        "customdata": points.trials[shown].astype(np.int32),
        "mode": "markers",
        "marker": {"color": theme.BLUE, "size": 5 if shown.size > 500 else 7, "opacity": 0.55},
        "hovertemplate": "trial %{customdata}<br>%{x:.5~g}, %{y:.5~g}<extra></extra>",
    }
    traces = [dots]
    if objective.size >= TREND_TRIALS:
        x, y = running_median(points.inputs, objective)
        line = {"color": theme.ORANGE, "width": 2}
        traces.append({"type": "scatter", "x": x, "y": y, "mode": "lines", "line": line, "hoverinfo": "skip"})
    if failed.trials.size:
        traces.append(_failed(failed, float(objective.min()), float(objective.max())))
    return theme.figure(270, traces, *_axes(names, units))


def _axes(names: Labels, units: Units, **across: str) -> tuple[theme.Part, theme.Part]:
    """Return the axes of an input and of the objective."""
    titles = theme.axis_title(names[0], units[0]), theme.axis_title(names[1], units[1], 24)
    return theme.axis(titles[0], **across), theme.axis(titles[1])


def _failed(failed: Points, low: float, high: float) -> theme.Part:
    edge = low - (high / 16 - low / 16)
    return {
        "type": "scatter",
        "x": theme.small(failed.inputs),
        "y": np.full(failed.trials.size, edge),
        "customdata": failed.trials.astype(np.int32),
        "mode": "markers",
        "marker": {"color": theme.RED, "size": 7, "symbol": "x-thin-open"},
        "hovertemplate": "trial %{customdata}, no success<br>%{x:.5~g}<extra></extra>",
    }


def box_figure(groups: Sequence[tuple[str, np.ndarray]], names: Labels, units: Units) -> theme.Figure:
    """Return a box of the objective for each word of an input: quartiles, and 5 to 95 % as whiskers."""
    quantiles = np.array([np.quantile(values, PROBABILITIES) for _, values in groups])
    lower, first, median, third, upper = quantiles.T
    boxes = {
        "type": "box",
        "x": [theme.plain(word, 24) for word, _ in groups],
        "lowerfence": lower,
        "q1": first,
        "median": median,
        "q3": third,
        "upperfence": upper,
        "marker": {"color": theme.BLUE},
    }
    return theme.figure(270, [boxes], *_axes(names, units, type="category"))
