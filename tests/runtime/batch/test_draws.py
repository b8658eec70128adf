"""Draws for many simulations at once: each row is what that trial's own generator gives, bit for bit."""

import inspect

import numpy as np
import pytest

from mojo.errors import ModelError
from mojo.runtime.batch.draws import PARAMETERS, Draws

COUNT = 5
GIVEN = {"n": 9, "p": 0.3, "left": -1.0, "mode": 0.5, "right": 2.0, "low": 1, "high": 7}
MORE = {"choice": (4,), "permutation": (6,)}


def generators() -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in range(COUNT)]


def both(method, *given, **named):
    """Return what all give at once, and what each gives; twice in a row."""
    draws, each = Draws(generators()), generators()
    return [
        (getattr(draws, method)(*given, **named), np.array([getattr(one, method)(*given, **named) for one in each]))
        for _ in range(2)
    ]


@pytest.mark.parametrize("method", PARAMETERS)
@pytest.mark.parametrize("size", [None, 3, (2, 3)])
def test_every_method_gives_each_simulation_its_own_numbers(method, size):
    given = [*(GIVEN.get(name, 1.5) for name in PARAMETERS[method]), *MORE.get(method, ())]
    named = {} if method == "permutation" else {"size": size}
    for found, expected in both(method, *given, **named):
        np.testing.assert_array_equal(found, expected, strict=True)
        assert found.shape[0] == COUNT
        assert found.dtype == expected.dtype


@pytest.mark.parametrize("method", PARAMETERS)
def test_parameters_are_called_and_placed_as_numpy_does(method):
    known = list(inspect.signature(getattr(np.random.Generator, method)).parameters)
    assert tuple(known[1 : 1 + len(PARAMETERS[method])]) == PARAMETERS[method]


def test_parameters_may_differ_between_the_simulations():
    scales, each = np.linspace(0.1, 0.5, COUNT), generators()
    draws = Draws(generators())
    found = [draws.normal(1.0, scales), draws.normal(scale=scales, size=2), draws.integers(0, range(1, 6), (2,))]
    for row, (one, scale) in enumerate(zip(each, scales, strict=True)):
        expected = [one.normal(1.0, scale), one.normal(scale=scale, size=2), one.integers(0, row + 1, (2,))]
        for all_rows, own in zip(found, expected, strict=True):
            np.testing.assert_array_equal(all_rows[row], own)
    vectors = np.arange(2.0 * COUNT).reshape(COUNT, 2)
    assert draws.uniform(vectors, vectors + 1).shape == (COUNT, 2)


def test_an_array_that_fits_another_number_of_simulations_is_refused():
    with pytest.raises(
        ModelError, match=r"normal\(\) takes for `scale` a number, or an array with a row for each of 5"
    ):
        Draws(generators()).normal(0.0, [0.1, 0.2, 0.3])
    with pytest.raises(ModelError, match="for `low` a number"):
        Draws(generators()).uniform(low=np.zeros(4))
    with pytest.raises(ModelError, match="so it takes no `out`"):
        Draws(generators()).random(out=np.empty(3))


def test_a_method_that_there_is_not_is_answered_with_those_that_there_are():
    with pytest.raises(AttributeError, match=r"Method 'norml' is not in the generators .* Did you mean 'normal'\?"):
        Draws(generators()).norml()
    assert not hasattr(Draws(generators()), "shuffle")
