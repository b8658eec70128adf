"""Splits find the inputs in which failing trials differ, and call nothing clear that is not."""

import numpy as np
import pytest
from scipy import stats

from mojo.evidence.splits import FEWEST, splits


def drawn(size: int = 300) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(6)
    numbers = {"shift": rng.normal(size=size), "middle": rng.normal(size=size), "idle": rng.normal(size=size)}
    return numbers | {"word": rng.choice(["ice", "rubber", "wood"], size), "level": rng.integers(4, size=size) * 1.0}


def test_a_shift_and_a_spread_are_found_and_nothing_else():
    inputs = drawn()
    fails = (inputs["shift"] > 1.2) | (np.abs(inputs["middle"]) > 1.3)
    found = {split.name: split for split in splits(inputs, fails, 0.9)}
    assert found["shift"].chance < 1e-6 and found["middle"].chance < 0.05
    assert min(found[name].chance for name in ("idle", "word", "level")) > 0.05
    test = stats.mannwhitneyu(inputs["shift"][fails], inputs["shift"][~fails])
    assert found["shift"].larger == pytest.approx(test.statistic / (fails.sum() * (~fails).sum()))
    assert found["shift"].failed == np.median(inputs["shift"][fails])


def test_words_are_compared_by_how_often_they_fail():
    inputs = drawn()
    fails = (inputs["word"] == "ice") & (np.arange(300) % 3 == 0)
    [word] = splits({"word": inputs["word"]}, fails, 0.9)
    counts = [[np.sum((inputs["word"] == it) & (fails == side)) for it in ("ice", "rubber", "wood")] for side in (1, 0)]
    assert word.chance == pytest.approx(stats.chi2_contingency(counts, correction=False).pvalue)
    assert [(part.label, part.failed) for part in word.bins] == [("ice", fails.sum()), ("rubber", 0), ("wood", 0)]


def test_bins_hold_all_trials_once_and_few_values_have_a_bin_each():
    inputs = drawn()
    fails = inputs["shift"] > 0.5
    found = {split.name: split for split in splits(inputs, fails, 0.9)}
    for split in found.values():
        assert sum(part.trials for part in split.bins) == 300
        assert sum(part.failed for part in split.bins) == fails.sum()
    assert [part.low for part in found["level"].bins] == [0.0, 1.0, 2.0, 3.0]
    low, high = found["level"].bins[0].interval
    oracle = stats.binomtest(found["level"].bins[0].failed, found["level"].bins[0].trials).proportion_ci(0.9)
    assert (low, high) == pytest.approx((oracle.low, oracle.high), abs=1e-9)


def test_chance_is_corrected_for_the_number_of_inputs():
    rng = np.random.default_rng(7)
    clear = 0
    for _ in range(40):
        inputs = {str(number): rng.normal(size=60) for number in range(10)}
        clear += splits(inputs, np.arange(60) < 12, 0.9)[0].chance < 0.05
    assert clear <= 5  # at most 2 are expected; P(more than 5 of 40 | 5 %) = 1.4 %


@pytest.mark.parametrize("failing", [0, FEWEST - 1, 40 - FEWEST + 1, 40])
def test_too_few_on_either_side_are_not_compared(failing: int):
    assert splits({"a": np.arange(40.0)}, np.arange(40) < failing, 0.9) == []


def test_constants_and_inputs_that_some_trials_lack_do_no_harm():
    values = np.where(np.arange(40) % 2, np.nan, np.arange(40.0))
    found = {s.name: s for s in splits({"some": values, "same": np.ones(40)}, np.arange(40) < 20, 0.9)}
    assert found["same"].chance == 1.0 and found["same"].bins == ()
    assert found["some"].chance < 0.01 and found["some"].larger == 0.0
