"""Signals of single trials over time."""

from collections.abc import Sequence

import numpy as np

from mojo.report.figures import theme


def traces_figure(
    lines: Sequence[tuple[str, np.ndarray, np.ndarray]], axis: str, marks: Sequence[float] = (), steps: bool = False
) -> theme.Figure:
    """Return lines over time in one figure.

    Args:
        lines: Label, times [s] and values of each; the arrays of a line have one shape (n,).
        axis: Title of the vertical axis.
        marks: Times [s] of events, each a vertical line.
        steps: Whether values hold until the next one.
    """
    traces = [
        {
            "type": "scatter",
            **theme.times(times),
            "y": theme.small(values),
            "name": theme.plain(label),
            "mode": "lines+markers" if times.size < 3 else "lines",
            "line": {"color": colour, "width": 1.5, "shape": "hv" if steps else "linear"},
            "hovertemplate": "%{y:.5~g}",
        }
        for (label, times, values), colour in zip(lines, theme.several(len(lines)), strict=True)
    ]
    return theme.figure(
        230,
        traces,
        theme.axis("time [s]"),
        theme.axis(axis),
        margin={"t": 26} if len(lines) > 1 else {},
        hovermode="x unified",
        shapes=[theme.vertical(mark, color=theme.GREY, width=1, dash="dot") for mark in marks],
        showlegend=len(lines) > 1,
        legend=theme.LEGEND_ABOVE,
    )
