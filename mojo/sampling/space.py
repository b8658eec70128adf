"""Design variables as Optuna's distributions, and bounds that shrink around the best design."""

import math
from collections.abc import Mapping
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from mojo.study.variables import AnyVariable, BoolVariable, CategoricalVariable, IntVariable

Space = dict[str, BaseDistribution]


def space_of(variables: Mapping[str, AnyVariable]) -> Space:
    """Return the search space that the study file describes."""
    return {name: _distribution(variable) for name, variable in variables.items()}


def _distribution(variable: AnyVariable) -> BaseDistribution:
    if isinstance(variable, BoolVariable):
        return CategoricalDistribution([False, True])
    if isinstance(variable, CategoricalVariable):
        return CategoricalDistribution(variable.values)
    if isinstance(variable, IntVariable):
        return IntDistribution(variable.low, variable.high, log=variable.log, step=variable.step)
    return FloatDistribution(variable.low, variable.high, log=variable.log, step=variable.step)


def shrunk(space: Space, best: Mapping[str, Any], factor: float) -> Space:
    """Return the space whose numbers lie in ranges of `factor` times the width, around those of `best`.

    The new range is centred on the best value and cut at the old bounds; under `log` the logarithms are. Steps keep
    their grid, and at least the neighbours of the best value stay. Categories stay as they are.

    Args:
        space: The space so far.
        best: The best design's value of each variable; it lies within `space`.
        factor: Ratio of the new width to the old one, between 0 and 1.
    """
    return {name: _shrunk(distribution, best[name], factor) for name, distribution in space.items()}


def _shrunk(distribution: BaseDistribution, best: Any, factor: float) -> BaseDistribution:
    if not isinstance(distribution, FloatDistribution | IntDistribution):
        return distribution
    low, high, step = distribution.low, distribution.high, distribution.step
    if distribution.log:
        reach = (math.log(high) - math.log(low)) * factor / 2
        new = best * math.exp(-reach), best * math.exp(reach)
    else:
        reach = (high - low) * factor / 2
        new = best - reach, best + reach
    if step is not None:  # whole steps outwards, so that neighbours of the best stay
        new = low + math.floor((new[0] - low) / step) * step, low + math.ceil((new[1] - low) / step) * step
    if isinstance(distribution, IntDistribution):
        lower, upper = max(low, math.floor(new[0])), min(high, math.ceil(new[1]))
        return IntDistribution(lower, upper, log=distribution.log, step=distribution.step)
    return FloatDistribution(max(low, new[0]), min(high, new[1]), log=distribution.log, step=step)


def contains(space: Space, parameters: Mapping[str, Any]) -> bool:
    """Return whether a design lies in `space`."""
    return all(
        distribution._contains(distribution.to_internal_repr(parameters[name])) for name, distribution in space.items()
    )
