"""Bands: how a signal runs over all successful trials, read in one pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mojo.layout import StudyLayout
from mojo.report.recordings import Piece, Recordings
from mojo.report.resampling import Grid, Plan, extremes, grid_over, polyline, values_at
from mojo.report.telemetry import Signal, choose, scout

KEPT_VALUES = 60_000_000
"""float32 values that quantiles are made of: 240 MB, or 12,500 trials of 24 signals at 200 times."""
QUANTILES = (0.05, 0.50, 0.95)

Line = tuple[np.ndarray, np.ndarray]
"""Times [s] and values of one trial, each of shape (n,)."""


@dataclass(frozen=True)
class Band:
    """One signal over all trials at the times of a grid; every array has shape (points,)."""

    signal: Signal
    times: np.ndarray
    low: np.ndarray
    lower: np.ndarray
    median: np.ndarray
    upper: np.ndarray
    high: np.ndarray
    lines: Mapping[int, Line]
    """Of trials that are drawn by themselves."""
    lowest: tuple[float, int] | None
    """The least value that was recorded, and its trial."""
    highest: tuple[float, int] | None


@dataclass
class Notes:
    """What was reduced or left out; the page says all of it."""

    trials: int = 0
    quantile_trials: int = 0
    missing: Sequence[int] = ()
    unreadable: Sequence[int] = ()
    empty: Sequence[int] = ()
    backwards: list[int] = field(default_factory=list)
    """Trials whose time is not ascending."""
    outside: int = 0
    """Trials with samples before or after the time axis."""
    infinite: int = 0
    """Samples that were infinite, or too large for a float32."""
    most_rows: int = 0
    reaching_end: int = 0
    not_drawn: Sequence[str] = ()
    unmatched: Sequence[str] = ()
    """What was asked for and fits no signal."""


class _Block:
    """Some trials with equal times on the grid; each array has the shape (signals, trials, points)."""

    def __init__(self, trials: Sequence[int], signals: int, points: int) -> None:
        shape = (signals, len(trials), points)
        self.trials = trials
        self.at_grid, self.low, self.high = (np.full(shape, np.nan, np.float32) for _ in range(3))
        self.rows = self.outside = 0
        self.backwards = False

    def take(self, plan: Plan, values: np.ndarray, holds: np.ndarray) -> None:
        """Take in a piece, `values` of shape (signals, trials, rows)."""
        inside, cells = _whole_or(plan.inside), _whole_or(plan.cells)
        self.at_grid[..., inside] = values_at(plan, values, holds)
        least, greatest = extremes(plan, values)
        self.low[..., cells] = np.fmin(self.low[..., cells], least)
        self.high[..., cells] = np.fmax(self.high[..., cells], greatest)
        self.outside += plan.outside


def _whole_or(mask: np.ndarray) -> np.ndarray | slice:
    """Return `mask`, or the slice that means the same where all is wanted: ten times as fast."""
    return slice(None) if mask.all() else mask


class _Least:
    """The least value of each signal so far, and its trial."""

    def __init__(self, signals: int) -> None:
        self._values, self._trials = np.full(signals, np.inf), np.zeros(signals, int)

    def offer(self, values: np.ndarray, trials: Sequence[int]) -> None:
        """Take `values`, shape (signals, trials), where they are less."""
        values = np.where(np.isnan(values), np.inf, values)
        best = values.argmin(axis=1)
        least = values.min(axis=1)
        better = least < self._values
        self._values[better] = least[better]
        self._trials[better] = np.asarray(trials)[best[better]]

    def of(self, index: int, sign: int) -> tuple[float, int] | None:
        value = self._values[index]
        return (sign * float(value), int(self._trials[index])) if np.isfinite(value) else None


class BandBuilder:
    """Takes one piece of a recording after another, and keeps values at the grid's times and running extremes."""

    def __init__(self, grid: Grid, signals: Sequence[Signal], trial_count: int, drawn: Sequence[int]) -> None:
        shape = (len(signals), grid.size)
        self._grid, self._signals, self._drawn = grid, signals, frozenset(drawn)
        self._holds = np.array([signal.steps for signal in signals], dtype=bool)
        capacity = max(1, KEPT_VALUES // (shape[0] * shape[1]))
        self._every = -(-trial_count // capacity)
        self._kept = np.empty((shape[0], -(-trial_count // self._every), shape[1]), np.float32)
        self._low, self._high = np.full(shape, np.nan, np.float32), np.full(shape, np.nan, np.float32)
        self._lowest, self._highest = _Least(shape[0]), _Least(shape[0])
        self._lines: dict[int, tuple[np.ndarray, ...]] = {}
        self._plan: Plan | None = None
        self._open: _Block | None = None
        self.notes = Notes()

    def add(self, piece: Piece) -> None:
        """Take in a piece; the pieces of a recording come one after the other."""
        if self._open is None or self._open.trials != piece.trials:
            self._open = _Block(piece.trials, len(self._signals), self._grid.size)
        if np.any(piece.time[1:] < piece.time[:-1]):
            self._open.backwards = True
        else:
            self._open.take(self._plan_for(piece.time), self._finite(piece.values), self._holds)
        self._open.rows += piece.time.size - piece.repeated
        if piece.last:
            self._merge(self._open)
            self._open = None

    def _plan_for(self, time: np.ndarray) -> Plan:
        if self._plan is None or not self._plan.fits(time):
            self._plan = Plan.of(time, self._grid)
        return self._plan

    def _finite(self, values: np.ndarray) -> np.ndarray:
        infinite = np.isinf(values)
        if not infinite.any():
            return values
        self.notes.infinite += int(infinite.sum())
        return np.where(infinite, np.float32(np.nan), values)

    def _merge(self, block: _Block) -> None:
        """Take in whole recordings."""
        notes, size = self.notes, len(block.trials)
        if block.backwards:
            notes.backwards += block.trials
            return
        np.fmin(block.low, block.at_grid, out=block.low)
        np.fmax(block.high, block.at_grid, out=block.high)
        kept = block.at_grid[:, -notes.trials % self._every :: self._every]
        self._kept[:, notes.quantile_trials : notes.quantile_trials + kept.shape[1]] = kept
        notes.quantile_trials += kept.shape[1]
        notes.trials += size
        notes.outside += size if block.outside else 0
        notes.most_rows = max(notes.most_rows, block.rows)
        notes.reaching_end += int(np.isfinite(block.at_grid[..., -1]).any(axis=0).sum())
        for trial in self._drawn.intersection(block.trials):
            at = block.trials.index(trial)
            self._lines[trial] = tuple(kept[:, at].copy() for kept in (block.at_grid, block.low, block.high))
        self._remember(block)

    def _remember(self, block: _Block) -> None:
        """Widen the extremes, and remember whose they are."""
        np.fmin(self._low, np.fmin.reduce(block.low, axis=1), out=self._low)
        np.fmax(self._high, np.fmax.reduce(block.high, axis=1), out=self._high)
        self._lowest.offer(np.fmin.reduce(block.low, axis=2), block.trials)
        self._highest.offer(-np.fmax.reduce(block.high, axis=2), block.trials)

    def bands(self) -> list[Band]:
        """Return one band a signal."""
        return [self._band(index, signal) for index, signal in enumerate(self._signals)]

    def _band(self, index: int, signal: Signal) -> Band:
        lower, median, upper = quantiles_over_trials(self._kept[index, : self.notes.quantile_trials])
        return Band(
            signal=signal,
            times=self._grid.times,
            low=self._low[index],
            lower=lower,
            median=median,
            upper=upper,
            high=self._high[index],
            lines={
                trial: polyline(self._grid, *(part[index] for part in parts)) for trial, parts in self._lines.items()
            },
            lowest=self._lowest.of(index, sign=1),
            highest=self._highest.of(index, sign=-1),
        )


def quantiles_over_trials(values: np.ndarray) -> np.ndarray:
    """Return the `QUANTILES` of `values`, shape (trials, points), over trials, shape (len(QUANTILES), points).

    Linear between order statistics, nan left out: a trial that has ended says nothing about later times.
    """
    ordered = np.ascontiguousarray(values.T)
    ordered.sort(axis=1)  # nan goes last
    last = (ordered.shape[1] - np.isnan(ordered).sum(axis=1) - 1).clip(min=0)
    points = np.arange(ordered.shape[0])
    found = np.empty((len(QUANTILES), points.size), np.float32)
    for row, probability in enumerate(QUANTILES):
        position = probability * last
        below = position.astype(int)
        left, right = ordered[points, below], ordered[points, np.minimum(below + 1, last)]
        found[row] = left + (position - below) * (right - left)
    return found


def read_bands(
    layout: StudyLayout,
    trials: Sequence[int],
    scouts: Sequence[int],
    drawn: Sequence[int] = (),
    wanted: Sequence[str] = (),
) -> tuple[list[Band], Notes]:
    """Return the bands of the signals that `trials` recorded, and what was reduced or left out.

    Args:
        layout: Where the recordings lie.
        trials: Trials to take in.
        scouts: Trials that are opened beforehand to learn which signals and times there are; so the longest
            should be among them.
        drawn: Trials that are drawn by themselves.
        wanted: Names or patterns of the signals to take; empty for some of each category.
    """
    signals, start, end, times = scout(layout.trial(trial).telemetry for trial in scouts)
    chosen, unmatched = choose(signals, wanted)
    if not chosen or times.size == 0:
        return [], Notes(unmatched=unmatched)
    recordings = Recordings(layout, trials, [signal.name for signal in chosen], times.size)
    builder = BandBuilder(grid_over(start, end, times), chosen, len(trials), drawn)
    for piece in recordings:
        builder.add(piece)
    notes = builder.notes
    notes.missing, notes.unreadable, notes.empty = recordings.missing, recordings.unreadable, recordings.empty
    notes.not_drawn = [] if wanted else [signal.name for signal in signals if signal not in chosen]
    notes.unmatched = unmatched
    return builder.bands() if notes.trials else [], notes
