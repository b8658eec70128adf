"""Averages: means and quantiles with the intervals that the trials allow."""

from dataclasses import dataclass

import numpy as np
from scipy import special  # `scipy.stats` takes a second to import

from mojo.evidence.proportions import lower_bound
from mojo.evidence.quantiles import block_bootstrap_upper_bound, bootstrap_upper_bound, upper_bound

Interval = tuple[float | None, float | None]
"""Least and greatest value; None for an end that the trials say nothing of."""


def mean_interval(values: np.ndarray, blocks: np.ndarray, confidence: float) -> Interval:
    """Return the interval of a mean by Student's t over the means of the blocks.

    There is none of fewer than two blocks, nor where all values are the same: how much others differ is not known.

    Args:
        values: Shape (n,), finite.
        blocks: The block of each, 0 to the number of blocks - 1, shape (n,); blocks do not depend on each other.
        confidence: Of the interval, two-sided.
    """
    count = np.bincount(blocks)
    if count.size < 2 or values.min() == values.max():
        return None, None
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(values.mean())
        # what each block adds to the mean, beyond its share: also right where blocks have lost trials
        excess = (np.bincount(blocks, values) - mean * count) / count.mean()
        error = float(np.sqrt((excess @ excess) / (count.size - 1) / count.size))
    reach = float(special.stdtrit(count.size - 1, (1 + confidence) / 2)) * error
    return mean - reach, mean + reach


def share_interval(values: np.ndarray, blocks: np.ndarray, confidence: float) -> Interval:
    """Return the interval of the share of values that are true, or 1, by Clopper and Pearson.

    Of trials that belong together it counts the blocks alone, so that it is never too narrow.

    Args:
        values: 0 or 1, shape (n,), at least one.
        blocks: As `mean_interval`.
        confidence: Of the interval, two-sided.
    """
    count, one_sided = int(blocks.max()) + 1, (1 + confidence) / 2
    true = float(values.mean()) * count
    nearest = round(true)
    least, most = (nearest, nearest) if np.isclose(true, nearest) else (int(np.floor(true)), int(np.ceil(true)))
    return float(lower_bound(least, count, one_sided)), float(1 - lower_bound(count - most, count, one_sided))


def quantile_interval(
    values: np.ndarray, quantile: float, confidence: float, blocks: np.ndarray, independent: bool
) -> Interval:
    """Return the interval of a quantile, each end with half of the error.

    Args:
        values: Shape (n,), finite.
        quantile: Its probability.
        confidence: Of the interval, two-sided.
        blocks: As `mean_interval`.
        independent: Whether the trials are independent draws: then order statistics bound the quantile, else the
            bootstrap, of blocks where trials belong together.
    """
    one_sided = (1 + confidence) / 2

    def above(numbers: np.ndarray, probability: float) -> float | None:
        if independent:
            return upper_bound(numbers, probability, one_sided)
        if blocks.max() + 1 < blocks.size:
            return block_bootstrap_upper_bound(numbers, blocks, probability, one_sided)
        return bootstrap_upper_bound(numbers, probability, one_sided)

    below, high = above(-values, 1 - quantile), above(values, quantile)
    return None if below is None else -below, high


@dataclass(frozen=True)
class Convergence:
    """The mean of the first n trials, and its interval, for some n; each array of shape (k,)."""

    trials: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def convergence(values: np.ndarray, blocks: np.ndarray, confidence: float, points: int = 50) -> Convergence:
    """Return how the mean settled as trials were added, in their order.

    Args:
        values: Shape (n,), finite, at least two; blocks: as `mean_interval`.
        blocks: The block of each.
        confidence: Of the intervals, two-sided.
        points: How many n there are at most.
    """
    counts = np.unique(np.geomspace(min(5, values.size), values.size, points).round().astype(int))
    middle = float(values.mean())
    shifted = values - middle  # so that squares keep their digits
    mean = np.cumsum(shifted)[counts - 1] / counts
    together = blocks.max() + 1 < blocks.size
    if together:
        ends = [
            mean_interval(shifted[:size], np.unique(blocks[:size], return_inverse=True)[1], confidence)
            for size in counts
        ]
        low, high = (np.array([np.nan if end is None else end for end in side]) for side in zip(*ends, strict=True))
        return Convergence(counts, mean + middle, low + middle, high + middle)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.maximum(np.cumsum(shifted**2)[counts - 1] - counts * mean**2, 0) / (counts - 1)
        reach = special.stdtrit(counts - 1, (1 + confidence) / 2) * np.sqrt(variance / counts)
    return Convergence(counts, mean + middle, mean + middle - reach, mean + middle + reach)
