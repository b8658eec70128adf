"""Rank correlations of inputs with outputs, alone and with the other inputs held fixed, with bootstrapped intervals."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from mojo.evidence.bootstrap import resampled

RESAMPLES = 200
"""Enough for a standard error on Fisher's scale, from which intervals are made."""
MOST_RESAMPLES = 0.9
"""Share of the resamples that must have a correlation, for an interval to be made of them."""
LEAST_TRIALS = 10
TRIALS_AN_INPUT = 3
"""Fewer trials than this for each input held fixed say nothing of partial correlations."""
ROUNDING = 1e-9
FOLLOWS = 1e-6
"""An input of whose variance this share or less is its own follows from the others."""


@dataclass(frozen=True)
class Estimates:
    """Correlations with the ends of their intervals, each of shape (inputs, outputs); nan where there is none."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


class _Ranked:
    """Columns whose ranks among resampled trials are had without sorting anew."""

    def __init__(self, columns: np.ndarray) -> None:
        rows, size = columns.shape
        self._order = np.argsort(columns, axis=1, kind="stable")
        self._places = self._order + size * np.arange(rows).reshape(-1, 1)
        ordered = np.take_along_axis(columns, self._order, axis=1)
        new = np.concatenate([np.ones((rows, 1), bool), np.diff(ordered, axis=1) != 0], axis=1)
        self._tied = np.flatnonzero(~new.all(axis=1))
        new, place = new[self._tied], np.arange(size)
        # of each place in the order: where its tied values begin, and where the next ones do
        self._first = np.maximum.accumulate(np.where(new, place, 0), axis=1)
        after = np.minimum.accumulate(np.where(new, place, size)[:, ::-1], axis=1)[:, ::-1]
        self._next = np.concatenate([after[:, 1:], np.full((len(new), 1), size)], axis=1)

    def ranks(self, weights: np.ndarray) -> np.ndarray:
        """Return the mean rank of each value where trial i comes weights[i] times, shape (columns, n)."""
        ordered = weights[self._order]
        total = np.cumsum(ordered, axis=1)
        means = total - (ordered - 1) / 2
        if self._tied.size:
            upto = np.concatenate([np.zeros((self._tied.size, 1), total.dtype), total[self._tied]], axis=1)
            ends = np.take_along_axis(upto, self._first, axis=1) + np.take_along_axis(upto, self._next, axis=1)
            means[self._tied] = (ends + 1) / 2
        found = np.empty_like(means)
        found.ravel()[self._places.ravel()] = means.ravel()
        return found


def rank_correlations(
    inputs: np.ndarray, outputs: np.ndarray, others: np.ndarray, blocks: np.ndarray, confidence: float
) -> tuple[Estimates, Estimates]:
    """Return Spearman's rank correlations, and the partial ones: what is left when all other inputs are held fixed.

    A partial correlation is that of the ranks' residuals after a linear fit of all other inputs' ranks and of
    `others`. Intervals are tanh(atanh(r) ± z·s), with s the bootstrapped deviation of atanh(r).

    Args:
        inputs: One column an input, none constant and none that follows from others, shape (n, p).
        outputs: Shape (n, m).
        others: Columns that are held fixed too, such as those that tell words apart, shape (n, c).
        blocks: The block of each trial, 0 to the number of blocks - 1, shape (n,); blocks do not depend on each other.
        confidence: Of the intervals, two-sided.

    Source:
        Helton et al., "Survey of sampling-based methods for uncertainty and sensitivity analysis", 2006.
    """
    size, p = inputs.shape
    ranked = _Ranked(np.concatenate([inputs, outputs], axis=1).T)
    alone, partial = _both(ranked, others, np.ones(size), p)
    drawn = [_both(ranked, others, weights, p) for chunk in resampled(blocks, RESAMPLES) for weights in chunk]
    return tuple(
        _with_interval(found, np.array([resample[which] for resample in drawn]), confidence)
        for which, found in enumerate((alone, partial))
    )  # type: ignore[return-value]


def _both(ranked: _Ranked, others: np.ndarray, weights: np.ndarray, p: int) -> tuple[np.ndarray, np.ndarray]:
    """Return both correlations where trial i comes weights[i] times, each of shape (p, m)."""
    ranks = ranked.ranks(weights.astype(np.float32))  # which holds halves up to 2^23 as they are
    columns = np.concatenate([ranks.astype(float), others.T])
    columns -= (columns @ weights / weights.sum()).reshape(-1, 1)
    columns *= np.sqrt(weights)
    products = columns @ columns.T
    deviations = np.sqrt(np.diag(products))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlations = np.clip(products / np.outer(deviations, deviations), -1, 1)
    m = len(columns) - p - others.shape[1]
    fixed = np.r_[0:p, p + m : len(columns)]
    alone = correlations[:p, p : p + m]
    if weights.size < max(LEAST_TRIALS, TRIALS_AN_INPUT * fixed.size):
        return alone, np.full((p, m), np.nan)
    return alone, _partial(np.nan_to_num(correlations), fixed, slice(p, p + m))[:p]


def _partial(correlations: np.ndarray, fixed: np.ndarray, outputs: slice) -> np.ndarray:
    """Return the partial correlations b/√(b² + (1 - R²)·P), with P the inverse's diagonal and b = R⁻¹·r."""
    inverse = np.linalg.pinv(correlations[np.ix_(fixed, fixed)], hermitian=True)
    with_outputs = correlations[fixed, outputs]
    slopes = inverse @ with_outputs
    slopes[np.abs(slopes) < ROUNDING] = 0.0  # where nothing is left unexplained, rounding would look like all of it
    unexplained = np.clip(1 - (with_outputs * slopes).sum(axis=0), 0, 1)
    scale = np.sqrt(slopes**2 + unexplained * np.diag(inverse).reshape(-1, 1))
    return np.divide(slopes, scale, out=np.zeros_like(slopes), where=scale > 0)


