"""Sensitivity: Sobol indices and Morris' elementary effects, from whole blocks of trials, by SALib."""

import warnings
from dataclasses import dataclass

import numpy as np

RESAMPLES = 200
SEED = 20_212
LEAST_BLOCKS = 2
ENOUGH_BLOCKS = 8
"""Of fewer, intervals by the bootstrap are too narrow, and estimates of Sobol indices far off."""


@dataclass(frozen=True)
class Index:
    """An index of each input with the ends of its interval, shape (inputs, 3)."""

    values: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, reach: np.ndarray) -> "Index":
        """Return values with intervals of plus and minus their reach."""
        return cls(np.column_stack([values, values - reach, values + reach]))


@dataclass(frozen=True)
class Sobol:
    """Shares of an output's variance.

    Attributes:
        first: What an input explains alone.
        total: What an input explains alone and together with others.
    """

    first: Index
    total: Index


@dataclass(frozen=True)
class Morris:
    """How an output changes over the whole range of levels of an input, from all starting points.

    Attributes:
        size: Mean of the absolute change, mu*; with its interval.
        mean: Mean change, mu, shape (inputs,).
        spread: Standard deviation of the change, sigma, shape (inputs,): large where it depends on where one starts.
    """

    size: Index
    mean: np.ndarray
    spread: np.ndarray


def _problem(axes: int) -> dict[str, object]:
    names = [f"x{axis}" for axis in range(axes)]
    return {"num_vars": axes, "names": names, "bounds": [[0.0, 1.0]] * axes}


def sobol_indices(outputs: np.ndarray, confidence: float) -> Sobol | None:
    """Return the Sobol indices of an output; None where it does not vary, or of fewer than `ENOUGH_BLOCKS`.

    Args:
        outputs: One row a block of the design saltelli, shape (blocks, inputs + 2), finite.
        confidence: Of the intervals, which are bootstrapped over blocks.

    Source:
        Saltelli et al., Computer Physics Communications 181 (2010), table 2, (b) and (f).
    """
    if len(outputs) < ENOUGH_BLOCKS or np.ptp(outputs) == 0:
        return None
    from SALib.analyze import sobol  # is there for studies with such a design alone

    with warnings.catch_warnings(action="ignore"):  # of resamples that do not vary
        found = sobol.analyze(
            _problem(outputs.shape[1] - 2),
            outputs.ravel(),
            calc_second_order=False,
            num_resamples=RESAMPLES,
            conf_level=confidence,
            seed=SEED,
        )
    return Sobol(Index.of(found["S1"], found["S1_conf"]), Index.of(found["ST"], found["ST_conf"]))


def morris_effects(levels: np.ndarray, outputs: np.ndarray, count: int, confidence: float) -> Morris | None:
    """Return the elementary effects of an output; None of fewer than two blocks.

    Args:
        levels: The points of the design morris, from 0, the lowest level, to 1, shape (blocks, inputs + 1, inputs).
        outputs: Shape (blocks, inputs + 1), finite.
        count: Number of levels.
        confidence: Of the intervals, which are bootstrapped over blocks; nan of fewer than `ENOUGH_BLOCKS`.

    Source:
        Morris, Technometrics 33 (1991); Campolongo et al., Environmental Modelling & Software 22 (2007) for mu*.
    """
    if len(outputs) < LEAST_BLOCKS:
        return None
    from SALib.analyze import morris

    axes = levels.shape[2]
    found = morris.analyze(
        _problem(axes),
        levels.reshape(-1, axes),
        outputs.ravel(),
        num_resamples=RESAMPLES,
        conf_level=confidence,
        num_levels=count,
        seed=SEED,
    )
    reach = np.asarray(found["mu_star_conf"], float) if len(outputs) >= ENOUGH_BLOCKS else np.nan
    size = Index.of(np.asarray(found["mu_star"], float), np.asarray(reach))
    return Morris(size, np.asarray(found["mu"], float), np.asarray(found["sigma"], float))
