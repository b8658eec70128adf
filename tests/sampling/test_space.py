"""Search spaces, and bounds that shrink."""

import math

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from mojo.sampling.space import contains, shrunk, space_of
from mojo.study.variables import BoolVariable, CategoricalVariable, FloatVariable, IntVariable


def test_every_variable_has_its_distribution():
    variables = {
        "gain": FloatVariable(low=0.1, high=10.0, log=True),
        "height": FloatVariable(low=0.0, high=1.0, step=0.25),
        "legs": IntVariable(low=2, high=8, step=2),
        "shape": CategoricalVariable(values=["ball", "pad"]),
        "damped": BoolVariable(),
    }
    assert space_of(variables) == {
        "gain": FloatDistribution(0.1, 10.0, log=True),
        "height": FloatDistribution(0.0, 1.0, step=0.25),
        "legs": IntDistribution(2, 8, step=2),
        "shape": CategoricalDistribution(["ball", "pad"]),
        "damped": CategoricalDistribution([False, True]),
    }


def test_half_the_width_is_left_around_the_best():
    space = shrunk({"x": FloatDistribution(0.0, 8.0)}, {"x": 5.0}, 0.5)
    assert space == {"x": FloatDistribution(3.0, 7.0)}


def test_bounds_never_widen():
    space = shrunk({"x": FloatDistribution(0.0, 8.0)}, {"x": 7.0}, 0.5)
    assert space == {"x": FloatDistribution(5.0, 8.0)}


def test_logarithms_shrink_where_the_space_is_logarithmic():
    # two decades and a half of the width: one decade, half of it on either side of 10
    [space] = shrunk({"x": FloatDistribution(1.0, 100.0, log=True)}, {"x": 10.0}, 0.5).values()
    assert (space.low, space.high) == pytest.approx((10 / math.sqrt(10), 10 * math.sqrt(10)))


def test_steps_keep_their_grid_and_the_neighbours_of_the_best():
    space = shrunk(
        {"n": IntDistribution(0, 20, step=4), "x": FloatDistribution(0.0, 1.0, step=0.25)}, {"n": 8, "x": 0.5}, 0.1
    )
    assert space == {"n": IntDistribution(4, 12, step=4), "x": FloatDistribution(0.25, 0.75, step=0.25)}


def test_categories_stay():
    space = {"shape": CategoricalDistribution(["ball", "pad"])}
    assert shrunk(space, {"shape": "pad"}, 0.1) == space


def test_a_design_outside_any_bound_is_outside():
    space = {"x": FloatDistribution(0.0, 1.0), "shape": CategoricalDistribution(["ball", "pad"])}
    assert contains(space, {"x": 1.0, "shape": "pad"})
    assert not contains(space, {"x": 1.1, "shape": "pad"})
