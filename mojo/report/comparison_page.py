"""The page of a comparison."""

from pathlib import Path

import numpy as np
import polars as pl

from mojo.files import write_text
from mojo.report.comparison import Comparison
from mojo.report.comparison_of_trials import TrialComparison
from mojo.report.data import StudyData, floats
from mojo.report.figures import theme
from mojo.report.figures.ecdf import ecdf_figure
from mojo.report.figures.traces import traces_figure
from mojo.report.numbers import shortened, with_unit
from mojo.report.page import Plot, Section
from mojo.report.plain_page import PlainHeading, render_plain
from mojo.report.single import Single, Trace, read_single

MAX_FIGURES = 60


def write_comparison(path: Path, found: Comparison) -> None:
    """Write the comparison of two studies as one file that opens offline."""
    values = {"found": found, "labels": _labels(found)}
    numbers = [row.name for row in found.metrics if found.before.table[row.name].dtype != pl.Boolean]
    plots = [_ecdf(found, name) for name in numbers[:MAX_FIGURES]]
    sections = [Section("differences", "Differences", "comparison/differences.html.j2", values, found.why)]
    if plots:
        about = {"plots": plots, "labels": _labels(found)}
        sections.append(Section("metrics", "Metrics", "comparison/metrics.html.j2", about))
    sections.append(Section("changes", "What was changed", "comparison/changes.html.j2", values))
    title = f"{shortened(found.before.name)} → {shortened(found.after.name)}"
    details = [f"{label}: {data.table.height} trials" for label, data in zip(_labels(found), _both(found), strict=True)]
    heading = PlainHeading(title, found.statement, "", [*details, f"Compared {found.why}"])
    write_text(path, render_plain(heading, sections))


def _both(found: Comparison) -> tuple[StudyData, StudyData]:
    return found.before, found.after


def _labels(found: Comparison) -> tuple[str, str]:
    """Return what the two are called: their names, or their folders where these are the same."""
    names = found.before.name, found.after.name
    return names if names[0] != names[1] else (str(found.before.layout.root), str(found.after.layout.root))


def _ecdf(found: Comparison, name: str) -> Plot:
    groups = [floats(data.sampled[name].drop_nulls()) for data in _both(found)]
    lines = [(label, values[np.isfinite(values)]) for label, values in zip(_labels(found), groups, strict=True)]
    unit = found.before.unit(name)
    description = f"Share of trials up to each value of {shortened(name)}, in both studies."
    return Plot(ecdf_figure(lines, theme.axis_title(name, unit)), with_unit(name, unit), description)


def write_trial_comparison(path: Path, found: TrialComparison, recordings: tuple[Path, Path]) -> None:
    """Write the comparison of two trials as one file that opens offline, with their signals over each other."""
    traces = [_by_name(read_single(recording)) for recording in recordings]
    apart = [parting for parting in found.partings if parting.first is not None]
    plots = [
        _overlay(found.names, traces[0][parting.signal.name], traces[1][parting.signal.name])
        for parting in apart
        if all(parting.signal.name in each for each in traces)
    ]
    values = {"found": found, "plots": plots[:MAX_FIGURES], "left_out": len(plots) - MAX_FIGURES}
    sections = [
        Section("values", "Values", "comparison/values.html.j2", values),
        Section("signals", "Signals", "comparison/signals.html.j2", values),
    ]
    heading = PlainHeading(
        " → ".join(found.names), found.statement, "", ["Two single trials: no test tells chance apart"]
    )
    write_text(path, render_plain(heading, sections))


def _by_name(single: Single) -> dict[str, Trace]:
    return {trace.signal.name: trace for group in single.groups for trace in group}


def _overlay(names: tuple[str, str], before: Trace, after: Trace) -> Plot:
    signal = before.signal
    lines = [(name, trace.times, trace.values) for name, trace in zip(names, (before, after), strict=True)]
    figure = traces_figure(lines, theme.plain(signal.unit or "", 20), steps=signal.steps)
    return Plot(figure, with_unit(signal.name, signal.unit), f"{shortened(signal.name)} of both trials over time.")
