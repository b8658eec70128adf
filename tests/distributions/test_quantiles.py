import math

import numpy as np
import pytest
from scipy import stats

from mojo.distributions import (
    Bernoulli,
    Beta,
    Categorical,
    Constant,
    CorrelatedNormal,
    Exponential,
    Gamma,
    Integer,
    LogNormal,
    LogUniform,
    Normal,
    Permutation,
    Poisson,
    Rayleigh,
    Triangular,
    TruncatedNormal,
    Uniform,
    Weibull,
    dimension,
)
from mojo.distributions.quantiles import correlation_factor, draw, quantiles
from mojo.errors import StudyError
from mojo.randomness import generator

# Each beside its distribution function, written out with parameters that SciPy documents.
CONTINUOUS = [
    (Uniform(low=-1, high=3), stats.uniform(-1, 4)),
    (Normal(mean=40, std=4), stats.norm(40, 4)),
    (TruncatedNormal(mean=1, std=2, low=0, high=5), stats.truncnorm(-0.5, 2, 1, 2)),
    (LogNormal(median=3, log_std=0.5), stats.lognorm(0.5, scale=3)),
    (LogUniform(low=0.01, high=10), stats.loguniform(0.01, 10)),
    (Triangular(low=1, mode=2, high=5), stats.triang(0.25, 1, 4)),
    (Beta(alpha=2, beta=5, low=-1, high=1), stats.beta(2, 5, -1, 2)),
    (Gamma(shape=2.5, scale=3), stats.gamma(2.5, scale=3)),
    (Weibull(shape=1.5, scale=2), stats.weibull_min(1.5, scale=2)),
    (Exponential(scale=4), stats.expon(scale=4)),
    (Rayleigh(scale=2), stats.rayleigh(scale=2)),
]
# Each beside the probability of its values.
DISCRETE = [
    (Poisson(rate=3.5), {k: stats.poisson.pmf(k, 3.5) for k in range(30)}),
    (Integer(low=-2, high=3), dict.fromkeys(range(-2, 4), 1 / 6)),
    (Bernoulli(probability=0.3), {True: 0.3, False: 0.7}),
    (Categorical(values=["a", "b", "c"], weights=[0.2, 0, 0.8]), {"a": 0.2, "b": 0.0, "c": 0.8}),
    (Categorical(values=[1.5, 2.5]), {1.5: 0.5, 2.5: 0.5}),
    (Permutation(values=[1, 2, 3]), {(a, b, 6 - a - b): 1 / 6 for a in (1, 2, 3) for b in {1, 2, 3} - {a}}),
]
CORRELATED = CorrelatedNormal(
    names=["a", "b", "c"],
    mean=[1, -2, 0],
    std=[0.5, 2, 1],
    correlation=[[1, 0.8, -0.3], [0.8, 1, 0.1], [-0.3, 0.1, 1]],
)
ALL = [
    *(spec for spec, _ in CONTINUOUS),
    *(spec for spec, _ in DISCRETE),
    CORRELATED,
    Constant(value="up"),
    Constant(value=[1, 2]),
]


def points(spec, count):
    return np.random.default_rng(7).random((count, dimension(spec)))


def names_of(specs):
    return [spec.distribution for spec in specs]


@pytest.mark.parametrize(("spec", "oracle"), CONTINUOUS, ids=names_of(spec for spec, _ in CONTINUOUS))
def test_continuous_values_follow_their_distribution_function(spec, oracle):
    values = quantiles("x", spec, points(spec, 5000))["x"]
    assert stats.kstest(values, oracle.cdf).pvalue > 1e-3


@pytest.mark.parametrize(("spec", "probability"), DISCRETE, ids=names_of(spec for spec, _ in DISCRETE))
def test_discrete_values_come_as_often_as_their_probability(spec, probability):
    values = [
        tuple(value) if isinstance(value, list) else value for value in quantiles("x", spec, points(spec, 5000))["x"]
    ]
    assert set(values) <= set(probability)
    counts = {value: values.count(value) for value in probability}
    assert all(counts[value] == 0 for value, share in probability.items() if share == 0)
    common = [value for value, share in probability.items() if share * 5000 >= 5]  # the usual rule for chi-square
    expected = np.array([probability[value] for value in common])
    observed = np.array([counts[value] for value in common])
    assert stats.chisquare(observed, expected / expected.sum() * observed.sum()).pvalue > 1e-3


@pytest.mark.parametrize("spec", ALL, ids=names_of(ALL))
def test_value_of_a_point_does_not_depend_on_its_neighbours(spec):
    u = points(spec, 157)
    together = quantiles("x", spec, u)
    for count, start in [(1, 0), (1, 156), (2, 31), (7, 3), (33, 100)]:
        alone = quantiles("x", spec, u[start : start + count])
        strided = quantiles("x", spec, np.asfortranarray(u)[start : start + count])
        for name, values in together.items():
            expected = list(values[start : start + count])
            assert list(alone[name]) == expected
            assert list(strided[name]) == expected


