"""One signal over all trials: extremes, 5 to 95 %, median, the nominal trial and the worst ones."""

import numpy as np
import plotly.graph_objects as go

from mojo.report.bands import Band
from mojo.report.figures import theme

WORST = "rgba(217, 83, 79, 0.6)"


def band_figure(band: Band, nominal: int | None) -> go.Figure:
    """Return the band of one signal over time; of the trials drawn by themselves, `nominal` has its own colour."""
    figure = theme.figure(250, hovermode="x unified")
    time = band.times
    for values, label in ((band.low, "least"), (band.high, "greatest")):
        _line(figure, time, values, label, color=theme.GREY, width=1, dash="dot")
    _line(figure, time, band.lower, "5 %", color=theme.BLUE_LIGHT, width=0)
    _line(figure, time, band.upper, "95 %", fill="tonexty", color=theme.BLUE_LIGHT, width=0)
    for trial in [trial for trial in band.lines if trial != nominal]:
        _line(figure, band.lines[trial][0], band.lines[trial][1], f"trial {trial}", color=WORST, width=1)
    _line(figure, time, band.median, "median", color=theme.BLUE, width=2)
    if nominal is not None and nominal in band.lines:
        times, values = band.lines[nominal]
        _line(figure, times, values, "nominal", color=theme.ORANGE, width=1.5, dash="dash")
    figure.update_xaxes(title_text="time [s]")
    figure.update_yaxes(title_text=theme.axis_title(band.signal.name, band.signal.unit, 30))
    return figure


def _line(
    figure: go.Figure, time: np.ndarray, values: np.ndarray, label: str, fill: str | None = None, **line: object
) -> None:
    figure.add_scatter(
        **theme.times(time),
        y=theme.small(values),
        name=label,
        mode="lines",
        line=line,
        fill=fill,
        fillcolor=theme.BLUE_LIGHT if fill else None,
        hovertemplate="%{y:.5~g}",
    )
