"""Rank correlations are SciPy's, partial ones those of residuals, and their intervals hold the truth."""

import numpy as np
import pytest
from scipy import stats

from mojo.evidence.bootstrap import separate
from mojo.evidence.correlations import LEAST_TRIALS, by_words, own_columns, rank_correlations

NONE = np.empty((0, 0))


def correlated(inputs, outputs, others=None):
    others = np.empty((len(inputs), 0)) if others is None else others
    return rank_correlations(inputs, outputs, others, separate(len(inputs)), 0.95)


def drawn(size: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    inputs = np.column_stack([rng.normal(size=size), rng.integers(3, size=size), rng.random(size) < 0.3]).astype(float)
    noise = rng.normal(size=size)
    return inputs, np.column_stack([inputs[:, 0] + inputs[:, 1] + noise, np.exp(inputs[:, 0]), np.round(noise)])


def test_rank_correlations_are_those_of_scipy_with_ties_and_truth_values():
    inputs, outputs = drawn(60)
    alone, _ = correlated(inputs, outputs)
    oracle = stats.spearmanr(inputs, outputs).statistic[:3, 3:]
    np.testing.assert_allclose(alone.value, oracle, atol=1e-12)
    assert alone.value[0, 1] == pytest.approx(1.0)  # exp rises with its argument
    assert ((alone.low <= alone.value) & (alone.value <= alone.high)).all()


def test_partial_rank_correlations_are_those_of_what_the_others_leave():
    inputs, outputs = drawn(80)
    others = (np.random.default_rng(2).random((80, 1)) < 0.5).astype(float)
    _, partial = correlated(inputs, outputs, others)
    ranks, output_ranks = stats.rankdata(inputs, axis=0), stats.rankdata(outputs, axis=0)
    for row in range(3):
        fixed = np.column_stack([np.ones(80), np.delete(ranks, row, axis=1), others])
        left = [
            values - fixed @ np.linalg.lstsq(fixed, values, rcond=None)[0]
            for values in (ranks[:, row], output_ranks.T[0])
        ]
        assert partial.value[row, 0] == pytest.approx(np.corrcoef(*left)[0, 1], abs=1e-9)


def test_of_an_output_that_one_input_decides_alone_no_other_has_a_part():
    inputs, _ = drawn(50)
    _, partial = correlated(inputs, inputs[:, :1] ** 3)
    np.testing.assert_allclose(partial.value[:, 0], [1.0, 0.0, 0.0], atol=1e-9)
    assert np.isfinite(partial.low).all()


@pytest.mark.parametrize("rho", [0.0, 0.6, 0.95])
def test_ninety_five_percent_intervals_hold_the_truth(rho: float):
    # Spearman's correlation of two normals is 6/π·asin(ρ/2); 300 studies at 95 %: ± 3.8 % is three deviations
    truth = 6 / np.pi * np.arcsin(rho / 2)
    rng, held = np.random.default_rng(3), []
    for _ in range(6):  # 50 outputs at a time share one input
        first = rng.normal(size=(80, 1))
        outputs = rho * first + np.sqrt(1 - rho**2) * rng.normal(size=(80, 50))
        alone, _ = correlated(first, outputs)
        held.append((alone.low <= truth) & (truth <= alone.high))
    assert np.mean(held) > 0.95 - 0.038


def test_blocks_of_equal_trials_know_less_than_as_many_separate_ones():
    inputs, outputs = (np.repeat(table, 4, axis=0) for table in drawn(30))
    together = rank_correlations(inputs, outputs, np.empty((120, 0)), np.repeat(np.arange(30), 4), 0.95)[0]
    apart = correlated(inputs, outputs)[0]
    assert ((together.high - together.low)[:, 0] > 1.5 * (apart.high - apart.low)[:, 0]).all()  # √4 = 2


def test_with_few_trials_nothing_is_said_of_partial_correlations():
    inputs, outputs = drawn(LEAST_TRIALS - 1)
    alone, partial = correlated(inputs, outputs)
    assert np.isfinite(alone.value[0]).all() and np.isnan(partial.value).all()


def test_inputs_that_follow_from_others_are_found():
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 200))
    assert own_columns(np.column_stack([a, np.exp(a), b, -b, a + 0.1 * b])) == [0, 2, 4]
    assert own_columns(np.empty((5, 0))) == []


def test_words_explain_what_kruskal_and_wallis_find():
    rng = np.random.default_rng(5)
    words = rng.integers(3, size=90)
    outputs = np.column_stack([words + 0.01 * rng.normal(size=90), rng.normal(size=90)])
    found = by_words(words, outputs)
    for column in range(2):
        oracle = stats.kruskal(*(outputs[words == word, column] for word in range(3)))
        assert found.chance[column] == pytest.approx(oracle.pvalue)
    assert found.share[0] > 0.8 and found.share[1] < 0.1
