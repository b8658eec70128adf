"""Differences: whether two groups of trials differ by more than chance.

Every test is two-sided and holds without a shape of the distribution. Ranks are compared, so infinite values may be
among the numbers; a change of the spread alone is not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

ALPHA = 0.05
FISHER, MCNEMAR = "Fisher's exact test", "McNemar's exact test"
MANN_WHITNEY, SIGNED_RANK = "Mann-Whitney test", "Wilcoxon's signed-rank test"


@dataclass(frozen=True)
class Test:
    """A test of one difference.

    Attributes:
        name: Which test.
        p: The probability of a difference at least as large if there were none but chance.
    """

    name: str
    p: float


def compare_shares(before: np.ndarray, after: np.ndarray, paired: bool) -> Test | None:
    """Return the test of whether trials pass more or less often; None without trials.

    Unpaired, Fisher's: P of tables with these margins that are at most as likely. Paired, McNemar's: of the pairs of
    which one passes alone, the number in which it is the first is binomial with 1/2.

    Args:
        before: Whether each trial passed, shape (n,), bool.
        after: The same of the other group, shape (m,); of the same trials in the same order where `paired`.
        paired: Whether the groups met the same draws.
    """
    if not before.size or not after.size:
        return None
    if paired:
        lost, gained = int(np.sum(before & ~after)), int(np.sum(~before & after))
        return Test(MCNEMAR, float(stats.binomtest(lost, lost + gained).pvalue) if lost + gained else 1.0)
    passed, failed = (before.sum(), after.sum()), ((~before).sum(), (~after).sum())
    return Test(FISHER, float(stats.fisher_exact(np.array([passed, failed])).pvalue))


def compare_numbers(before: np.ndarray, after: np.ndarray, paired: bool) -> Test | None:
    """Return the test of whether a number tends to be greater or less; None with fewer than two of each.

    Args:
        before: A number a trial, shape (n,), without nan.
        after: The same of the other group, shape (m,); of the same trials in the same order where `paired`.
        paired: Whether the groups met the same draws.

    Source:
        Mann and Whitney, Ann. Math. Stat. 18 (1947); Wilcoxon, Biometrics 1 (1945), with Pratt's handling of zeros.
    """
    if min(before.size, after.size) < 2:
        return None
    if paired:
        changes = differences(before, after)
        moved = bool(np.any(changes != 0))
        return Test(SIGNED_RANK, float(stats.wilcoxon(changes, zero_method="pratt").pvalue) if moved else 1.0)
    together = np.concatenate([before, after])
    moved = bool(together.min() < together.max())
    return Test(MANN_WHITNEY, float(stats.mannwhitneyu(before, after).pvalue) if moved else 1.0)


def differences(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return after - before, shape (n,); 0 where both are the same infinity."""
    with np.errstate(invalid="ignore"):
        return np.where(before == after, 0.0, after - before)


def share_greater(before: np.ndarray, after: np.ndarray, paired: bool) -> float:
    """Return how often a number of `after` is greater than one of `before`, ties counted half: 0.5 for no tendency."""
    if paired:
        return float(np.mean(after > before) + np.mean(after == before) / 2)
    ordered = np.sort(before)
    below = np.searchsorted(ordered, after, side="left") + np.searchsorted(ordered, after, side="right")
    return float(below.mean() / 2 / before.size)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that allow for their number: the chance of any false alarm among all stays below each.

    The k-th smallest of m, times m - k + 1, and never less than one before it.

    Source:
        Holm, Scand. J. Statist. 6 (1979).
    """
    order = np.argsort(p_values, kind="stable")
    scaled = np.asarray(p_values)[order] * np.arange(len(p_values), 0, -1)
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(np.maximum.accumulate(scaled), 1.0) if len(p_values) else []
    return corrected.tolist()
