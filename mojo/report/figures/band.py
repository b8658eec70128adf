"""One signal over all trials: extremes, 5 to 95 %, median, the nominal trial and the worst ones."""

import numpy as np

from mojo.report.bands import Band
from mojo.report.figures import theme

WORST = "rgba(217, 83, 79, 0.6)"


def band_figure(band: Band, nominal: int | None) -> theme.Figure:
    """Return the band of one signal over time; of the trials drawn by themselves, `nominal` has its own colour."""
    time = band.times
    traces = [
        _line(time, band.low, "least", color=theme.GREY, width=1, dash="dot"),
        _line(time, band.high, "greatest", color=theme.GREY, width=1, dash="dot"),
        _line(time, band.lower, "5 %", color=theme.BLUE_LIGHT, width=0),
        _line(time, band.upper, "95 %", color=theme.BLUE_LIGHT, width=0)
        | {"fill": "tonexty", "fillcolor": theme.BLUE_LIGHT},
        *(
            _line(*line, f"trial {trial}", color=WORST, width=1)
            for trial, line in band.lines.items()
            if trial != nominal
        ),
        _line(time, band.median, "median", color=theme.BLUE, width=2),
    ]
    if nominal is not None and nominal in band.lines:
        traces.append(_line(*band.lines[nominal], "nominal", color=theme.ORANGE, width=1.5, dash="dash"))
    title = theme.axis_title(band.signal.name, band.signal.unit, 30)
    return theme.figure(250, traces, theme.axis("time [s]"), theme.axis(title), hovermode="x unified")


def _line(time: np.ndarray, values: np.ndarray, label: str, **line: object) -> theme.Part:
    return {
        "type": "scatter",
        **theme.times(time),
        "y": theme.small(values),
        "name": label,
        "mode": "lines",
        "line": line,
        "hovertemplate": "%{y:.5~g}",
    }
