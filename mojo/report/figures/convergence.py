"""How a mean settled as trials were added."""

from mojo.evidence.averages import Convergence
from mojo.report.figures import theme


def convergence_figure(found: Convergence, name: str, unit: str | None) -> theme.Figure:
    """Return the mean of the first n trials over n, with its interval."""
    common = {"type": "scatter", "x": found.trials, "mode": "lines", "hovertemplate": "%{y:.5~g}"}
    edge = {"line": {"width": 0, "color": theme.BLUE_LIGHT}}
    filled = {"fill": "tonexty", "fillcolor": theme.BLUE_LIGHT}
    low, mean, high = map(theme.small, (found.low, found.mean, found.high))
    traces = [
        common | edge | {"y": low, "name": "from"},
        common | edge | filled | {"y": high, "name": "to"},
        common | {"y": mean, "name": "mean", "line": {"width": 2, "color": theme.BLUE}},
    ]
    trials = theme.axis("trials", rangemode="tozero")
    return theme.figure(200, traces, trials, theme.axis(theme.axis_title(name, unit, 24)), hovermode="x unified")
