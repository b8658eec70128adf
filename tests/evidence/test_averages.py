"""Means and quantiles have intervals that hold the truth, also where trials belong together."""

import numpy as np
import pytest
from scipy import stats

from mojo.evidence.averages import convergence, mean_interval, quantile_interval, share_interval
from mojo.evidence.bootstrap import separate


def test_the_interval_of_a_mean_is_students():
    values = np.random.default_rng(1).normal(3.0, 2.0, 40)
    oracle = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert mean_interval(values, separate(40), 0.95) == pytest.approx((oracle.low, oracle.high))
    assert mean_interval(values[:1], separate(1), 0.95) == (None, None)


def test_values_that_are_all_the_same_do_not_tell_how_sure_their_mean_is():
    assert mean_interval(np.full(20, 3.0), separate(20), 0.95) == (None, None)


def test_the_interval_of_a_mean_of_blocks_is_that_of_the_blocks_means():
    values, blocks = np.random.default_rng(2).normal(size=60), np.repeat(np.arange(20), 3)
    oracle = stats.ttest_1samp(values.reshape(20, 3).mean(axis=1), 0.0).confidence_interval(0.9)
    assert mean_interval(values, blocks, 0.9) == pytest.approx((oracle.low, oracle.high))


@pytest.mark.parametrize("true", [0, 3, 59, 60])
def test_the_interval_of_a_share_is_clopper_and_pearsons(true: int):
    oracle = stats.binomtest(true, 60).proportion_ci(0.95)
    values = np.arange(60) < true
    assert share_interval(values.astype(float), separate(60), 0.95) == pytest.approx((oracle.low, oracle.high))


def test_trials_that_belong_together_count_once_in_a_share():
    blocks = np.repeat(np.arange(30), 2)
    alike, oracle = np.repeat(np.arange(30) < 27, 2), stats.binomtest(27, 30).proportion_ci(0.95)
    assert share_interval(alike.astype(float), blocks, 0.95) == pytest.approx((oracle.low, oracle.high))
    half = alike.copy()
    half[0] = False  # 26.5 of 30 blocks: no narrower than 26 from below, and 27 from above
    found = share_interval(half.astype(float), blocks, 0.95)
    assert found == pytest.approx((stats.binomtest(26, 30).proportion_ci(0.95).low, oracle.high))


@pytest.mark.parametrize("quantile", [0.05, 0.5, 0.9])
def test_ninety_percent_intervals_of_quantiles_hold_the_truth_in_ninety_percent_of_2000_studies(quantile: float):
    truth, studies = stats.norm.ppf(quantile), np.random.default_rng(3).normal(size=(2000, 80))
    ends = [quantile_interval(study, quantile, 0.9, separate(80), True) for study in studies]
    low, high = (
        np.array([sign * np.inf if end is None else end for end in side])
        for sign, side in zip((-1, 1), zip(*ends, strict=True), strict=True)
    )
    assert np.mean((low <= truth) & (truth <= high)) >= 0.9


def test_an_end_that_the_trials_say_nothing_of_is_open():
    low, high = quantile_interval(np.arange(20.0), 0.95, 0.95, separate(20), True)
    assert high is None and low is not None  # 1 - 0.95^20 = 0.64 < 0.975


def test_pairs_that_are_equal_count_once():
    # each value twice: the bootstrap of pairs is that of the values, and wider than that of single trials
    values = np.random.default_rng(4).normal(size=100)
    twice, pairs = np.repeat(values, 2), np.repeat(np.arange(100), 2)
    low, high = quantile_interval(twice, 0.5, 0.9, pairs, False)
    once = quantile_interval(values, 0.5, 0.9, separate(100), False)
    alone = quantile_interval(twice, 0.5, 0.9, separate(200), False)
    assert (low, high) == pytest.approx(once, abs=0.06)
    assert high - low > 1.2 * (alone[1] - alone[0])


@pytest.mark.parametrize("size", [2, 7, 500])
@pytest.mark.parametrize("block", [1, 2])
def test_the_mean_of_the_first_trials_ends_at_that_of_all(size: int, block: int):
    values, blocks = np.random.default_rng(5).normal(1e6, 1.0, size), np.arange(size) // block
    found = convergence(values, blocks, 0.95)
    assert found.trials[-1] == size and (np.diff(found.trials) > 0).all()
    assert found.mean[-1] == pytest.approx(values.mean())
    if blocks[-1]:
        assert (found.low[-1], found.high[-1]) == pytest.approx(mean_interval(values, blocks, 0.95), rel=1e-9)
