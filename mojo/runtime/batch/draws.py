"""Random numbers of many simulations: each from its own trial's generator, and none from one that all share."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from mojo.errors import ModelError, TrialError, unknown
from mojo.runtime.faults import Broken
from mojo.shared_random import watch_shared

# The parameters of NumPy's distributions that may differ between the simulations.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "beta": ("a", "b"),
    "binomial": ("n", "p"),
    "chisquare": ("df",),
    "choice": (),
    "exponential": ("scale",),
    "gamma": ("shape", "scale"),
    "geometric": ("p",),
    "gumbel": ("loc", "scale"),
    "integers": ("low", "high"),
    "laplace": ("loc", "scale"),
    "logistic": ("loc", "scale"),
    "lognormal": ("mean", "sigma"),
    "normal": ("loc", "scale"),
    "pareto": ("a",),
    "permutation": (),
    "poisson": ("lam",),
    "power": ("a",),
    "random": (),
    "rayleigh": ("scale",),
    "standard_cauchy": (),
    "standard_exponential": (),
    "standard_gamma": ("shape",),
    "standard_normal": (),
    "standard_t": ("df",),
    "triangular": ("left", "mode", "right"),
    "uniform": ("low", "high"),
    "vonmises": ("mu", "kappa"),
    "weibull": ("a",),
}


class Draws:
    """Draws for many simulations at once, with the methods of `numpy.random.Generator`.

    `draws.normal(0.0, 0.1)` gives an array of shape (nsim,), `draws.normal(0.0, 0.1, size=3)` one of shape (nsim, 3).
    Row i holds, bit for bit, what the same call of generator i gives. Parameters of a distribution are numbers, or
    arrays with a row for each simulation; NumPy's names and defaults hold.

    Args:
        generators: Those of the simulations.
    """

    def __init__(self, generators: Sequence[np.random.Generator]) -> None:
        self._generators = generators

    def __getattr__(self, name: str) -> Callable[..., np.ndarray]:
        if name not in PARAMETERS:
            owner = "the generators of a batch. Each simulation has its own: mojo_models[i].rng(name)"
            raise AttributeError(unknown("Method", name, PARAMETERS, owner=owner, limit=len(PARAMETERS)))
        return partial(self._draw, name, [getattr(generator, name) for generator in self._generators])

    def _draw(self, name: str, methods: Sequence[Callable[..., Any]], *given: Any, **named: Any) -> np.ndarray:
        """Return what each method gives; arguments that are no parameters, such as `size`, are the same for all."""
        parameters = PARAMETERS[name]
        if "out" in named:
            raise ModelError(f"{name}() of a batch gives a new array, so it takes no `out`.")
        placed = {at: value for at, value in enumerate(given[: len(parameters)]) if np.ndim(value)}
        keyed = {key: named[key] for key in parameters if key in named and np.ndim(named[key])}
        for key, value in [*((parameters[at], value) for at, value in placed.items()), *keyed.items()]:
            if len(value) != len(methods):
                raise ModelError(
                    f"{name}() takes for `{key}` a number, or an array with a row for each of {len(methods)} "
                    f"simulations, but got one of shape {np.shape(value)}."
                )
        if not placed and not keyed:
            return np.array([method(*given, **named) for method in methods])
        drawn = []
        for row, method in enumerate(methods):
            own = [placed[at][row] if at in placed else value for at, value in enumerate(given)]
            drawn.append(method(*own, **named | {key: value[row] for key, value in keyed.items()}))
        return np.array(drawn)


@contextmanager
def no_shared_draws(who: str) -> Iterator[None]:
    """Check that the block does not draw from generators that all simulations share.

    Raises:
        TrialError: It does.
    """
    drawn = watch_shared()
    try:
        yield
    except Broken:
        _refuse(who, drawn())
        raise
    _refuse(who, drawn())


def _refuse(who: str, generators: Sequence[str]) -> None:
    if generators:
        raise TrialError(
            f"{who} drew from {' and '.join(generators)}, or seeded it, which all trials share, but many of them are "
            "stepped at once, so that a trial's numbers would depend on which others stand beside it. Draw with "
            "runtime_manager.rng(name) or mojo_models[i].rng(name), which belong to each trial."
        )
