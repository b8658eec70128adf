"""Sobol indices and Morris' effects are those that are known in closed form."""

import numpy as np
import pytest

from mojo.evidence.sensitivity import morris_effects, sobol_indices
from mojo.sampling.sensitivity import LEVELS, block_points, morris_levels
from tests.extras import needs

A, B = 7.0, 0.1

pytestmark = needs("SALib", "sensitivity")


def ishigami(points: np.ndarray) -> np.ndarray:
    """Return sin x + a·sin² y + b·z⁴·sin x of points of the unit cube, x, y, z from -π to π, shape (..., 3)."""
    x, y, z = np.moveaxis(np.pi * (2 * points - 1), -1, 0)
    return np.sin(x) + A * np.sin(y) ** 2 + B * z**4 * np.sin(x)


def test_sobol_indices_of_the_ishigami_function_are_its_closed_form():
    # V1 = (1 + bπ⁴/5)²/2, V2 = a²/8, V13 = b²π⁸·8/225, V = V1 + V2 + V13 (Ishigami and Homma 1990)
    v1, v2, v13 = 0.5 * (1 + B * np.pi**4 / 5) ** 2, A**2 / 8, B**2 * np.pi**8 * 8 / 225
    first, total = np.array([v1, v2, 0.0]) / (v1 + v2 + v13), np.array([v1 + v13, v2, v13]) / (v1 + v2 + v13)
    blocks = 1024
    outputs = ishigami(block_points("saltelli", 3, 11, range(blocks * 5), 1)).reshape(blocks, 5)
    found = sobol_indices(outputs, 0.95)
    np.testing.assert_allclose(found.first.values[:, 0], first, atol=0.03)
    np.testing.assert_allclose(found.total.values[:, 0], total, atol=0.03)
    for index, truth in ((found.first, first), (found.total, total)):
        assert ((index.values[:, 1] <= truth) & (truth <= index.values[:, 2])).all()


def test_morris_effects_of_the_ishigami_function_are_those_of_all_its_steps():
    # on four levels there are 2 upward steps of 2/3 in each input, from 4 · 4 places of the others: all can be listed
    levels = np.array([morris_levels(3, 5, trial) for trial in range(400)])
    found = morris_effects(levels, ishigami(levels), LEVELS, 0.95)
    places = np.array(np.meshgrid(*[np.arange(4) / 3] * 3, indexing="ij")).reshape(3, -1).T
    for axis in range(3):
        low = places[places[:, axis] < 0.5]
        step = np.where(np.arange(3) == axis, 2 / 3, 0.0)
        effects = (ishigami(low + step) - ishigami(low)) / (2 / 3)
        assert found.size.values[axis, 0] == pytest.approx(np.abs(effects).mean(), abs=1.2)
        assert found.size.values[axis, 1] <= np.abs(effects).mean() + 0.5
        assert found.spread[axis] == pytest.approx(effects.std(), rel=0.15, abs=0.1)


def test_straight_lines_have_their_slopes_as_effects_without_spread():
    levels = np.array([morris_levels(2, 5, trial) for trial in range(10)])
    found = morris_effects(levels, levels @ [3.0, -0.5], LEVELS, 0.95)
    np.testing.assert_allclose(found.size.values[:, 0], [3.0, 0.5])
    np.testing.assert_allclose(found.mean, [3.0, -0.5])
    np.testing.assert_allclose(found.spread, 0.0, atol=1e-9)


def test_too_few_blocks_or_an_output_that_stays_the_same_say_nothing():
    assert sobol_indices(np.arange(5.0).reshape(1, 5), 0.95) is None
    assert sobol_indices(np.ones((8, 5)), 0.95) is None
    assert morris_effects(np.empty((0, 4, 3)), np.empty((0, 4)), LEVELS, 0.95) is None
