"""Interactions are found where inputs act together, and only there."""

import numpy as np
import pytest

from mojo.evidence.interactions import interactions


def inputs_of(size: int, seed: int = 8) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.uniform(-1, 1, (size, 3)), rng.integers(2, size=size)])


def test_a_product_is_an_interaction_with_its_share_of_the_variance():
    inputs = inputs_of(4000)
    noise = np.random.default_rng(9).normal(size=4000)
    output = inputs[:, 0] + 2 * inputs[:, 1] * inputs[:, 2] + 0.2 * noise
    [[found]] = interactions(inputs, output.reshape(-1, 1))
    assert found.pair == (1, 2)
    # variances: x 1/3, 2·y·z 4/9, noise 0.04; a grid of 5 · 5 sees (1 - 1/25)² of the product
    assert found.share == pytest.approx((1 - 1 / 25) ** 2 * (4 / 9) / (1 / 3 + 4 / 9 + 0.04), abs=0.03)
    assert found.means.shape == (5, 5) and found.means[0, 0] > 0.5 > -0.5 > found.means[0, 4]


def test_inputs_that_only_add_up_have_no_interaction():
    inputs = inputs_of(1000)
    added = np.column_stack(
        [inputs @ [1, 2, -1, 0.5] + 0.1 * np.random.default_rng(k).normal(size=1000) for k in range(30)]
    )
    assert sum(map(len, interactions(inputs, added))) == 0


def test_at_most_two_are_told_and_truth_values_have_two_cells():
    inputs = inputs_of(2000)
    output = inputs[:, 0] * (inputs[:, 3] - 0.5) + inputs[:, 0] * inputs[:, 1] + inputs[:, 1] * inputs[:, 2]
    [found] = interactions(inputs, output.reshape(-1, 1))
    assert len(found) == 2
    assert all(
        one.means.shape == tuple(np.minimum(5, [len(np.unique(inputs[:, i])) for i in one.pair])) for one in found
    )


@pytest.mark.parametrize("size", [3, 60])
def test_few_trials_tell_of_no_interaction(size: int):
    inputs = inputs_of(size)
    assert interactions(inputs, (inputs[:, 0] * inputs[:, 1]).reshape(-1, 1)) == [[]]
