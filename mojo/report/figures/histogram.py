"""Histogram of one column, binned here, so that its size does not depend on the number of trials."""

import numpy as np

from mojo.report.figures import theme
from mojo.report.statistics import Summary, histogram

ECDF_POINTS = 100
SHARES = theme.axis(
    "share up to",
    overlaying="y",
    side="right",
    range=[0, 103],
    ticktext=["0 %", "25 %", "50 %", "75 %", "100 %"],
    tickvals=[0, 25, 50, 75, 100],
    showgrid=False,
)


def histogram_figure(values: np.ndarray, summary: Summary, name: str, unit: str | None) -> theme.Figure:
    """Return the histogram of finite `values`, the share of them below each, the median, and 5 to 95 %."""
    counts, edges = histogram(values)
    centres, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    bars = {
        "type": "bar",
        "x": theme.small(centres),
        "y": counts,
        "width": theme.small(widths),
        "customdata": theme.small(np.stack([edges[:-1], edges[1:]], axis=1)),
        "marker": {"color": theme.BLUE, "opacity": 0.6},
        "hovertemplate": "%{customdata[0]:.5~g} to %{customdata[1]:.5~g}: %{y} trials<extra></extra>",
    }
    low, _, median, _, high = summary.quantiles
    middle = theme.vertical(low, width=0) | {"type": "rect", "x1": high, "fillcolor": theme.GREY, "opacity": 0.14}
    whole = {"dtick": 1} if counts.max() <= 5 else {"tickformat": "~s"}
    return theme.figure(
        230,
        [bars, _ecdf(values)],
        theme.axis(theme.axis_title(name, unit)),
        theme.axis("trials", rangemode="tozero", **whole),
        margin={"r": 62},
        yaxis2=SHARES,
        bargap=0.04,
        shapes=[middle | {"layer": "below"}, theme.vertical(median, color=theme.ORANGE, width=2)],
    )


def _ecdf(values: np.ndarray) -> theme.Part:
    """Return the share of trials up to each value, for an axis of its own."""
    ordered = np.sort(values)
    ranks = np.unique(np.linspace(0, ordered.size - 1, min(ordered.size, ECDF_POINTS)).round().astype(int))
    return {
        "type": "scatter",
        "x": theme.small(ordered[ranks]),
        "y": theme.small(100 * (ranks + 1) / ordered.size),
        "yaxis": "y2",
        "mode": "lines",
        "line": {"color": theme.SLATE, "width": 2, "shape": "hv"},
        "hovertemplate": "%{y:.3~g} % up to %{x:.5~g}<extra></extra>",
    }