def _with_interval(found: np.ndarray, drawn: np.ndarray, confidence: float) -> Estimates:
    most = 1 - 1e-12
    middle, scattered = (np.arctanh(np.clip(values, -most, most)) for values in (found, drawn))
    known = np.isfinite(scattered)  # where a resample does not vary, it has no correlation
    enough = known.mean(axis=0) >= MOST_RESAMPLES
    spread = np.std(scattered, axis=0, ddof=1, where=known | ~enough)
    reach = float(special.ndtri((1 + confidence) / 2)) * np.where(enough, spread, np.nan)
    return Estimates(found, np.minimum(found, np.tanh(middle - reach)), np.maximum(found, np.tanh(middle + reach)))


def own_columns(columns: np.ndarray) -> list[int]:
    """Return which columns do not follow from those before them, as straight lines of their ranks, shape (n, p)."""
    if not columns.size:
        return []
    ranks = _Ranked(columns.T).ranks(np.ones(len(columns))).T
    ranks = (ranks - ranks.mean(axis=0)) / np.maximum(ranks.std(axis=0), 1e-300) / np.sqrt(len(ranks))
    kept: list[int] = []
    basis = np.empty((len(ranks), 0))
    for index, column in enumerate(ranks.T):
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)
        if rest @ rest > FOLLOWS:
            kept.append(index)
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
    return kept


@dataclass(frozen=True)
class Grouped:
    """How the ranks of outputs differ between the words of an input, each of shape (m,).

    Attributes:
        share: Share of the ranks' variance that the words explain beyond chance, 0 to 1.
        chance: How likely such a difference is where there is none, by Kruskal and Wallis.
    """

    share: np.ndarray
    chance: np.ndarray


def by_words(words: np.ndarray, outputs: np.ndarray) -> Grouped:
    """Return the differences between words: ε² = (H - k + 1)/(n - k), and its test.

    Args:
        words: Number of the word of each trial, 0 to k - 1, shape (n,); trials do not depend on each other.
        outputs: Shape (n, m).

    Source:
        Kruskal and Wallis 1952; Tomczak and Tomczak 2014 for ε².
    """
    from scipy import stats  # takes a second, which numbers need not wait for

    size, there = len(outputs), np.unique(words)
    varies = np.ptp(outputs, axis=0) > 0
    share, chance, k = np.zeros(varies.size), np.ones(varies.size), there.size
    if k > 1 and varies.any():
        tested = stats.kruskal(*(outputs[words == word][:, varies] for word in there), axis=0)
        share[varies] = np.clip((tested.statistic - k + 1) / max(size - k, 1), 0, 1)
        chance[varies] = tested.pvalue
    return Grouped(share, chance)
