"""Bounds of quantiles: order statistics where draws are independent, the bootstrap where they are not."""

import numpy as np
import pytest
from scipy import stats

from mojo.evidence.proportions import lower_bound
from mojo.evidence.quantiles import bootstrap_upper_bound, upper_bound


@pytest.mark.parametrize("quantile", [0.5, 0.9, 0.95])
def test_ninety_percent_bounds_lie_above_the_quantile_in_ninety_percent_of_2000_studies(quantile: float):
    truth = stats.expon.ppf(quantile)
    studies = np.random.default_rng(3).exponential(size=(2000, 100))
    assert np.mean([upper_bound(study, quantile, 0.9) >= truth for study in studies]) >= 0.9


def test_a_bound_needs_as_many_trials_as_one_of_them_lies_above_the_quantile():
    # 0.99^230 = 0.0991: the greatest of 230 values is a bound with 90 % confidence, that of 229 is none
    assert upper_bound(np.arange(230.0), 0.99, 0.9) == 229.0
    assert upper_bound(np.arange(229.0), 0.99, 0.9) is None
    assert upper_bound(np.array([]), 0.5, 0.9) is None


def test_a_lower_bound_is_the_upper_one_of_the_negative():
    # P(fewer than 3 of 10 below the median) = 56/1024 = 0.055 and fewer than 4: 0.172, so x(3) lies below with 90 %
    values = np.arange(1.0, 11.0)
    assert -upper_bound(-values, 0.5, 0.9) == 3.0
    assert upper_bound(values, 0.5, 0.9) == 8.0


@pytest.mark.parametrize("trials", [1, 20, 50, 200])
@pytest.mark.parametrize("quantile", [0.05, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.9, 0.99])
def test_the_bound_keeps_a_limit_when_enough_trials_do(trials: int, quantile: float, confidence: float):
    # that the quantile lies below a limit is the same as that this share of all trials does
    bound = upper_bound(np.arange(1.0, trials + 1), quantile, confidence)
    for passed in range(trials + 1):
        enough = lower_bound(passed, trials, confidence) >= quantile
        assert enough == (bound is not None and bound <= passed)


def test_the_bootstrap_bound_is_what_drawing_anew_gives():
    values = np.random.default_rng(1).normal(size=60)
    drawn = np.random.default_rng(2).choice(values, size=(40_000, 60))
    quantiles = np.sort(drawn, axis=1)[:, 53]  # the ⌈60 · 0.9⌉ = 54th
    assert bootstrap_upper_bound(values, 0.9, 0.9) == np.sort(quantiles)[36_000]
    assert bootstrap_upper_bound(np.array([]), 0.9, 0.9) is None
    assert bootstrap_upper_bound(np.array([2.0]), 0.99, 0.9) == 2.0
