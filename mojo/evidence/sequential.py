"""Sequential: bounds of a proportion that hold however often one has looked, and whenever one stops.

The bounds of a study of a fixed size are too sure of themselves where more trials were run until the result was
precise enough. Those here hold at all numbers of trials at once: the probability that any of them ever misses is at
most 1 - confidence. They take about 2.3 times as many trials to be as narrow.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special  # `scipy.stats` takes a second to import

from mojo.evidence.proportions import Proportion

RATIO_SHARE = 0.9
"""Share of the error for the tests against p ± half_width, which are best at that width; the mixture has the rest."""
HALVINGS = 60


@dataclass(frozen=True)
class SequentialProportion(Proportion):
    """k of n trials passed, and there was, or could have been, a look at them after every one.

    Attributes:
        passed: k.
        trials: n.
        confidence: Of its intervals and bounds, from 0.5 to below 1.
        half_width: Of the interval that is waited for; fixed before the first trial.
    """

    half_width: float = 0.05

    @property
    def reached(self) -> float:
        """Half of the width of the interval."""
        low, high = self.interval
        return (high - low) / 2

    def lower(self, passed: np.ndarray | int, trials: int, confidence: float) -> np.ndarray:
        """Return the one-sided lower bound; see `lower_bound`."""
        return lower_bound(passed, trials, confidence, self.half_width)


def lower_bound(passed: np.ndarray | int, trials: int, confidence: float, half_width: float) -> np.ndarray:
    """Return the time-uniform lower bound of a proportion: the least p that neither of two tests has rejected.

    With the error e = 1 - confidence, L(θ) = θ^k (1 - θ)^(n-k) and the weight w = `RATIO_SHARE`, p is rejected when

        L(p + δ)/L(p) >= 1/(w·e),  δ = min(half_width, (1 - p)/2),   or   ∫ L(θ) dB(θ)/L(p) >= 1/((1 - w)·e),

    with B the beta distribution of ½ and ½. Each ratio is a martingale at the true p, so that it ever reaches 1/x has
    at most the probability x (Ville). Both ratios fall as p rises to k/n.

    Args:
        passed: k, any shape.
        trials: n.
        confidence: Of the bound, one-sided.
        half_width: The alternative that the first test is made for.

    Source:
        Wald 1945 (the ratio test); Robbins 1970; Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric,
        nonasymptotic confidence sequences", Annals of Statistics 49 (2021).
    """
    passed = np.asarray(passed, dtype=float)
    error, failed = 1 - confidence, trials - passed
    mixed = special.betaln(passed + 0.5, failed + 0.5) - special.betaln(0.5, 0.5)

    def by_ratio(p: np.ndarray) -> np.ndarray:
        step = np.minimum(half_width, (1 - p) / 2)
        ratio = special.xlog1py(passed, step / p) + special.xlog1py(failed, -step / (1 - p))
        return ratio >= -np.log(RATIO_SHARE * error)

    def by_mixture(p: np.ndarray) -> np.ndarray:
        ratio = mixed - special.xlogy(passed, p) - special.xlog1py(failed, -p)
        return ratio >= -np.log((1 - RATIO_SHARE) * error)

    top = passed / max(trials, 1)
    return np.maximum(_last_rejected(by_ratio, top), _last_rejected(by_mixture, top))


def _last_rejected(rejects: Callable[[np.ndarray], np.ndarray], top: np.ndarray) -> np.ndarray:
    """Return how far up to `top` proportions are rejected, by bisection; 0 where none is."""
    low, high = np.zeros_like(top), top.copy()
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        tried = np.where(middle > 0, middle, 0.5)  # where top is 0 there is nothing to reject
        rejected = rejects(tried) & (middle > 0)
        low, high = np.where(rejected, middle, low), np.where(rejected, high, middle)
    return low
