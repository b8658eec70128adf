"""Proportions: how many of all possible trials pass, when k of n independent ones did."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special  # `scipy.stats` takes a second to import

Bound = Callable[[np.ndarray | int, int, float], np.ndarray]
"""A one-sided lower bound of a proportion, of k, n and the confidence."""

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

    def lower(self, passed: np.ndarray | int, trials: int, confidence: float) -> np.ndarray:
        """Return the one-sided lower bound that all others are made of: Clopper's and Pearson's."""
        return lower_bound(passed, trials, confidence)

    @property
    def at_least(self) -> float:
        """The one-sided lower bound."""
        return float(self.lower(self.passed, self.trials, self.confidence))

    @property
    def at_most(self) -> float:
        """The one-sided upper bound: 1 - the lower one of the proportion that does not pass."""
        return float(1 - self.lower(self.trials - self.passed, self.trials, self.confidence))

    @property
    def interval(self) -> tuple[float, float]:
        """The two-sided interval; its ends are one-sided bounds with half the error each."""
        one_sided = (1 + self.confidence) / 2
        low = self.lower(self.passed, self.trials, one_sided)
        return float(low), float(1 - self.lower(self.trials - self.passed, self.trials, one_sided))

    def allowed_failures(self, probability: float) -> int:
        """Return with how many failures among the trials the lower bound reaches `probability`; -1 for none."""
        return allowed_failures(self.trials, probability, self.confidence, self.lower)

    def more_trials(self, probability: float) -> int:
        """Return how many further trials, all of them passed, would bring the lower bound to `probability`."""
        needed = trials_needed(self.trials - self.passed, probability, self.confidence, self.lower)
        return max(0, needed - self.trials)

    @property
    def wilson(self) -> tuple[float, float]:
        """The two-sided Wilson score interval: narrower, and right on average only; everything without trials."""
        if not self.trials:
            return 0.0, 1.0
        passed, trials, z = self.passed, self.trials, float(special.ndtri((1 + self.confidence) / 2))
        middle = passed + z * z / 2
        half = z * float(np.sqrt(passed * (trials - passed) / trials + z * z / 4))
        low, high = (middle - half) / (trials + z * z), (middle + half) / (trials + z * z)
        return low if passed else 0.0, high if passed < trials else 1.0  # which rounding would just miss


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


def allowed_failures(trials: int, probability: float, confidence: float, bound: Bound = lower_bound) -> int:
    """Return with how many failures among n trials the lower bound still reaches `probability`; -1 for none.

    By Clopper's and Pearson's bound the largest f with P(at most f of n fail | 1 - probability) <= 1 - confidence.
    """
    too_many = bisect_left(
        range(trials + 1), True, key=lambda failures: not _is_enough(trials, failures, probability, confidence, bound)
    )
    return too_many - 1


def trials_needed(failures: int, probability: float, confidence: float, bound: Bound = lower_bound) -> int:
    """Return the fewest trials among which `failures` are allowed; see `allowed_failures`.

    The first n, found by bisection; by Clopper's and Pearson's bound the first with
    P(at most f of n fail | 1 - probability) <= 1 - confidence.
    """
    low, high = failures, failures + 1
    while not _is_enough(high, failures, probability, confidence, bound) and high < MOST_TRIALS:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        is_enough = _is_enough(middle, failures, probability, confidence, bound)
        low, high = (low, middle) if is_enough else (middle, high)
    return high


def _is_enough(trials: int, failures: int, probability: float, confidence: float, bound: Bound) -> bool:
    # by the bound itself rather than by the binomial sum, so that rounding never sets the two at odds
    return float(bound(trials - failures, trials, confidence)) >= probability
