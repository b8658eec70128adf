"""Main effects: the mean of all cells that share a level of one input, with the cells themselves behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mojo.report.figures import theme


@dataclass(frozen=True)
class Effect:
    """The cells of one experiment along one input.

    Attributes:
        experiment: Its name.
        levels: The input in each cell, n of them.
        means: The mean objective of each cell, shape (n,).
    """

    experiment: str
    levels: Sequence[Any]
    means: np.ndarray

    def main(self) -> tuple[list[Any], np.ndarray]:
        """Return the levels, each once and ascending, and the mean over the cells of each."""
        levels = sorted(set(self.levels))
        chosen = [np.array([level == other for other in self.levels]) for level in levels]
        return levels, np.array([self.means[cells].mean() for cells in chosen])


def effects_figure(effects: Sequence[Effect], name: str, unit: str | None) -> theme.Figure:
    """Return the main effect of one input on the objective, a line for each experiment that varies it."""
    traces: list[theme.Part] = []
    words = any(isinstance(level, bool | str) for effect in effects for level in effect.levels)
    for effect, colour in zip(effects, theme.several(len(effects)), strict=True):
        levels, means = effect.main()
        title = theme.plain(effect.experiment)
        shown = [str(level) if words else level for level in effect.levels]
        cells = {
            "type": "scatter",
            "x": shown,
            "y": theme.small(effect.means),
            "mode": "markers",
            "marker": {"color": colour, "size": 5, "opacity": 0.3},
            "hovertemplate": f"{title}, one cell<br>%{{x}}, %{{y:.5~g}}<extra></extra>",
        }
        main = {
            "type": "scatter",
            "x": [str(level) if words else level for level in levels],
            "y": means,
            "mode": "lines+markers",
            "line": {"color": colour, "width": 2},
            "marker": {"size": 8},
            "hovertemplate": f"{title}, mean of its cells<br>%{{x}}, %{{y:.5~g}}<extra></extra>",
        }
        traces += [cells, main]
    across = theme.axis(theme.axis_title(name, unit), **({"type": "category"} if words else {}))
    return theme.figure(270, traces, across, theme.axis("objective"))
