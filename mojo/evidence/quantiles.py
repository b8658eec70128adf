"""Quantiles: bounds with a confidence from sorted values, whatever their distribution."""

from bisect import bisect_left

import numpy as np
from scipy import special  # `scipy.stats` takes a second to import

from mojo.evidence.bootstrap import resampled
from mojo.evidence.proportions import Bound, lower_bound

RESAMPLES = 1000
"""Of trials in blocks; for separate ones nothing is drawn."""


def upper_bound(values: np.ndarray, quantile: float, confidence: float, bound: Bound = lower_bound) -> float | None:
    """Return the order statistic that lies above a quantile with a confidence; None where n is too small.

    x(r) with the smallest r for which P(fewer than r of n values lie below the quantile) >= confidence, where that
    number is binomial with n and the quantile's probability: the bound of the share of values up to x(r) reaches it.

    Args:
        values: Independent draws, shape (n,), in any order; inf for those of which only that is known.
        quantile: Its probability.
        confidence: Of the bound, one-sided.
        bound: Lower bound of a proportion; of a study that was looked at on its way one that bears that.

    Source:
        Conover, Practical Nonparametric Statistics, "Confidence intervals for quantiles".
    """
    size = values.size
    index = bisect_left(range(1, size + 1), True, key=lambda rank: bool(bound(rank, size, confidence) >= quantile))
    return float(np.sort(values)[index]) if index < size else None


def bootstrap_upper_bound(values: np.ndarray, quantile: float, confidence: float) -> float | None:
    """Return the upper end of the bootstrap's percentiles of a quantile; None without values.

    No number is drawn: the ⌈nq⌉-th smallest of n values drawn anew is at most x(j) with the probability
    P(at least ⌈nq⌉ of n lie among the first j) of a binomial with n and j/n, and the bound is the first x(j) for
    which that reaches the confidence.

    Args:
        values: Shape (n,), in any order.
        quantile: Its probability.
        confidence: Of the bound, one-sided.

    Source:
        Efron and Tibshirani, An Introduction to the Bootstrap, section 2.3: exact for order statistics.
    """
    if not values.size:
        return None
    wanted = max(1, int(np.ceil(values.size * quantile)))
    ranks = np.arange(1, values.size + 1)
    reached = special.bdtrc(wanted - 1, values.size, ranks / values.size) >= confidence
    return float(np.sort(values)[np.argmax(reached)])


def block_bootstrap_upper_bound(
    values: np.ndarray, blocks: np.ndarray, quantile: float, confidence: float
) -> float | None:
    """Return the same for trials of which some belong together, by drawing whole blocks; None without values.

    Args:
        values: Shape (n,), in any order.
        blocks: The block of each, 0 to the number of blocks - 1, shape (n,).
        quantile: Its probability.
        confidence: Of the bound, one-sided.
    """
    if not values.size:
        return None
    order = np.argsort(values, kind="stable")
    ranks = []
    for weights in resampled(blocks, RESAMPLES):
        reached = np.cumsum(weights[:, order], axis=1)
        ranks.append((reached < np.maximum(1, np.ceil(quantile * reached[:, -1:]))).sum(axis=1))
    rank = np.quantile(np.concatenate(ranks), confidence, method="inverted_cdf")
    return float(values[order[int(rank)]])
