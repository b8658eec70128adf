"""The recording of a single trial: all of its signals, those of one vector together."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mojo.report.resampling import Plan, extremes, grid_over, polyline, values_at
from mojo.report.telemetry import Signal, read_column, scout

POINTS = 400
"""Cells that a line of a page goes through; a recording of fewer rows is drawn as it is."""
MAX_SIGNALS = 1000
_COMPONENT = re.compile(r"q?[wxyz]|w[xyz]|m|\d")


@dataclass(frozen=True)
class Trace:
    """A signal of one trial."""

    signal: Signal
    times: np.ndarray
    """[s], shape (n,)."""
    values: np.ndarray
    """Shape (n,); nan where nothing was recorded."""

    @property
    def component(self) -> str:
        """Its name within its vector, such as "x"."""
        return self.signal.name.rpartition(":")[2]


@dataclass(frozen=True)
class Single:
    """What a trial recorded."""

    groups: Sequence[Sequence[Trace]]
    """Traces that share an axis: the components of a vector that have one unit, or a signal by itself."""
    rows: int
    not_drawn: Sequence[str] = ()
    problem: str = ""
    """Why there is nothing to draw, in words."""

    @property
    def signals(self) -> int:
        return sum(len(group) for group in self.groups)


def read_single(path: Path) -> Single:
    """Return the signals of one trial, none of their peaks left out.

    The columns are read one by one, so that a recording of any length fits into memory.
    """
    if not path.is_file():
        return Single([], 0, problem="nothing was recorded")
    signals, _, _, time = scout([path])
    if not time.size:
        return Single([], 0, problem="the recording cannot be read, or has no rows")
    if not np.all(time[1:] >= time[:-1]):
        return Single([], time.size, problem="its time runs backwards")
    try:
        traces = list(_traces(path, signals[:MAX_SIGNALS], time))
    except (pa.ArrowInvalid, OSError) as error:
        return Single([], time.size, problem=f"the recording cannot be read: {error}")
    return Single(_together(traces), time.size, [signal.name for signal in signals[MAX_SIGNALS:]])


def _traces(path: Path, signals: Sequence[Signal], time: np.ndarray) -> Iterator[Trace]:
    grid = grid_over(time[0], time[-1], time, POINTS)
    plan = Plan.of(time, grid)
    with pq.ParquetFile(path) as file:
        for signal in signals:
            values = read_column(file, signal.name)
            values = np.where(np.isinf(values), np.nan, values)
            if time.size <= POINTS:
                yield Trace(signal, time, values)
                continue
            at_grid, low, high = (np.full(grid.size, np.nan) for _ in range(3))
            at_grid[plan.inside] = values_at(plan, values[None], np.array([signal.steps]))[0]
            low[plan.cells], high[plan.cells] = (found[0] for found in extremes(plan, values[None]))
            yield Trace(signal, *polyline(grid, at_grid, np.fmin(low, at_grid), np.fmax(high, at_grid)))


def _together(traces: Sequence[Trace]) -> list[list[Trace]]:
    """Return the traces with the components of a vector that share a unit side by side."""
    groups: dict[tuple[str, str | None], list[Trace]] = {}
    for trace in traces:
        vector, _, component = trace.signal.name.rpartition(":")
        alone = not vector or not _COMPONENT.fullmatch(component)
        groups.setdefault((trace.signal.name if alone else vector, trace.signal.unit), []).append(trace)
    return list(groups.values())
