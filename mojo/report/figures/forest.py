"""Estimates with their intervals, one row each, and the mean of a score over two inputs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mojo.report.figures import theme


@dataclass(frozen=True)
class Series:
    """One estimate for each row.

    Attributes:
        name: What it is.
        colour: Of its dots.
        symbol: Shape of its dots.
        values: Value and ends of the interval, shape (rows, 3); nan where there is none.
    """

    name: str
    colour: str
    symbol: str
    values: np.ndarray


def forest_figure(
    rows: Sequence[str], series: Sequence[Series], title: str, ends: tuple[float, float] | None
) -> theme.Figure:
    """Return the estimates, the first row on top, with a line at 0.

    Args:
        rows: Names of the rows.
        series: What is estimated of each.
        title: Of the axis of values.
        ends: Of that axis; None for as far as the values go.
    """
    places = np.arange(len(rows))[::-1]
    names = [theme.plain(row) for row in rows]
    offsets = [0.16 * ((len(series) - 1) / 2 - index) * 2 for index in range(len(series))]
    traces = [_dots(one, names, places + offset) for one, offset in zip(series, offsets, strict=True)]
    ticks = {"tickvals": places, "ticktext": [theme.plain(row, 28) for row in rows]}
    return theme.figure(
        74 + 26 * len(rows),
        traces,
        theme.axis(title, range=ends),
        ticks | {"range": [-0.6, len(rows) - 0.4], "showgrid": False, "zeroline": False},
        margin={"l": 10, "t": 6, "b": 42},
        shapes=[theme.vertical(0, color=theme.GREY, width=1)],
    )


def _dots(one: Series, names: Sequence[str], places: np.ndarray) -> theme.Part:
    value, low, high = one.values.T
    ends = {"array": high - value, "arrayminus": value - low}
    return {
        "type": "scatter",
        "x": value,
        "y": places,
        "customdata": one.values[:, 1:],
        "name": one.name,
        "mode": "markers",
        "marker": {"color": one.colour, "symbol": one.symbol, "size": 8},
        "error_x": ends | {"color": one.colour, "thickness": 1.5, "width": 0},
        "text": names,
        "hovertemplate": f"%{{text}}, {one.name}: %{{x:.3~f}}"
        "<br>from %{customdata[0]:.3~f} to %{customdata[1]:.3~f}<extra></extra>",
    }


def cells_figure(
    means: np.ndarray, labels: tuple[Sequence[str], Sequence[str]], names: tuple[str, str], score: str
) -> theme.Figure:
    """Return the mean of a score in each cell of two inputs, the first one to the right, shape (first, second)."""
    across, up = ([theme.plain(label, 24) for label in side] for side in labels)
    cells = {
        "type": "heatmap",
        "x": across,
        "y": up,
        "z": means.T,
        "colorscale": [[0, "#e9eef5"], [0.5, "#8db3dc"], [1, "#1f4e86"]],
        "colorbar": {"title": {"text": theme.plain(score, 20)}, "thickness": 12, "outlinewidth": 0},
        "hovertemplate": "%{x}, %{y}: %{z:.4~g}<extra></extra>",
    }
    first = theme.axis(theme.axis_title(names[0], None), type="category")
    second = theme.axis(theme.axis_title(names[1], None, 28), type="category")
    return theme.figure(280, [cells], first, second)
