"""Quantiles: bounds with a confidence from sorted values, whatever their distribution."""

import numpy as np
from scipy import stats


def upper_bound(values: np.ndarray, quantile: float, confidence: float) -> float | None:
    """Return the order statistic that lies above a quantile with a confidence; None where n is too small.

    x(r) with the smallest r for which P(fewer than r of n values lie below the quantile) >= confidence, where that
    number is binomial with n and the quantile's probability.

    Args:
        values: Independent draws, shape (n,), in any order; inf for those of which only that is known.
        quantile: Its probability.
        confidence: Of the bound, one-sided.

    Source:
        Conover, Practical Nonparametric Statistics, "Confidence intervals for quantiles".
    """
    rank = int(stats.binom.ppf(confidence, values.size, quantile)) + 1 if values.size else 1
    return float(np.sort(values)[rank - 1]) if rank <= values.size else None


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
    reached = stats.binom.sf(wanted - 1, values.size, ranks / values.size) >= confidence
    return float(np.sort(values)[np.argmax(reached)])
