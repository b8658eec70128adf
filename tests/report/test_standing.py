import numpy as np
import pytest
from pydantic import TypeAdapter

from mojo.distributions import Distribution
from mojo.distributions.quantiles import quantiles
from mojo.report.standing import standing

SPECS = [
    {"distribution": "uniform", "low": -2, "high": 5},
    {"distribution": "normal", "mean": 3, "std": 0.5},
    {"distribution": "truncated_normal", "mean": 0, "std": 1, "low": -1, "high": 2},
    {"distribution": "truncated_normal", "mean": 0, "std": 1, "low": 30, "high": 31},
    {"distribution": "truncated_normal", "mean": 0, "std": 1, "low": -51, "high": -50},
    {"distribution": "log_normal", "median": 2, "log_std": 0.3},
    {"distribution": "log_uniform", "low": 0.01, "high": 100},
    {"distribution": "triangular", "low": 0, "mode": 1, "high": 4},
    {"distribution": "triangular", "low": 0, "mode": 0, "high": 4},
    {"distribution": "triangular", "low": 0, "mode": 4, "high": 4},
    {"distribution": "beta", "alpha": 2, "beta": 5, "low": -1, "high": 1},
    {"distribution": "gamma", "shape": 2, "scale": 0.1},
    {"distribution": "weibull", "shape": 1.5, "scale": 3},
    {"distribution": "exponential", "scale": 4},
    {"distribution": "rayleigh", "scale": 2.5},
]


def spec_of(keys: dict):
    return TypeAdapter(Distribution).validate_python(keys)


@pytest.mark.parametrize("keys", SPECS, ids=lambda keys: keys["distribution"])
def test_a_quantile_comes_back_as_its_probability(keys):
    spec = spec_of(keys)
    wanted = np.array([1e-6, 0.01, 0.3, 0.5, 0.9, 0.999])
    values = quantiles("x", spec, wanted[:, None])["x"]
    found = [standing(spec, float(value)).quantile for value in values]
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


@pytest.mark.parametrize("keys", SPECS, ids=lambda keys: keys["distribution"])
def test_beyond_the_support_everything_or_nothing_lies_below(keys):
    below, above = standing(spec_of(keys), -1e3), standing(spec_of(keys), 1e3)
    assert (below.quantile, above.quantile) == (0, pytest.approx(1))


def test_normal_values_have_sigmas_and_others_none():
    # (4 - 3) / 0.5 = 2 deviations, above which lie 2.275 % of a normal distribution
    found = standing(spec_of({"distribution": "normal", "mean": 3, "std": 0.5}), 4)
    assert found.sigmas == 2 and found.unusual == 2 and found.quantile == pytest.approx(1 - 0.02275, abs=1e-5)
    middle = standing(spec_of({"distribution": "uniform", "low": 0, "high": 1}), 0.5)
    assert middle.sigmas is None and middle.unusual == 0
    # as unusual as a normal value one deviation below the mean: Φ(-1) = 0.15866
    assert standing(spec_of({"distribution": "uniform", "low": 0, "high": 1}), 0.158655).unusual == pytest.approx(
        1, abs=1e-4
    )


def test_counts_stand_where_their_probabilities_add_up_to():
    die = spec_of({"distribution": "integer", "low": 1, "high": 6})
    assert [standing(die, value).quantile for value in (0, 1, 3, 6, 9)] == [0, 1 / 6, 0.5, 1, 1]
    # P(0 or 1 | 2) = e^-2 (1 + 2)
    poisson = spec_of({"distribution": "poisson", "rate": 2})
    assert standing(poisson, 1).quantile == pytest.approx(3 * np.exp(-2)) and standing(poisson, -1).quantile == 0


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        ({"distribution": "categorical", "values": [1, 2]}, 1),
        ({"distribution": "bernoulli", "probability": 0.5}, True),
        ({"distribution": "constant", "value": 3.0}, 3.0),
        (SPECS[0], None),
        (SPECS[0], float("nan")),
        (SPECS[0], "ice"),
        (SPECS[0], True),
    ],
)
def test_what_has_no_order_has_no_standing(keys, value):
    assert standing(spec_of(keys), value) is None
