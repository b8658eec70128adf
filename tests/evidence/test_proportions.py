"""Bounds of a proportion hold as often as they say, and trials are counted by the exact binomial."""

import numpy as np
import pytest
from scipy import stats

from mojo.evidence.proportions import Proportion, allowed_failures, lower_bound, trials_needed


def upper_bound(passed: np.ndarray, trials: int, confidence: float) -> np.ndarray:
    return 1 - lower_bound(trials - passed, trials, confidence)


COUNTS = [(0, 1), (1, 1), (0, 20), (20, 20), (19, 20), (193, 199), (9_990, 10_000)]


@pytest.mark.parametrize(("passed", "trials"), COUNTS)
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
def test_intervals_are_those_of_scipy(passed: int, trials: int, confidence: float):
    found, oracle = Proportion(passed, trials, confidence), stats.binomtest(passed, trials)
    exact, wilson = (oracle.proportion_ci(confidence, method=method) for method in ("exact", "wilson"))
    np.testing.assert_allclose(found.interval, exact, atol=1e-9)
    np.testing.assert_allclose(found.wilson, wilson, atol=1e-12)
    one_sided = stats.binomtest(passed, trials, alternative="greater").proportion_ci(confidence)
    assert found.at_least == pytest.approx(one_sided.low, abs=1e-9)
    one_sided = stats.binomtest(passed, trials, alternative="less").proportion_ci(confidence)
    assert found.at_most == pytest.approx(one_sided.high, abs=1e-9)


@pytest.mark.parametrize("truth", [0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("trials", [10, 200])
def test_ninety_percent_intervals_hold_the_truth_in_ninety_percent_of_2000_studies(truth: float, trials: int):
    passed = np.random.default_rng(5).binomial(trials, truth, size=2000)
    low, high = lower_bound(passed, trials, 0.95), upper_bound(passed, trials, 0.95)
    assert np.mean((low <= truth) & (truth <= high)) >= 0.9
    assert np.mean(lower_bound(passed, trials, 0.9) <= truth) >= 0.9 - 0.02  # 3 deviations of 2000 studies at 0.9
    assert np.mean(upper_bound(passed, trials, 0.9) >= truth) >= 0.9 - 0.02


@pytest.mark.parametrize("truth", [0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("trials", [10, 200])
def test_bounds_cover_exactly_what_they_promise_or_more(truth: float, trials: int):
    # no luck in it: the probabilities of all k whose bound holds
    every = np.arange(trials + 1)
    chance = stats.binom.pmf(every, trials, truth)
    assert chance[lower_bound(every, trials, 0.9) <= truth].sum() >= 0.9
    assert chance[upper_bound(every, trials, 0.9) >= truth].sum() >= 0.9


def test_wilsons_interval_reaches_certainty_and_not_a_rounding_error_less():
    assert all(Proportion(n, n, 0.9).wilson[1] == 1.0 and Proportion(0, n, 0.9).wilson[0] == 0.0 for n in range(1, 99))


def test_without_a_trial_nothing_is_known():
    nothing = Proportion(0, 0, 0.9)
    assert (nothing.share, nothing.interval, nothing.wilson) == (None, (0.0, 1.0), (0.0, 1.0))
    assert (nothing.at_least, nothing.at_most) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("failures", "probability", "confidence", "trials"),
    [
        (0, 0.95, 0.9, 45),  # 0.95^45 = 0.0994, 0.95^44 = 0.1047
        (0, 0.99, 0.9, 230),  # 0.99^230 = 0.0991, 0.99^229 = 0.1001
        (0, 0.95, 0.95, 59),  # the "59 of 59" of tolerance limits
        (1, 0.95, 0.9, 77),  # 0.95^77 + 77·0.05·0.95^76 = 0.0974; with 76 trials 0.1013
        (0, 0.5, 0.5, 1),  # 0.5^1 = 0.5
        (0, 0.999999, 0.9, 2_302_584),  # ln 0.1 / ln 0.999999
    ],
)
def test_trials_needed_are_those_of_the_exact_binomial(
    failures: int, probability: float, confidence: float, trials: int
):
    assert trials_needed(failures, probability, confidence) == trials
    assert allowed_failures(trials, probability, confidence) == failures
    assert allowed_failures(trials - 1, probability, confidence) == failures - 1


@pytest.mark.parametrize("trials", [1, 10, 45, 199, 1000])
@pytest.mark.parametrize("probability", [0.6, 0.95, 0.999])
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
def test_as_many_failures_are_allowed_as_the_binomial_says(trials: int, probability: float, confidence: float):
    chance = stats.binom.cdf(np.arange(trials + 1), trials, 1 - probability)
    allowed = np.flatnonzero(chance <= 1 - confidence)
    assert allowed_failures(trials, probability, confidence) == (allowed[-1] if allowed.size else -1)
