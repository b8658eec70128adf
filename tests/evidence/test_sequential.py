"""Bounds that hold at every look cover as promised, whenever a study stops, and are those of the tests they invert."""

import numpy as np
import pytest
from scipy import integrate

from mojo.evidence.proportions import lower_bound as lower_at_one_look
from mojo.evidence.sequential import RATIO_SHARE, SequentialProportion, lower_bound

STUDIES, BATCH = 2000, 20


def looked_at(truth: float, half_width: float, confidence: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return whether each of 2,000 studies holds the truth when it stops, at every look, and its number of trials."""
    rng, passed = np.random.default_rng(8), np.zeros(STUDIES, int)
    goes_on, always = np.ones(STUDIES, bool), np.ones(STUDIES, bool)
    at_stop, trials = np.zeros(STUDIES, bool), np.zeros(STUDIES, int)
    one_sided = (1 + confidence) / 2
    while goes_on.any():
        trials[goes_on] += BATCH
        passed[goes_on] += rng.binomial(BATCH, truth, goes_on.sum())
        number = int(trials.max())
        counts, place = np.unique(passed, return_inverse=True)
        counts = np.minimum(counts, number)
        low = lower_bound(counts, number, one_sided, half_width)[place]
        high = 1 - lower_bound(number - counts, number, one_sided, half_width)[place]
        holds = (low <= truth) & (truth <= high)
        always &= holds | ~goes_on
        stops = goes_on & ((high - low) / 2 <= half_width)
        at_stop[stops] = holds[stops]
        goes_on &= ~stops
    return at_stop, always, trials


@pytest.mark.parametrize(("truth", "half_width"), [(0.5, 0.06), (0.8, 0.05), (0.95, 0.03), (0.99, 0.02), (0.999, 0.05)])
def test_ninety_percent_intervals_of_2000_studies_that_stop_hold_the_truth_at_every_look(truth, half_width):
    at_stop, always, trials = looked_at(truth, half_width, 0.9)
    assert always.mean() >= 0.9
    assert at_stop.mean() >= always.mean()
    assert np.unique(trials).size > 1 or truth > 0.99  # they stop when they know, not all at once


def test_the_interval_of_a_single_look_does_not_bear_looking_again_and_again():
    # the reason for all this: up to 1,000 looks, the usual 90 % interval misses 0.5 at some time in most studies
    passed = np.random.default_rng(4).binomial(10, 0.5, (500, 200)).cumsum(axis=1)
    misses = np.zeros(500, bool)
    for look in range(200):
        counts, trials = passed[:, look], 10 * (look + 1)
        misses |= lower_at_one_look(counts, trials, 0.95) > 0.5
        misses |= lower_at_one_look(trials - counts, trials, 0.95) > 0.5
    assert misses.mean() > 0.3


@pytest.mark.parametrize(("passed", "trials"), [(1, 1), (19, 20), (60, 100), (950, 1000), (990, 1000)])
def test_the_bound_is_where_one_of_the_two_tests_stops_rejecting(passed: int, trials: int):
    half_width, error = 0.05, 0.1
    bound = float(lower_bound(passed, trials, 1 - error, half_width))

    def ratios(p: float) -> tuple[float, float]:
        other = p + min(half_width, (1 - p) / 2)
        top = passed / trials

        def likelihood(theta: float) -> float:
            ratio = (theta / p) ** passed * ((1 - theta) / (1 - p)) ** (trials - passed)
            return ratio / (np.pi * np.sqrt(theta * (1 - theta)))  # the beta density of ½ and ½

        mixture = integrate.quad(likelihood, 0, 1, points=[min(top, 1 - 1e-6)], limit=500)[0]
        return (other / p) ** passed * ((1 - other) / (1 - p)) ** (trials - passed), mixture

    limits = np.array([1 / (RATIO_SHARE * error), 1 / ((1 - RATIO_SHARE) * error)])
    assert (np.array(ratios(bound * 0.999)) >= limits * 0.98).any()
    assert (np.array(ratios(bound * 1.001)) < limits * 1.02).all()


def test_without_a_pass_or_a_trial_nothing_is_known_from_below():
    assert SequentialProportion(0, 0, 0.9, 0.02).interval == (0.0, 1.0)
    assert SequentialProportion(0, 50, 0.9, 0.02).at_least == 0.0
    assert SequentialProportion(50, 50, 0.9, 0.02).at_most == 1.0
    assert SequentialProportion(0, 50, 0.9, 0.02).at_most == 1 - SequentialProportion(50, 50, 0.9, 0.02).at_least


def test_it_takes_about_twice_as_many_trials_as_a_single_look():
    # n·h²/(2p(1 - p)) = ln(1/(0.9·0.05)) = 3.1 instead of 1.645²/2 = 1.35: 2.3 times as many, at large n
    trials = 4 * 1700
    assert SequentialProportion(trials // 2, trials, 0.9, 0.02).reached < 0.02
    assert SequentialProportion(800, 1600, 0.9, 0.02).reached > 0.02
    counted = SequentialProportion(3860 // 2, 3860, 0.9, 0.02)
    assert counted.reached == pytest.approx(0.02, rel=0.02)


def test_verdicts_count_by_the_same_bounds():
    found = SequentialProportion(100, 100, 0.9, 0.02)
    more = found.more_trials(0.99)
    assert SequentialProportion(100 + more, 100 + more, 0.9, 0.02).at_least >= 0.99
    assert SequentialProportion(99 + more, 99 + more, 0.9, 0.02).at_least < 0.99
    allowed = SequentialProportion(500, 500, 0.9, 0.02).allowed_failures(0.95)
    assert SequentialProportion(500 - allowed, 500, 0.9, 0.02).at_least >= 0.95
    assert SequentialProportion(499 - allowed, 500, 0.9, 0.02).at_least < 0.95
