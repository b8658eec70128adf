"""A search: its progress, what mattered, and where the good designs lie."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import griddata

from mojo.report.figures import theme

MOST_LINES = 300
"""More lines of parallel coordinates than this are a blur."""
SHOWN = "%{y:.5~g}<extra></extra>"
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


def history_figure(objective: Axis, best: np.ndarray, kept: np.ndarray, trials: np.ndarray) -> theme.Figure:
    """Return the objective of each design in the order of the search, and the best so far.

    Args:
        objective: Its values, nan for designs without a score.
        best: Best value so far among designs that keep the constraints, nan before the first, shape (n,).
        kept: Whether a design keeps the constraints, shape (n,).
        trials: The first trial of each design, shape (n,).
    """
    values = objective.values
    scored = np.isfinite(values)
    dot, cross = {"size": 7, "opacity": 0.65}, {"color": theme.RED, "size": 7, "symbol": "x-thin-open"}
    breaks = f"design %{{x}}, breaks a constraint<br>{SHOWN}"
    traces = [
        _designs(scored & kept, values, trials, dot | {"color": theme.BLUE}, f"design %{{x}}<br>{SHOWN}"),
        _designs(scored & ~kept, values, trials, dot | {"color": theme.GREY}, breaks),
        {
            "type": "scatter",
            "x": np.arange(best.size),
            "y": theme.small(best),
            "mode": "lines",
            "line": {"color": theme.ORANGE, "width": 2, "shape": "hv"},
            "hovertemplate": f"best of the first %{{x}}: {SHOWN}",
        },
    ]
    if (~scored).any() and scored.any():
        edge = np.full(values.size, values[scored].min())
        traces.append(_designs(~scored, edge, trials, cross, "design %{x} has no score<extra></extra>"))
    return theme.figure(300, traces, theme.axis("design", rangemode="tozero"), theme.axis(objective.title))


def _designs(
    chosen: np.ndarray, values: np.ndarray, trials: np.ndarray, marker: theme.Part, template: str
) -> theme.Part:
    """Return some designs as points over their numbers, those where `chosen` is true."""
    return {
        "type": "scatter",
        "x": np.flatnonzero(chosen),
        "y": theme.small(values[chosen]),
        "customdata": trials[chosen].astype(np.int32),
        "mode": "markers",
        "marker": marker,
        "hovertemplate": template,
    }


def importance_figure(shares: Mapping[str, float]) -> theme.Figure:
    """Return a bar for each variable, the most important on top."""
    names, values = list(shares)[::-1], list(shares.values())[::-1]
    bars = {
        "type": "bar",
        "x": values,
        "y": [theme.plain(name, 28) for name in names],
        "orientation": "h",
        "marker": {"color": theme.BLUE},
        "hovertemplate": "%{y}: %{x:.0%}<extra></extra>",
    }
    across = theme.axis("share", tickformat=".0%", rangemode="tozero")
    return theme.figure(max(160, 60 + 26 * len(names)), [bars], across, {}, margin={"l": 130})


def parallel_figure(axes: Sequence[Axis], order: np.ndarray) -> theme.Figure:
    """Return a line for each design through all axes, coloured by rank.

    Args:
        axes: Variables, then the objective.
        order: Designs with a score, best first: indices into the axes' values.
    """
    shown = order if order.size <= MOST_LINES else order[np.linspace(0, order.size - 1, MOST_LINES).astype(int)]
    scaled = np.stack([axis.scaled() for axis in axes])
    quarters = list(enumerate(np.array_split(shown, 4)))
    places = list(range(len(axes)))
    return theme.figure(
        340,
        [_lines(quarter, scaled[:, chosen]) for quarter, chosen in reversed(quarters)],  # the best on top
        {"tickvals": places, "ticktext": [axis.title for axis in axes], "showgrid": False},
        {"visible": False, "range": [-0.12, 1.12]},
        margin={"l": 40, "r": 40},
        annotations=[note for place, axis in enumerate(axes) for note in _ends(place, axis)],
        shapes=[theme.vertical(place, color=theme.GREY, width=1) for place in places],
    )


def _lines(quarter: int, scaled: np.ndarray) -> theme.Part:
    """Return the designs of a quarter as lines through all axes, `scaled` of shape (axes, designs)."""
    axes, designs = scaled.shape
    places = np.append(np.arange(axes, dtype=float), np.nan)
    lines = np.vstack([scaled, np.full(designs, np.nan)])  # a gap ends each line
    return {
        "type": "scatter",
        "x": np.tile(places, designs),
        "y": theme.small(lines.T.ravel()),
        "mode": "lines",
        "line": {"color": QUARTER_COLOURS[quarter], "width": 1.5 if quarter else 2},
        "name": QUARTERS[quarter],
        "hoverinfo": "skip",
    }


def _ends(place: int, axis: Axis) -> Iterator[theme.Part]:
    """Yield what stands below and above an axis: its least and its greatest value."""
    for height, value in enumerate((np.nanmin(axis.values), np.nanmax(axis.values))):
        text = theme.plain(axis.words[int(value)], 16) if axis.words else f"{value:.4g}"
        yield {"x": place, "y": height, "text": text, "yshift": 16 * (2 * height - 1), "showarrow": False}


def contour_figure(x: Axis, y: Axis, objective: Axis, best: int) -> theme.Figure:
    """Return the objective over two variables: designs as points, straight interpolation between them as colours."""
    scored = np.isfinite(objective.values)
    points = np.stack([x.scaled()[scored], y.scaled()[scored]], axis=1)
    ends = np.linspace(0, 1, CELLS)
    grid = np.stack(np.meshgrid(ends, ends), axis=-1)
    values = griddata(points, objective.values[scored], grid, method="linear")
    surface: theme.Part = {
        "type": "contour",
        "x": theme.small(_unscaled(x, ends)),
        "y": theme.small(_unscaled(y, ends)),
        "z": theme.small(values),
        "colorscale": "Blues",
        "ncontours": 12,
        "line": {"width": 0.5},
        "colorbar": {"title": {"text": objective.title, "side": "right"}, "thickness": 12},
        "hoverinfo": "skip",
    }
    traces = [surface]
    for chosen, marker in (
        (np.flatnonzero(scored), {"color": theme.GREY, "size": 4}),
        (np.array([best]), {"color": theme.ORANGE, "size": 11, "symbol": "star"}),
    ):
        designs = {
            "type": "scatter",
            "x": theme.small(x.values[chosen]),
            "y": theme.small(y.values[chosen]),
            "customdata": np.stack([chosen, objective.values[chosen]], axis=1),
            "mode": "markers",
            "marker": marker,
            "hovertemplate": "design %{customdata[0]}<br>%{x:.5~g}, %{y:.5~g}: %{customdata[1]:.5~g}<extra></extra>",
        }
        traces.append(designs)
    across, up = (theme.axis(axis.title, type="log" if axis.log else "linear") for axis in (x, y))
    return theme.figure(340, traces, across, up)


def _unscaled(axis: Axis, ends: np.ndarray) -> np.ndarray:
    values = np.log(axis.values) if axis.log else axis.values
    found = np.nanmin(values) + ends * (np.nanmax(values) - np.nanmin(values))
    return np.exp(found) if axis.log else found


def pareto_figure(x: Axis, y: Axis, front: np.ndarray, kept: np.ndarray, trials: np.ndarray) -> theme.Figure:
    """Return two objectives against each other, and the front of designs that none beats in both.

    Args:
        x: The first objective.
        y: The second one.
        front: Indices of the designs on the front of all objectives.
        kept: Whether a design keeps the constraints, shape (n,).
        trials: The first trial of each design, shape (n,).
    """
    traces = []
    others = np.isfinite(x.values) & ~np.isin(np.arange(x.values.size), front)
    ordered = front[np.argsort(x.values[front])]
    line = {"color": theme.ORANGE, "width": 1.5}
    for chosen, colour, mode, label in (
        (np.flatnonzero(others & ~kept), theme.GREY, "markers", "breaks a constraint"),
        (np.flatnonzero(others & kept), theme.BLUE, "markers", "beaten"),
        (ordered, theme.ORANGE, "lines+markers", "on the front"),
    ):
        designs = {
            "type": "scatter",
            "x": theme.small(x.values[chosen]),
            "y": theme.small(y.values[chosen]),
            "customdata": trials[chosen].astype(np.int32),
            "text": [f"design {number}, {label}" for number in chosen],
            "mode": mode,
            "line": line,
            "marker": {"color": colour, "size": 7},
            "hovertemplate": "%{text}<br>%{x:.5~g}, %{y:.5~g}<extra></extra>",
        }
        traces.append(designs)
    return theme.figure(360, traces, theme.axis(x.title), theme.axis(y.title))
