"""Comparison of two trials: what went in, what came out, and where their signals part."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from mojo.errors import TrialError
from mojo.layout import TrialLayout
from mojo.report.data import StudyData
from mojo.report.numbers import counted, significant
from mojo.report.telemetry import Signal, read_column, scout
from mojo.report.trial_inputs import Inputs, in_words

INTERPOLATED = "their times differ, so the second is interpolated to those of the first that both reach"


@dataclass(frozen=True)
class Value:
    """An input, metric or outcome of both trials."""

    name: str
    unit: str | None
    before: str
    after: str
    change: str
    """Of a number, by how much it moved."""


@dataclass(frozen=True)
class Parting:
    """How far one signal of two trials comes apart.

    Attributes:
        signal: The signal.
        first: The time [s] at which they differ first; None where they never do.
        most: The greatest difference, of the second to the first.
        at: When that is [s].
    """

    signal: Signal
    first: float | None
    most: float
    at: float


@dataclass(frozen=True)
class TrialComparison:
    """Two trials side by side; they are single draws, so nothing tells whether a difference is more than chance."""

    names: tuple[str, str]
    values: Sequence[Value]
    same: int
    """Values that are equal."""
    partings: Sequence[Parting]
    only: Sequence[str]
    """Signals that one of them recorded."""
    note: str

    @property
    def statement(self) -> str:
        """Return what was found, in a sentence."""
        apart = [parting for parting in self.partings if parting.first is not None]
        inputs = f"{counted(len(self.values), 'value')} {'differs' if len(self.values) == 1 else 'differ'}"
        if not self.partings:
            return f"{inputs}; there are no signals to compare"
        if not apart:
            alike = "agree as far as both reach" if self.note == INTERPOLATED else "are bit-identical"
            return f"{inputs}; all {counted(len(self.partings), 'signal')} {alike}"
        first = min(apart, key=lambda parting: parting.first or 0.0)
        signals = f"{len(apart)} of {counted(len(self.partings), 'signal')}"
        verb = "differs" if len(apart) == 1 else "differ"
        return f"{inputs}; {signals} {verb}, from {significant(first.first, 4)} s on"


def compare_trials(before: tuple[StudyData, int], after: tuple[StudyData, int]) -> TrialComparison:
    """Return what differs between two trials, of one study or of two.

    Raises:
        TrialError: One of them has not ended.
    """
    rows = [_row(data, trial) for data, trial in (before, after)]
    layouts = [data.layout.trial(trial) for data, trial in (before, after)]
    inputs = [{one.name: one.place for one in Inputs(data).of(trial)} for data, trial in (before, after)]
    names = [name for data in (before[0], after[0]) for name in (*data.parameters, *data.named, *data.scores)]
    columns = ["outcome", "error", "ended_by", "ended_at", "warnings", "simulated_seconds", "model_hash", "cpu_model"]
    columns = list(dict.fromkeys([*columns, *names]))
    different = [name for name in columns if not _equal(rows[0].get(name), rows[1].get(name))]
    values = [
        Value(
            name,
            before[0].unit(name) or after[0].unit(name),
            _with_place(rows[0].get(name), inputs[0].get(name, "")),
            _with_place(rows[1].get(name), inputs[1].get(name, "")),
            _change(rows[0].get(name), rows[1].get(name)),
        )
        for name in different
    ]
    partings, only, note = _partings(*layouts)
    titles = tuple(f"{data.name}, trial {trial}" for data, trial in (before, after))
    same = [name for name in columns if name not in different and rows[0].get(name) is not None]
    return TrialComparison((titles[0], titles[1]), values, len(same), partings, only, note)


def _row(data: StudyData, trial: int) -> dict[str, object]:
    rows = data.table.filter(pl.col("trial") == trial)
    if rows.is_empty():
        raise TrialError(f"Trial {trial} of '{data.name}' has not ended, so there is nothing to compare.")
    return rows.row(0, named=True)


def _equal(left: object, right: object) -> bool:
    both_nan = all(isinstance(value, float) and math.isnan(value) for value in (left, right))
    return left == right or both_nan


def _with_place(value: object, place: str) -> str:
    return f"{in_words(value)} ({place})" if place else in_words(value)


def _change(before: object, after: object) -> str:
    if isinstance(before, bool) or isinstance(after, bool):
        return ""
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return ""
    sign = "+" if after > before else ""
    return f"{sign}{significant(float(after) - float(before), 4)}"


def _partings(before: TrialLayout, after: TrialLayout) -> tuple[list[Parting], list[str], str]:
    """Return how far each common signal comes apart, the signals of one alone, and what the times are like."""
    paths = (before.telemetry, after.telemetry)
    signals = [{signal.name: signal for signal in scout([path])[0]} for path in paths]
    only = sorted(set(signals[0]) ^ set(signals[1]))
    common = [signal for name, signal in signals[0].items() if name in signals[1]]
    if not common:
        return [], only, "" if all(path.is_file() for path in paths) else "one of them has no recording"
    with pq.ParquetFile(paths[0]) as first, pq.ParquetFile(paths[1]) as second:
        times = [read_column(file, "time") for file in (first, second)]
        if not all(time.size and np.all(time[1:] >= time[:-1]) for time in times):
            return [], only, "one of the recordings has no rows, or times that run backwards"
        equal = np.array_equal(times[0], times[1])
        note = "" if equal else INTERPOLATED
        return [_parting(signal, first, second, times) for signal in common], only, note


def _parting(signal: Signal, first: pq.ParquetFile, second: pq.ParquetFile, times: Sequence[np.ndarray]) -> Parting:
    left, right = (read_column(file, signal.name) for file in (first, second))
    time = times[0]
    if not np.array_equal(times[0], times[1]):
        reached = (time >= times[1][0]) & (time <= times[1][-1])
        time, left, right = time[reached], left[reached], np.interp(time[reached], times[1], right)
    differs = ~((left == right) | (np.isnan(left) & np.isnan(right)))
    if not differs.any():
        return Parting(signal, None, 0.0, 0.0)
    gap = np.nan_to_num(np.abs(right - left), nan=0.0, posinf=np.inf)
    at = int(gap.argmax())
    return Parting(signal, float(time[differs.argmax()]), float(right[at] - left[at]), float(time[at]))
