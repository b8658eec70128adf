"""Points that vary one input at a time, in blocks, as Sobol indices and Morris' elementary effects need them.

A block of `saltelli` is a point A, then A with one coordinate after the other taken from a second point B, then B: with
D varied inputs, D + 2 trials. A block of `morris` is a trajectory: D steps in random order from a random point, each
of one input, by half of the levels: D + 1 trials. Blocks do not depend on how many there are.

Source:
    Saltelli et al., Computer Physics Communications 181 (2010); Morris, Technometrics 33 (1991); both by SALib.
"""

import warnings
from typing import Any

import numpy as np

from mojo.randomness import generator
from mojo.sampling.design_specs import SensitivityName, block_size
from mojo.sampling.libraries import optional

LEVELS = 4
CELL = 2.0**-30  # of the Sobol sequence that SALib makes


def problem_of(axes: int) -> dict[str, Any]:
    """Return how SALib names that many inputs of the unit cube."""
    return {"num_vars": axes, "names": [f"x{axis}" for axis in range(axes)], "bounds": [[0.0, 1.0]] * axes}


def block_points(design: SensitivityName, axes: int, seed: int, points: range, first_trial: int) -> np.ndarray:
    """Return the coordinates of some points, whatever others are asked for, shape (len(points), axes).

    Args:
        design: Which points.
        axes: Number of varied inputs.
        seed: The study's seed.
        points: The wanted ones.
        first_trial: Trial of point 0: 1 after a nominal trial, else 0.
    """
    if not points:
        return np.empty((0, axes))
    size = block_size(design, axes)
    blocks = range(points.start // size, -(-points.stop // size))
    if design == "saltelli":
        found = _saltelli(axes, seed, blocks)
    else:
        levels = [morris_levels(axes, seed, first_trial + size * block) for block in blocks]
        found = (np.concatenate(levels) * (LEVELS - 1) + 0.5) / LEVELS  # the middles of equally likely parts
    offset = size * blocks.start
    return found[points.start - offset : points.stop - offset]


def _saltelli(axes: int, seed: int, blocks: range) -> np.ndarray:
    sobol = optional("SALib.sample.sobol", "The design saltelli")
    rng = generator(seed, 0, "saltelli", "design")
    with warnings.catch_warnings(action="ignore"):  # of numbers that are no power of 2: this is a part of all
        found = sobol.sample(problem_of(axes), len(blocks), calc_second_order=False, skip_values=blocks.start, seed=rng)
    return found + CELL / 2  # the middle of each cell: a coordinate of exactly 0 would be an outlier


def morris_levels(axes: int, seed: int, trial: int) -> np.ndarray:
    """Return the trajectory that begins at a trial, on levels from 0 to 1, shape (axes + 1, axes)."""
    morris = optional("SALib.sample.morris", "The design morris")
    return morris.sample(problem_of(axes), 1, num_levels=LEVELS, seed=generator(seed, trial, "morris", "design"))
