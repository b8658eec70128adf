"""Proportions: how many of all possible trials pass, when k of n independent ones did."""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from scipy import special  # `scipy.stats` takes a second to import

MOST_TRIALS = 10**12  # more than this nobody runs, and the sums lose their digits


@dataclass(frozen=True)
class Proportion:
    """k of n trials passed.

    Attributes:
        passed: k.
        trials: n.
        confidence: Of its intervals and bounds, from 0.5 to below 1.
    """

    passed: int
    trials: int
    confidence: float

    @property
    def share(self) -> float | None:
        """The point estimate k/n; None without trials."""
        return self.passed / self.trials if self.trials else None

    @property
    def at_least(self) -> float:
        """The one-sided lower bound."""
        return float(lower_bound(self.passed, self.trials, self.confidence))

    @property
    def at_most(self) -> float:
        """The one-sided upper bound."""
        return float(upper_bound(self.passed, self.trials, self.confidence))

    @property
    def interval(self) -> tuple[float, float]:
        """The two-sided Clopper-Pearson interval; its ends are one-sided bounds with half the error each."""
        low, high = clopper_pearson(self.passed, self.trials, self.confidence)
        return float(low), float(high)

    @property
    def wilson(self) -> tuple[float, float]:
        """The two-sided Wilson score interval: narrower, and right on average only; everything without trials."""
        if not self.trials:
            return 0.0, 1.0
        passed, trials, z = self.passed, self.trials, float(special.ndtri((1 + self.confidence) / 2))
        middle = passed + z * z / 2
        half = z * float(np.sqrt(passed * (trials - passed) / trials + z * z / 4))
        return max(0.0, (middle - half) / (trials + z * z)), min(1.0, (middle + half) / (trials + z * z))


def lower_bound(passed: np.ndarray | int, trials: int, confidence: float) -> np.ndarray:
    """Return the Clopper-Pearson lower bound p of a proportion: P(at least k of n pass | p) = 1 - confidence.

    Args:
        passed: k, any shape.
        trials: n.
        confidence: Of the bound, one-sided.

    Source:
        Clopper and Pearson, Biometrika 26 (1934); as a quantile of the beta distribution.
    """
    passed = np.asarray(passed)
    some = np.maximum(passed, 1)  # at 0 the bound is 0, and the distribution not defined
    return np.where(passed > 0, special.betaincinv(some, trials - some + 1, 1 - confidence), 0.0)


def upper_bound(passed: np.ndarray | int, trials: int, confidence: float) -> np.ndarray:
    """Return the Clopper-Pearson upper bound, 1 - the lower bound of the proportion that does not pass."""
    return 1 - lower_bound(trials - np.asarray(passed), trials, confidence)


def clopper_pearson(passed: np.ndarray | int, trials: int, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the two-sided interval, each end with half of the error."""
    one_sided = (1 + confidence) / 2
    return lower_bound(passed, trials, one_sided), upper_bound(passed, trials, one_sided)


def allowed_failures(trials: int, probability: float, confidence: float) -> int:
    """Return with how many failures among n trials the lower bound still reaches `probability`; -1 for none.

    The largest f with P(at most f of n fail | 1 - probability) <= 1 - confidence.
    """
    too_many = bisect_left(
        range(trials + 1), True, key=lambda failures: not _is_enough(trials, failures, probability, confidence)
    )
    return too_many - 1


def trials_needed(failures: int, probability: float, confidence: float) -> int:
    """Return the fewest trials among which `failures` are allowed; see `allowed_failures`.

    The first n, found by bisection, with P(at most f of n fail | 1 - probability) <= 1 - confidence.
    """
    low, high = failures, failures + 1
    while not _is_enough(high, failures, probability, confidence) and high < MOST_TRIALS:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _is_enough(middle, failures, probability, confidence) else (middle, high)
    return high


def _is_enough(trials: int, failures: int, probability: float, confidence: float) -> bool:
    # by the bound itself rather than by the binomial sum, so that rounding never sets the two at odds
    return float(lower_bound(trials - failures, trials, confidence)) >= probability
