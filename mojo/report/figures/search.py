"""A search: its progress, what mattered, and where the good designs lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from scipy.interpolate import griddata

from mojo.report.figures import theme

MOST_LINES = 300
"""More lines of parallel coordinates than this are a blur."""
CELLS = 41
"""Grid of a contour, in either direction."""
QUARTERS = ("best quarter", "second", "third", "worst quarter")
QUARTER_COLOURS = (theme.ORANGE, "rgba(74, 134, 197, 0.55)", "rgba(74, 134, 197, 0.28)", "rgba(140, 148, 158, 0.25)")


@dataclass(frozen=True)
class Axis:
    """Values of one variable or objective over all designs, shape (n,); nan where there is none.

    Attributes:
        name: Its name.
        unit: Its unit.
        values: The numbers; for words their places in `words`.
        log: Whether decades count alike.
        words: What the numbers 0, 1, ... stand for, () for numbers.
    """

    name: str
    unit: str | None
    values: np.ndarray
    log: bool = False
    words: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return theme.axis_title(self.name, self.unit, 28)

    def scaled(self) -> np.ndarray:
        """Return the values from 0, the least, to 1, the greatest; logarithms where these count."""
        values = np.log(self.values) if self.log else self.values
        low, high = np.nanmin(values), np.nanmax(values)
        return (values - low) / (high - low) if high > low else np.full(values.shape, 0.5)


def history_figure(objective: Axis, best: np.ndarray, kept: np.ndarray, trials: np.ndarray) -> go.Figure:
    """Return the objective of each design in the order of the search, and the best so far.

    Args:
        objective: Its values, nan for designs without a score.
        best: Best value so far among designs that keep the constraints, nan before the first, shape (n,).
        kept: Whether a design keeps the constraints, shape (n,).
        trials: The first trial of each design, shape (n,).
    """
    figure = theme.figure(300)
    numbers, values = np.arange(best.size), objective.values
    scored = np.isfinite(values)
    for chosen, colour, label in (
        (scored & kept, theme.BLUE, ""),
        (scored & ~kept, theme.GREY, ", breaks a constraint"),
    ):
        figure.add_scatter(
            x=numbers[chosen],
            y=theme.small(values[chosen]),
            customdata=trials[chosen].astype(np.int32),
            mode="markers",
            marker={"color": colour, "size": 7, "opacity": 0.65},
            hovertemplate=f"design %{{x}}{label}<br>%{{y:.5~g}}<extra></extra>",
        )
    figure.add_scatter(
        x=numbers,
        y=theme.small(best),
        mode="lines",
        line={"color": theme.ORANGE, "width": 2, "shape": "hv"},
        hovertemplate="best of the first %{x}: %{y:.5~g}<extra></extra>",
    )
    if (~scored).any() and scored.any():
        figure.add_scatter(
            x=numbers[~scored],
            y=np.full((~scored).sum(), values[scored].min()),
            customdata=trials[~scored].astype(np.int32),
            mode="markers",
            marker={"color": theme.RED, "size": 7, "symbol": "x-thin-open"},
            hovertemplate="design %{x} has no score<extra></extra>",
        )
    figure.update_xaxes(title_text="design", rangemode="tozero")
    figure.update_yaxes(title_text=objective.title)
    return figure


def importance_figure(shares: Mapping[str, float]) -> go.Figure:
    """Return a bar for each variable, the most important on top."""
    names, values = list(shares)[::-1], list(shares.values())[::-1]
    figure = theme.figure(max(160, 60 + 26 * len(names)))
    figure.add_bar(
        x=values,
        y=[theme.plain(name, 28) for name in names],
        orientation="h",
        marker={"color": theme.BLUE},
        hovertemplate="%{y}: %{x:.0%}<extra></extra>",
    )
    figure.update_xaxes(title_text="share", tickformat=".0%", rangemode="tozero")
    figure.update_layout(margin_l=130)
    return figure


def parallel_figure(axes: Sequence[Axis], order: np.ndarray) -> go.Figure:
    """Return a line for each design through all axes, coloured by rank.

    Args:
        axes: Variables, then the objective.
        order: Designs with a score, best first: indices into the axes' values.
    """
    figure = theme.figure(340)
    shown = order if order.size <= MOST_LINES else order[np.linspace(0, order.size - 1, MOST_LINES).astype(int)]
    scaled = np.stack([axis.scaled() for axis in axes])
    places = np.append(np.arange(len(axes), dtype=float), np.nan)
    for quarter in reversed(range(4)):  # the best on top
        chosen = np.array_split(shown, 4)[quarter]
        lines = np.vstack([scaled[:, chosen], np.full(chosen.size, np.nan)])  # a gap ends each line
        figure.add_scatter(
            x=np.tile(places, chosen.size),
            y=theme.small(lines.T.ravel()),
            mode="lines",
            line={"color": QUARTER_COLOURS[quarter], "width": 1.5 if quarter else 2},
            name=QUARTERS[quarter],
            hoverinfo="skip",
        )
    for place, axis in enumerate(axes):
        for height, value in enumerate((np.nanmin(axis.values), np.nanmax(axis.values))):
            text = theme.plain(axis.words[int(value)], 16) if axis.words else f"{value:.4g}"
            figure.add_annotation(x=place, y=height, text=text, yshift=16 * (2 * height - 1), showarrow=False)
        figure.add_vline(x=place, line={"color": theme.GREY, "width": 1})
    figure.update_xaxes(tickvals=list(range(len(axes))), ticktext=[axis.title for axis in axes], showgrid=False)
    figure.update_yaxes(visible=False, range=[-0.12, 1.12])
    figure.update_layout(margin_l=40, margin_r=40)
    return figure


def contour_figure(x: Axis, y: Axis, objective: Axis, best: int) -> go.Figure:
    """Return the objective over two variables: designs as points, straight interpolation between them as colours."""
    figure = theme.figure(340)
    scored = np.isfinite(objective.values)
    points = np.stack([x.scaled()[scored], y.scaled()[scored]], axis=1)
    ends = np.linspace(0, 1, CELLS)
    grid = np.stack(np.meshgrid(ends, ends), axis=-1)
    values = griddata(points, objective.values[scored], grid, method="linear")
    figure.add_contour(
        x=theme.small(_unscaled(x, ends)),
        y=theme.small(_unscaled(y, ends)),
        z=theme.small(values),
        colorscale="Blues",
        ncontours=12,
        line={"width": 0.5},
        colorbar={"title": {"text": objective.title, "side": "right"}, "thickness": 12},
        hoverinfo="skip",
    )
    for chosen, marker in (
        (np.flatnonzero(scored), {"color": theme.GREY, "size": 4}),
        (np.array([best]), {"color": theme.ORANGE, "size": 11, "symbol": "star"}),
    ):
        figure.add_scatter(
            x=theme.small(x.values[chosen]),
            y=theme.small(y.values[chosen]),
            customdata=np.stack([chosen, objective.values[chosen]], axis=1),
            mode="markers",
            marker=marker,
            hovertemplate="design %{customdata[0]}<br>%{x:.5~g}, %{y:.5~g}: %{customdata[1]:.5~g}<extra></extra>",
        )
    figure.update_xaxes(title_text=x.title, type="log" if x.log else "linear")
    figure.update_yaxes(title_text=y.title, type="log" if y.log else "linear")
    return figure


def _unscaled(axis: Axis, ends: np.ndarray) -> np.ndarray:
    values = np.log(axis.values) if axis.log else axis.values
    found = np.nanmin(values) + ends * (np.nanmax(values) - np.nanmin(values))
    return np.exp(found) if axis.log else found


def pareto_figure(x: Axis, y: Axis, front: np.ndarray, kept: np.ndarray, trials: np.ndarray) -> go.Figure:
    """Return two objectives against each other, and the front of designs that none beats in both.

    Args:
        x: The first objective.
        y: The second one.
        front: Indices of the designs on the front of all objectives.
        kept: Whether a design keeps the constraints, shape (n,).
        trials: The first trial of each design, shape (n,).
    """
    figure = theme.figure(360)
    others = np.isfinite(x.values) & ~np.isin(np.arange(x.values.size), front)
    ordered = front[np.argsort(x.values[front])]
    line = {"color": theme.ORANGE, "width": 1.5}
    for chosen, colour, mode, label in (
        (np.flatnonzero(others & ~kept), theme.GREY, "markers", "breaks a constraint"),
        (np.flatnonzero(others & kept), theme.BLUE, "markers", "beaten"),
        (ordered, theme.ORANGE, "lines+markers", "on the front"),
    ):
        figure.add_scatter(
            x=theme.small(x.values[chosen]),
            y=theme.small(y.values[chosen]),
            customdata=trials[chosen].astype(np.int32),
            text=[f"design {number}, {label}" for number in chosen],
            mode=mode,
            line=line,
            marker={"color": colour, "size": 7},
            hovertemplate="%{text}<br>%{x:.5~g}, %{y:.5~g}<extra></extra>",
        )
    figure.update_xaxes(title_text=x.title)
    figure.update_yaxes(title_text=y.title)
    return figure