@pytest.mark.parametrize("spec", ALL, ids=names_of(ALL))
def test_corners_of_the_cube_give_finite_values(spec):
    corners = np.array([np.zeros(dimension(spec)), np.ones(dimension(spec))])
    for values in quantiles("x", spec, corners).values():
        if isinstance(values, np.ndarray):
            assert np.isfinite(values).all()


@pytest.mark.parametrize("spec", ALL, ids=names_of(ALL))
def test_draw_is_the_quantile_at_its_address(spec):
    seed, trial = 2**63 - 1, 17
    u = generator(seed, trial, "x").random(dimension(spec)).reshape(1, -1)
    expected = {name: next(iter(values)) for name, values in quantiles("x", spec, u).items()}
    drawn = draw(spec, "x", seed, trial)
    assert drawn == expected
    assert {type(value) for value in drawn.values()} <= {float, int, bool, str, list}


@pytest.mark.parametrize("sigmas", [5, 40, 1000])
def test_truncated_tail_is_an_exponential(sigmas):
    # Far out, P(x > a + t/a | x > a) = exp(-t)·(1 + O(1/a²)): the median lies ln 2 / a beyond the bound.
    right = TruncatedNormal(mean=10, std=2, low=10 + 2 * sigmas, high=10 + 2 * (sigmas + 10))
    left = TruncatedNormal(mean=10, std=2, low=10 - 2 * (sigmas + 10), high=10 - 2 * sigmas)
    middle = np.array([[0.5]])
    for spec, bound, sign in [(right, right.low, 1), (left, left.high, -1)]:
        excess = sign * (quantiles("x", spec, middle)["x"][0] - bound) / 2 * sigmas
        assert excess == pytest.approx(math.log(2), rel=2 / sigmas**2 + 1e-6)


def test_truncated_values_stay_within_their_bounds():
    spec = TruncatedNormal(mean=0.1, std=0.3, low=0.7, high=0.9)
    values = quantiles("x", spec, np.array([[0.0], [1e-300], [0.5], [1.0]]))["x"]
    assert values.min() >= 0.7
    assert values.max() <= 0.9


def test_correlated_normals_have_the_means_deviations_and_correlations_asked_for():
    count = 20000
    values = np.array(list(quantiles("x", CORRELATED, points(CORRELATED, count)).values()))
    # Standard errors: std/sqrt(n) of a mean, std/sqrt(2n) of a deviation, at most 1/sqrt(n) of a correlation.
    np.testing.assert_allclose(values.mean(axis=1), CORRELATED.mean, atol=4 * 2 / math.sqrt(count))
    np.testing.assert_allclose(values.std(axis=1), CORRELATED.std, rtol=4 / math.sqrt(2 * count))
    np.testing.assert_allclose(np.corrcoef(values), CORRELATED.correlation, atol=4 / math.sqrt(count))


def test_covariance_gives_the_same_values_as_its_deviations_and_correlation():
    std = np.array(CORRELATED.std)
    covariance = np.array(CORRELATED.correlation) * np.outer(std, std)
    same = CorrelatedNormal(names=CORRELATED.names, mean=CORRELATED.mean, covariance=covariance.tolist())
    u = points(same, 100)
    for name, values in quantiles("x", same, u).items():
        np.testing.assert_allclose(values, quantiles("x", CORRELATED, u)[name], rtol=1e-12)


def test_fully_correlated_numbers_move_together():
    spec = CorrelatedNormal(names=["a", "b"], mean=[0, 1], std=[1, 2], correlation=[[1, -1], [-1, 1]])
    values = quantiles("x", spec, points(spec, 50))
    np.testing.assert_allclose(values["b"], 1 - 2 * values["a"], rtol=1e-12)


@pytest.mark.parametrize("rank", [1, 2, 5])
def test_factor_restores_a_singular_correlation_matrix(rank):
    loadings = np.random.default_rng(rank).normal(size=(5, rank))
    loadings /= np.linalg.norm(loadings, axis=1, keepdims=True)  # unit rows, so 1 on the diagonal of the product
    correlation = loadings @ loadings.T
    factor = np.array(correlation_factor(correlation.tolist()))
    np.testing.assert_allclose(factor @ factor.T, correlation, atol=1e-6)
    np.testing.assert_array_equal(factor, np.tril(factor))


def test_value_beyond_floating_point_is_refused():
    # At u = 1 - 2^-53, (-ln(1 - u))^(1/shape) = 36.7^1000.
    with pytest.raises(StudyError, match="'x' reaches beyond the range of floating-point numbers"):
        quantiles("x", Weibull(shape=0.001, scale=1), np.array([[1.0]]))
