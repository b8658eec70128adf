"""Points of the unit cube: random, antithetic, Latin hypercube, Sobol and Halton."""

from collections.abc import Container, Mapping, Sequence

import numpy as np

from mojo.distributions import AnyDistribution, Constant, dimension
from mojo.randomness import generator
from mojo.sampling.design_specs import DesignName, SensitivityName
from mojo.sampling.sensitivity import block_points

# SciPy cannot skip ahead in a sequence of more bits (its fast_forward takes 32-bit numbers only).
SOBOL_BITS = 32


def unit_points(
    design: DesignName | SensitivityName,
    parameters: Mapping[str, AnyDistribution],
    seed: int,
    n_point: int,
    points: range,
    first_trial: int,
    fixed: Container[str] = (),
) -> dict[str, np.ndarray]:
    """Return the coordinates of the given points, for each parameter.

    Args:
        design: Which points.
        parameters: The study's parameters; each takes dimension(spec) axes, in order.
        seed: The study's seed.
        n_point: Number of points of the whole design; only the Latin hypercube depends on it.
        points: The wanted ones.
        first_trial: Trial of point 0: 1 after a nominal trial, else 0.
        fixed: Parameters whose values are not taken from here, so that no trial is spent on varying them.

    Returns:
        For each parameter an array of shape (len(points), dimension(spec)).
    """
    sizes = {key: dimension(spec) for key, spec in parameters.items()}
    trials = [first_trial + point for point in points]
    if design == "random":
        return {key: _addressed(seed, trials, key, size) for key, size in sizes.items()}
    if design == "antithetic":
        mirrored = np.array([point % 2 == 1 for point in points], dtype=bool).reshape(-1, 1)
        origins = [trial - point % 2 for trial, point in zip(trials, points, strict=True)]
        drawn = {key: _addressed(seed, origins, key, size) for key, size in sizes.items()}
        return {key: np.where(mirrored, 1 - u, u) for key, u in drawn.items()}
    if design == "saltelli" or design == "morris":  # noqa: PLR1714 - a set would not narrow the type
        varied = [key for key, spec in parameters.items() if not isinstance(spec, Constant) and key not in fixed]
        found = block_points(design, len(varied), seed, points, first_trial)
        middle = np.full((len(points), 1), 0.5)
        return {key: found[:, [varied.index(key)]] if key in varied else middle for key in parameters}
    matrix = _sequence(design, sum(sizes.values()), seed, n_point, points)
    ends = np.cumsum(list(sizes.values()))
    return {key: matrix[:, end - size : end] for (key, size), end in zip(sizes.items(), ends, strict=True)}


def _addressed(seed: int, trials: Sequence[int], name: str, size: int) -> np.ndarray:
    """Return what each trial's own generator for `name` gives first, shape (len(trials), size)."""
    return np.array([generator(seed, trial, name).random(size) for trial in trials]).reshape(len(trials), size)


def _sequence(design: DesignName, axes: int, seed: int, n_point: int, points: range) -> np.ndarray:
    """Return rows `points` of a scrambled sequence, whatever other rows are asked for; shape (n, axes)."""
    if axes == 0 or not points:
        return np.empty((len(points), axes))
    from scipy.stats import qmc  # takes a second, which other designs need not wait for

    rng = generator(seed, 0, design, "design")
    if design == "lhs":
        return qmc.LatinHypercube(axes, rng=rng).random(n_point)[points.start : points.stop]
    if design == "halton":
        return qmc.Halton(axes, rng=rng).fast_forward(points.start).random(len(points))
    sobol = qmc.Sobol(axes, bits=SOBOL_BITS, rng=rng)
    if points.start > 0:
        found = sobol.fast_forward(points.start).random(len(points))
    else:
        # SciPy warns of a first call for a number that is not a power of 2, though later calls may complete it.
        found = np.concatenate([sobol.random(1), sobol.random(len(points) - 1)])
    # The middle of each cell: a coordinate of exactly 0 would be an outlier that no sample of this size holds.
    return found + 0.5 / 2**SOBOL_BITS
