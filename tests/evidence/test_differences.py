import numpy as np
import pytest

from mojo.evidence.differences import compare_numbers, compare_shares, differences, holm, share_greater


def passed(yes: int, no: int) -> np.ndarray:
    return np.array([True] * yes + [False] * no)


def test_fishers_test_of_a_table_that_can_be_counted():
    # Fisher's tea: 3 of 4 against 1 of 4; (16 + 16 + 1 + 1) of 70 tables are at most as likely as this one
    test = compare_shares(passed(3, 1), passed(1, 3), paired=False)
    assert test.name == "Fisher's exact test" and test.p == pytest.approx(34 / 70)


def test_pairs_count_only_where_one_passes_alone():
    # 6 pairs lost, none gained: 2 / 2^6; the 100 that agree say nothing
    before = np.concatenate([passed(6, 0), passed(50, 50)])
    after = np.concatenate([passed(0, 6), passed(50, 50)])
    assert compare_shares(before, after, paired=True).p == pytest.approx(2 / 64)
    assert compare_shares(before, before, paired=True).p == 1


def test_ranks_that_can_be_counted():
    # 1..3 all below 4..6: 2 of the 20 ways to choose three ranks are as extreme
    assert compare_numbers(np.arange(1.0, 4), np.arange(4.0, 7), paired=False).p == pytest.approx(2 / 20)
    # 6 differences of one sign: 2 of 2^6
    assert compare_numbers(np.zeros(6), np.arange(1.0, 7), paired=True).p == pytest.approx(2 / 64)


def test_pairs_see_what_groups_do_not():
    # A shift of a tenth of the spread: hidden between groups of 40, plain in pairs of the same draws
    rng = np.random.default_rng(3)
    before = rng.normal(size=40)
    after = before + 0.1 + rng.normal(scale=0.02, size=40)
    assert compare_numbers(before, after, paired=False).p > 0.2
    assert compare_numbers(before, after, paired=True).p < 1e-6


@pytest.mark.parametrize("paired", [True, False])
def test_equal_numbers_and_infinite_ones_are_borne(paired):
    assert compare_numbers(np.full(9, 2.0), np.full(9, 2.0), paired).p == 1
    infinite = np.array([1.0, 2.0, np.inf, np.inf, -np.inf, 3.0])
    assert compare_numbers(infinite, infinite, paired).p == 1
    assert 0 < compare_numbers(infinite, infinite[::-1] + 1, paired).p <= 1
    assert compare_numbers(np.array([1.0]), np.array([2.0]), paired) is None


def test_no_difference_is_found_in_as_many_studies_as_the_level_says():
    # 2,000 comparisons of equal groups; a right test of 5 % errs in 100 of them, 4 deviations are 39
    rng = np.random.default_rng(5)
    groups = rng.normal(size=(2000, 2, 20))
    for paired in (True, False):
        wrong = sum(compare_numbers(*pair, paired).p < 0.05 for pair in groups[:500])
        assert wrong <= 25 + 4 * np.sqrt(25 * 0.95)
    trials = rng.random((2000, 2, 30)) < 0.8
    for paired in (True, False):
        assert sum(compare_shares(*pair, paired).p < 0.05 for pair in trials[:500]) <= 25 + 4 * np.sqrt(25 * 0.95)


def test_the_tendency_counts_ties_half():
    before, after = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0])
    # of the 6 pairs, 2 are greater, 2 are ties and 2 are less
    assert share_greater(before, after, paired=False) == pytest.approx(0.5)
    assert share_greater(np.array([1.0, 1.0, 5.0, 4.0]), np.array([2.0, 1.0, 4.0, 9.0]), paired=True) == 0.625
    assert differences(np.array([np.inf, 1.0]), np.array([np.inf, 3.0])).tolist() == [0, 2]


def test_holm_allows_for_the_number_of_tests():
    # 0.01·4, 0.03·3, then 0.04·2 = 0.08, but never less than the one before
    assert holm([0.04, 0.01, 0.03, 0.9]) == pytest.approx([0.09, 0.04, 0.09, 0.9])
    assert holm([]) == []
