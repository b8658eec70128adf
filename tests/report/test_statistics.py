import numpy as np
import pytest

from mojo.report.statistics import PROBABILITIES, histogram, summarise


def test_moments_and_quantiles_are_those_of_numpy_and_skip_what_is_not_finite():
    values = np.random.default_rng(2).normal(3, 2, 500)
    summary = summarise(np.concatenate([values, [np.nan, np.inf, -np.inf]]))
    assert (summary.size, summary.left_out) == (500, 3)
    np.testing.assert_allclose([summary.mean, summary.std], [values.mean(), values.std(ddof=1)])
    np.testing.assert_allclose(summary.quantiles, np.quantile(values, PROBABILITIES))


def test_nothing_finite_has_no_summary():
    assert summarise(np.array([np.nan, np.inf])) is None
    assert summarise(np.array([])) is None


def test_the_mean_of_equal_values_is_that_value():
    assert summarise(np.full(3, 0.1)).mean == 0.1  # 0.1 + 0.1 + 0.1 is 0.30000000000000004


def test_few_whole_numbers_get_a_bin_each():
    counts, edges = histogram(np.array([0.0, 1, 1, 3]))
    assert counts.tolist() == [1, 2, 0, 1]
    assert edges.tolist() == [-0.5, 0.5, 1.5, 2.5, 3.5]


@pytest.mark.parametrize(
    "values",
    [[1e-300, 2e-300], [0.1, 0.1 + 1e-12], [-1e150, 1.5, 1e150], [1e17, 1e17 + 1e6], [0.5] * 9 + [1e9]],
)
def test_every_finite_value_falls_into_a_bin(values):
    assert summarise(np.array(values)).drawable
    counts, edges = histogram(np.array(values))
    assert counts.sum() == len(values)
    assert np.all(np.isfinite(edges)) and counts.size <= 60


@pytest.mark.parametrize("values", [[5.5], [3.0, 3.0], [0.1, np.nextafter(0.1, 1)], [-1e308, 1.5, 1e308]])
def test_values_that_no_axis_can_tell_apart_are_not_drawn(values):
    assert not summarise(np.array(values)).drawable
