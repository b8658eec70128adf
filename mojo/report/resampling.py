"""A recording on a common time grid: values at the grid's times, and extremes of everything in between."""

from dataclasses import dataclass

import numpy as np

POINTS = 200
"""Times in a band: about one for every two pixels of a plot."""
FEW_SAMPLES = 16
"""In a cell: up to so many are compared faster one by one, in all cells together, than by NumPy's `reduceat`."""


@dataclass(frozen=True)
class Grid:
    """Times that every trial is brought to, and the cells around them."""

    times: np.ndarray
    """[s], shape (points,), ascending."""
    edges: np.ndarray
    """[s], shape (points + 1,): halfway between times, and a little outside the first and the last."""

    @property
    def size(self) -> int:
        return self.times.size

    @property
    def slack(self) -> float:
        """How far [s] a recording may end from a grid time and still reach it: sums of timesteps round."""
        return float(self.times[0] - self.edges[0])


def grid_over(start: float, end: float, times: np.ndarray, points: int = POINTS) -> Grid:
    """Return the grid from `start` to `end`: `times` themselves where they are at most `points` and reach that far."""
    if not (times.size <= points and times[0] <= start and times[-1] >= end and np.all(np.diff(times) > 0)):
        times = np.linspace(start, end, points) if end > start else np.array([start])
    slack = 1e-3 * (times[-1] - times[0]) / max(times.size - 1, 1) or 1e-9
    middles = (times[1:] + times[:-1]) / 2
    return Grid(times, np.concatenate([[times[0] - slack], middles, [times[-1] + slack]]))


@dataclass(frozen=True)
class Plan:
    """Which samples make which grid point; equal for all recordings with the same times."""

    time: np.ndarray
    inside: np.ndarray
    """Grid points that the recording reaches, shape (points,), bool."""
    before: np.ndarray
    after: np.ndarray
    """Samples on either side of each grid point inside."""
    weight: np.ndarray
    """Share of the sample after, 0 to 1."""
    cells: np.ndarray
    """Cells that hold any sample, shape (points,), bool."""
    starts: np.ndarray
    """First sample of each of those cells, shape (cells,)."""
    stop: int
    """One past the last sample in any cell."""

    @classmethod
    def of(cls, time: np.ndarray, grid: Grid) -> "Plan":
        """Return the plan for samples at the ascending `time` [s], shape (rows,)."""
        inside = (grid.times >= time[0] - grid.slack) & (grid.times <= time[-1] + grid.slack)
        wanted = np.clip(grid.times[inside], time[0], time[-1])
        before = np.searchsorted(time, wanted, side="right") - 1
        after = np.minimum(before + 1, time.size - 1)
        gap = time[after] - time[before]
        weight = np.divide(wanted - time[before], gap, out=np.zeros_like(gap), where=gap > 0)
        after = np.where(weight > 0, after, before)
        bounds = np.searchsorted(time, grid.edges)
        cells = np.diff(bounds) > 0
        weight = weight.astype(np.float32)
        return cls(time, inside, before, after, weight, cells, bounds[:-1][cells], int(bounds[-1]))

    @property
    def outside(self) -> int:
        """Samples that lie in no cell of the grid."""
        inside = self.stop - int(self.starts[0]) if self.starts.size else 0
        return self.time.size - inside

    def fits(self, time: np.ndarray) -> bool:
        return np.array_equal(self.time, time)


def values_at(plan: Plan, values: np.ndarray, holds: np.ndarray) -> np.ndarray:
    """Return `values`, shape (signals, trials, rows), at the plan's grid points, shape (signals, trials, inside).

    Linear between samples, except for signals that hold their value, `holds`, shape (signals,).
    A sample that is nan makes its neighbourhood nan: what was not recorded is not invented.
    """
    left = values[..., plan.before]
    if not plan.weight.any():
        return left
    change = values[..., plan.after] - left
    change[holds] = 0
    return left + plan.weight * change


def extremes(plan: Plan, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest of `values` in each of the plan's cells, shape (signals, trials, cells).

    No sample is skipped, so a peak of one sample shows at any number of grid points.
    """
    within = values[..., : plan.stop]
    if plan.starts.size in (0, within.shape[-1]):  # no sample at all, or a cell for each
        own = within[..., : plan.starts.size]
        return own, own
    lasts = np.append(plan.starts[1:], plan.stop) - 1
    widest = int((lasts - plan.starts).max()) + 1
    if widest > FEW_SAMPLES:
        return np.fmin.reduceat(within, plan.starts, axis=-1), np.fmax.reduceat(within, plan.starts, axis=-1)
    least = within.take(plan.starts, axis=-1)
    greatest = least.copy()
    for offset in range(1, widest):
        following = within.take(np.minimum(plan.starts + offset, lasts), axis=-1)
        np.fmin(least, following, out=least)
        np.fmax(greatest, following, out=greatest)
    return least, greatest


def polyline(grid: Grid, at_grid: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return times and values of a line through the least and the greatest value in every cell of the grid.

    The two stand a quarter of the smallest cell before and after its time; where the recording rises, the least
    is first. Where every cell holds one value, the line is that.

    Args:
        grid: The grid.
        at_grid: Values at its times, shape (points,).
        low: Least values of the cells, shape (points,).
        high: Greatest values of the cells, shape (points,).

    Returns:
        Times [s] and values, shape (points,) or (2·points,).
    """
    if grid.size < 2 or not np.any(high > low):
        return grid.times, np.where(np.isnan(at_grid), low, at_grid)
    rises = np.gradient(at_grid) >= 0
    pairs = np.stack([np.where(rises, low, high), np.where(rises, high, low)], axis=-1)
    quarter = np.diff(grid.times).min() / 4
    return (grid.times[:, None] + [-quarter, quarter]).ravel(), pairs.ravel()
