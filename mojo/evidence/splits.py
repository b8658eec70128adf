"""Splits: how the inputs of trials that pass differ from those of trials that do not."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mojo.evidence.proportions import Proportion

BINS = 8
FEWEST = 3
"""Trials on each side of a split; of fewer no test can say much."""


@dataclass(frozen=True)
class Bin:
    """A part of an input's range.

    Attributes:
        label: Its word, or "" for numbers.
        low: Its lower end; nan for words.
        high: Its upper end; nan for words.
        failed: Trials in it that fail.
        trials: Trials in it.
        interval: Of the share that fails, Clopper's and Pearson's.
    """

    label: str
    low: float
    high: float
    failed: int
    trials: int
    interval: tuple[float, float]


@dataclass(frozen=True)
class Split:
    """One input of trials that pass and of trials that do not.

    Attributes:
        name: The input.
        passed: Its median over the trials that pass; nan for words.
        failed: The same of those that do not.
        larger: How often it is larger in a failing trial than in a passing one, ties half; nan for words.
        chance: How likely such a difference is where there is none, corrected for the number of inputs.
        bins: The share that fails along its range.
    """

    name: str
    passed: float
    failed: float
    larger: float
    chance: float
    bins: tuple[Bin, ...]


def splits(inputs: Mapping[str, np.ndarray], fails: np.ndarray, confidence: float) -> list[Split]:
    """Return the split of each input, the clearest first; none where too few trials pass or fail.

    Numbers are tested for a shift (Mann and Whitney) and for any other difference (Kolmogorov and Smirnov), words by
    the chi-squared test, or Fisher's of two words. Chances are corrected for two tests and for all inputs (Holm).

    Args:
        inputs: By name, numbers or texts, shape (n,); a number that is nan counts for no trial.
        fails: Which trials fail, shape (n,).
        confidence: Of the bins' intervals, two-sided.
    """
    if min(fails.sum(), (~fails).sum()) < FEWEST:
        return []
    found = [_split(name, values, fails, confidence) for name, values in inputs.items()]
    chances = _holm(np.array([split.chance for split in found]))
    found = [Split(**{**vars(split), "chance": chance}) for split, chance in zip(found, chances.tolist(), strict=True)]
    return sorted(found, key=lambda split: split.chance)


def _split(name: str, values: np.ndarray, fails: np.ndarray, confidence: float) -> Split:
    if values.dtype.kind != "f":
        return _of_words(name, values.astype(str), fails, confidence)
    known = ~np.isnan(values)
    values, fails = values[known], fails[known]
    good, bad = values[~fails], values[fails]
    if min(good.size, bad.size) < FEWEST or np.ptp(values) == 0:
        return Split(name, np.nan, np.nan, np.nan, 1.0, ())
    from scipy import stats  # takes a second, which studies without failures need not wait for

    shift = stats.mannwhitneyu(bad, good)
    other = stats.ks_2samp(bad, good, method="auto" if values.size < 1000 else "asymp")
    chance = min(1.0, 2 * min(shift.pvalue, other.pvalue))
    larger = float(shift.statistic) / (good.size * bad.size)
    return Split(name, float(np.median(good)), float(np.median(bad)), larger, chance, _bins(values, fails, confidence))


def _of_words(name: str, words: np.ndarray, fails: np.ndarray, confidence: float) -> Split:
    different, codes = np.unique(words, return_inverse=True)
    counts = np.array([np.bincount(codes[side], minlength=different.size) for side in (fails, ~fails)])
    from scipy import stats

    if different.size < 2:
        chance = 1.0
    elif different.size == 2:
        chance = float(stats.fisher_exact(counts).pvalue)
    else:
        chance = float(stats.chi2_contingency(counts, correction=False).pvalue)
    bins = tuple(
        _bin(str(word), np.nan, np.nan, int(bad), int(bad + good), confidence)
        for word, bad, good in zip(different, *counts, strict=True)
    )
    return Split(name, np.nan, np.nan, np.nan, chance, bins)


def _bins(values: np.ndarray, fails: np.ndarray, confidence: float) -> tuple[Bin, ...]:
    """Return up to `BINS` parts with about equally many trials each; few different numbers have a part each."""
    different = np.unique(values)
    if different.size <= BINS:
        parts = [(value, value, values == value) for value in different]
    else:
        edges = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)))
        inside = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, edges.size - 2)
        parts = [(edges[part], edges[part + 1], inside == part) for part in range(edges.size - 1)]
    return tuple(
        _bin("", float(low), float(high), int(fails[chosen].sum()), int(chosen.sum()), confidence)
        for low, high, chosen in parts
        if chosen.any()
    )


def _bin(label: str, low: float, high: float, failed: int, trials: int, confidence: float) -> Bin:
    return Bin(label, low, high, failed, trials, Proportion(failed, trials, confidence).interval)


def _holm(chances: np.ndarray) -> np.ndarray:
    """Return chances corrected for their number: the least times n, the next times n - 1, and so on (Holm 1979)."""
    order = np.argsort(chances)
    factors = np.arange(chances.size, 0, -1)
    found = np.empty_like(chances)
    found[order] = np.minimum(1.0, np.maximum.accumulate(chances[order] * factors))
    return found
