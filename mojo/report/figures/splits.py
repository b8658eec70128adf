"""Trials that fail: their share along an input, and where they lie over two of them."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from mojo.evidence.splits import Split
from mojo.report.figures import theme
from mojo.report.numbers import significant

MOST_GOOD = 1000
MOST_BAD = 500


def bins_figure(split: Split, unit: str | None) -> theme.Figure:
    """Return the share of failing trials in each part of an input's range, with its interval."""
    share = np.array([100 * part.failed / part.trials for part in split.bins])
    low, high = (100 * np.array([part.interval[end] for part in split.bins]) for end in (0, 1))
    in_words = all(part.label or part.low == part.high for part in split.bins)
    labels = [_label(part.label, part.low, part.high) for part in split.bins]
    places = labels if in_words else [(part.low + part.high) / 2 for part in split.bins]
    ends = {"array": high - share, "arrayminus": share - low}
    bars = {
        "type": "bar",
        "x": places,
        "y": share,
        "width": None if in_words else [part.high - part.low for part in split.bins],
        "marker": {"color": theme.RED, "opacity": 0.75, "line": {"width": 1, "color": "rgba(255, 255, 255, 0.6)"}},
        "error_y": ends | {"color": theme.GREY, "thickness": 1.2, "width": 3},
        "text": [f"{x}: {part.failed} of {part.trials}" for x, part in zip(labels, split.bins, strict=True)],
        "textposition": "none",
        "hovertemplate": "%{text}, %{y:.3~g} %<extra></extra>",
    }
    across = theme.axis(theme.axis_title(split.name, unit), **({"type": "category"} if in_words else {}))
    up = theme.axis("share of these", ticksuffix=" %", rangemode="tozero")
    return theme.figure(240, [bars], across, up, bargap=0)


def _label(word: str, low: float, high: float) -> str:
    if word:
        return theme.plain(word, 24)
    return significant(low, 3) if low == high else f"{significant(low, 3)} to {significant(high, 3)}"


def map_figure(rows: pl.DataFrame, fails: str, names: Sequence[str], units: Sequence[str | None]) -> theme.Figure:
    """Return where trials lie over two inputs; of many, some that are evenly chosen by their number.

    Args:
        rows: `trial`, and the columns of the next two.
        fails: Column that says which trials fail.
        names: Columns of the two inputs.
        units: Their units.
    """
    traces = []
    for is_bad, most, marker in (
        (False, MOST_GOOD, {"color": theme.BLUE, "size": 5, "opacity": 0.4}),
        (True, MOST_BAD, {"color": theme.RED, "size": 8, "symbol": "x-thin-open"}),
    ):
        side = rows.filter(pl.col(fails) == is_bad)
        side = side[np.unique(np.linspace(0, side.height - 1, min(most, side.height)).round().astype(int))]
        dots = {
            "type": "scatter",
            "x": theme.small(side[names[0]].to_numpy()),
            "y": theme.small(side[names[1]].to_numpy()),
            "customdata": side["trial"].to_numpy().astype(np.int32),
            "mode": "markers",
            "marker": marker,
            "hovertemplate": "trial %{customdata}<br>%{x:.5~g}, %{y:.5~g}<extra></extra>",
        }
        traces.append(dots)
    titles = theme.axis_title(names[0], units[0]), theme.axis_title(names[1], units[1], 28)
    return theme.figure(300, traces, *map(theme.axis, titles))
