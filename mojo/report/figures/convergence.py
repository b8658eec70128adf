"""How a mean settled as trials were added."""

import plotly.graph_objects as go

from mojo.evidence.averages import Convergence
from mojo.report.figures import theme


def convergence_figure(found: Convergence, name: str, unit: str | None) -> go.Figure:
    """Return the mean of the first n trials over n, with its interval."""
    figure = theme.figure(200)
    common = {"x": found.trials, "mode": "lines", "hovertemplate": "%{y:.5~g}"}
    low, mean, high = map(theme.small, (found.low, found.mean, found.high))
    figure.add_scatter(**common, y=low, name="from", line={"width": 0, "color": theme.BLUE_LIGHT})
    figure.add_scatter(
        **common,
        y=high,
        name="to",
        line={"width": 0, "color": theme.BLUE_LIGHT},
        fill="tonexty",
        fillcolor=theme.BLUE_LIGHT,
    )
    figure.add_scatter(**common, y=mean, name="mean", line={"width": 2, "color": theme.BLUE})
    figure.update_layout(hovermode="x unified")
    figure.update_xaxes(title_text="trials", rangemode="tozero")
    figure.update_yaxes(title_text=theme.axis_title(name, unit, 24))
    return figure
