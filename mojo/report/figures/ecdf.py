"""Empirical distribution functions over each other."""

from collections.abc import Sequence

import numpy as np

from mojo.report.figures import theme

MAX_STEPS = 400


def ecdf_figure(groups: Sequence[tuple[str, np.ndarray]], axis: str) -> theme.Figure:
    """Return the share of each group that is at most x; of many values, `MAX_STEPS` quantiles are drawn.

    Args:
        groups: Label and finite values of each, shape (n,).
        axis: Title of the horizontal axis.
    """
    traces = []
    for (label, values), colour in zip(groups, theme.several(len(groups)), strict=True):
        ordered = np.sort(values)
        share = np.arange(1, ordered.size + 1) / max(ordered.size, 1)
        if ordered.size > MAX_STEPS:
            kept = np.linspace(0, ordered.size - 1, MAX_STEPS).round().astype(int)
            ordered, share = ordered[kept], share[kept]
        trace = {
            "type": "scatter",
            "x": theme.small(ordered),
            "y": theme.small(share),
            "name": theme.plain(label),
            "mode": "lines",
            "line": {"color": colour, "width": 2, "shape": "hv"},
            "hovertemplate": "%{y:.1%} up to %{x:.5~g}",
        }
        traces.append(trace)
    shares = theme.axis("share of trials", range=[0, 1.02])
    legend = {"showlegend": True, "legend": theme.LEGEND_ABOVE}
    return theme.figure(250, traces, theme.axis(axis), shares, margin={"t": 26}, **legend)
