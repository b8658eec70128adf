"""Blocks of points that vary one input at a time, the same whatever else is asked for."""

import numpy as np
import pytest
from pydantic import TypeAdapter

from mojo.distributions import AnyDistribution
from mojo.sampling.designs import sample
from mojo.sampling.sensitivity import block_points
from tests.extras import needs

pytestmark = needs("SALib", "sensitivity")

AXES = 3


@pytest.mark.parametrize(("design", "size"), [("saltelli", AXES + 2), ("morris", AXES + 1)])
def test_any_part_of_a_design_is_part_of_the_whole(design, size):
    whole = block_points(design, AXES, 5, range(8 * size), 1)
    assert whole.shape == (8 * size, AXES)
    for part in (range(1), range(3, 17), range(size, 2 * size), range(8 * size - 1, 8 * size), range(4, 4)):
        np.testing.assert_array_equal(block_points(design, AXES, 5, part, 1), whole[part.start : part.stop])
    assert ((whole > 0) & (whole < 1)).all()  # no quantile is infinite


def test_a_block_of_saltelli_is_two_points_and_what_lies_between():
    for block in block_points("saltelli", AXES, 5, range(16 * 5), 0).reshape(16, 5, AXES):
        first, last = block[0], block[-1]
        for axis in range(AXES):
            expected = np.where(np.arange(AXES) == axis, last, first)
            np.testing.assert_array_equal(block[1 + axis], expected)


def test_a_block_of_morris_moves_each_input_once_by_half_of_the_levels():
    blocks = block_points("morris", AXES, 5, range(20 * 4), 0).reshape(20, 4, AXES)
    steps = np.diff(blocks, axis=1)
    assert ((np.abs(steps) > 0).sum(axis=2) == 1).all()
    assert ((np.abs(steps) > 0).sum(axis=1) == 1).all()
    np.testing.assert_allclose(np.abs(steps[steps != 0]), 0.5)
    assert set(blocks.ravel()) == {0.125, 0.375, 0.625, 0.875}  # middles of four equally likely parts


def test_constants_and_overridden_inputs_cost_no_trial():
    spec: TypeAdapter = TypeAdapter(AnyDistribution)
    uniform = {"distribution": "uniform", "low": 0.0, "high": 1.0}
    parameters = {name: spec.validate_python(uniform) for name in "abcd"}
    parameters["k"] = spec.validate_python({"distribution": "constant", "value": 2.5})
    rows = sample(parameters, "saltelli", 1, 21, range(21), True, {"b": 0.25})  # 4 blocks of 3 + 2, and trial 0
    assert rows["b"].unique().to_list() == [0.25] and rows["k"].unique().to_list() == [2.5]
    for start in range(1, 21, 5):
        block = rows.slice(start, 5)
        assert [block["a"][row] == block["a"][0] for row in range(5)] == [True, False, True, True, False]
        assert [block["d"][row] == block["d"][0] for row in range(5)] == [True, True, True, False, False]
