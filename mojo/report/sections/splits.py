"""Where trials fail: the inputs of those that pass beside those that do not, and of those that did not finish."""

import numpy as np
import polars as pl

from mojo.evidence.caveats import APART
from mojo.evidence.splits import FEWEST, Split
from mojo.evidence.words import percent
from mojo.report.data import StudyData, floats
from mojo.report.figures.splits import bins_figure, map_figure
from mojo.report.numbers import counted, listed, shortened, significant, with_unit
from mojo.report.page import Plot, Section
from mojo.report.sections.drivers import chance_text
from mojo.report.splits import FAILS, Divided

CLEAR = 0.05
MOST_BINS = 4
MOST_ROWS = 10


def section(data: StudyData) -> Section | None:
    """Return where trials fail, or None where all of them pass, or there are no inputs."""
    divided = data.findings.splits
    if not divided:
        return None
    values = {
        "parts": [_part(data, one) for one in divided],
        "fewest": FEWEST,
        "limit": f"{100 * CLEAR:g} %",
        "together": any(one.compared < one.failed + one.passed for one in divided),
        "counted": APART.get(data.design, ""),
    }
    return Section("splits", "Where trials fail", "splits.html.j2", values, listed((one.what for one in divided), 3))


def _part(data: StudyData, one: Divided) -> dict:
    clear = [split for split in one.splits if split.chance < CLEAR]
    return {
        "what": one.what,
        "counts": f"{counted(one.failed, 'trial')} of {one.failed + one.passed}",
        "few": one.few,
        "none_pass": one.passed == 0,
        "rows": [_row(data, split) for split in one.splits[:MOST_ROWS]],
        "rows_left_out": max(0, len(one.splits) - MOST_ROWS),
        "differs": listed((_told(split) for split in clear), 6),
        "plots": _map(data, one) + [_bins(data, split) for split in clear[:MOST_BINS]],
        "ranges": _ranges(data, one),
    }


def _told(split: Split) -> str:
    """Return how an input differs, in words."""
    name = shortened(split.name)
    if np.isnan(split.larger):
        worst = max(split.bins, key=lambda part: part.failed / part.trials)
        return f"{name} (most often with {shortened(worst.label, 24)})"
    if abs(split.larger - 0.5) < 0.1:
        return f"{name} (spread differently)"
    return f"{name} ({'larger' if split.larger > 0.5 else 'smaller'})"


def _row(data: StudyData, split: Split) -> dict[str, str | bool]:
    return {
        "name": split.name,
        "unit": data.unit(split.name) or "",
        "passed": "–" if np.isnan(split.passed) else significant(split.passed, 4),
        "failed": "–" if np.isnan(split.failed) else significant(split.failed, 4),
        "larger": "–" if np.isnan(split.larger) else f"{percent(split.larger)}",
        "chance": chance_text(split.chance),
        "is_clear": split.chance < CLEAR,
    }


def _bins(data: StudyData, split: Split) -> Plot:
    title = with_unit(split.name, data.unit(split.name))
    return Plot(
        bins_figure(split, data.unit(split.name)), title, f"Share of trials that fail along {shortened(split.name)}."
    )


def _map(data: StudyData, one: Divided) -> list[Plot]:
    """Return where the trials lie over the two inputs that differ most, if there are two numbers."""
    if len(one.axes) < 2:
        return []
    names = one.axes[:2]
    units = [data.unit(name) for name in names]
    title = f"{shortened(names[0], 30)} and {shortened(names[1], 30)}"
    figure = map_figure(one.rows, FAILS, names, units)
    return [Plot(figure, title, f"Trials that pass and that fail, over {title}.", "Select a point to open its trial.")]


def _ranges(data: StudyData, one: Divided) -> list[dict[str, str]]:
    """Return where the failed trials lie, for groups that no test can compare."""
    if not one.few:
        return []
    failed = one.rows.filter(pl.col(FAILS))
    found = []
    for name in one.axes[:MOST_ROWS]:
        if failed[name].null_count() == failed.height:
            continue
        low, high = (significant(float(value), 4) for value in floats(failed[name].drop_nulls().sort())[[0, -1]])
        found.append({"name": name, "unit": data.unit(name) or "", "range": low if low == high else f"{low} to {high}"})
    return found
