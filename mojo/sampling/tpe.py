"""TPE for one batch of a long search: the choices of Optuna's sampler, without reading all earlier designs each time.

While a batch is asked for, the designs that have ended stay the same, and only the list of those that run grows. For
every design, Optuna's sampler sorts, reads and weighs all of them anew. Here that is done once a batch: which of them
are good, by Optuna's own rule (designs that run count as bad), their values as numbers, and the density of the good
ones.

What is left for each design is the density of the bad ones. Over numbers without steps, its sum over the kernels goes
through memory variable by variable, with Optuna's operations in Optuna's order.

All of this reaches into Optuna, so `mojo.sampling.search` uses it only with the versions that it is tested with.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.samplers._tpe import _truncnorm
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator
from optuna.samplers._tpe.probability_distributions import (
    _BatchedTruncLogNormDistributions,
    _BatchedTruncNormDistributions,
)
from optuna.samplers._tpe.sampler import _split_trials, default_gamma, default_gamma_multiobjective
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

Values = dict[str, np.ndarray]
_WithoutSteps = _BatchedTruncNormDistributions | _BatchedTruncLogNormDistributions


@dataclass(frozen=True)
class _Ended:
    """The designs that have ended.

    Attributes:
        count: Their number, also of those that failed.
        good: Those by which the next ones are drawn.
        bad: The others that have a score.
    """

    count: int
    good: list[FrozenTrial]
    bad: list[FrozenTrial]


class BatchTPESampler(TPESampler):
    """Optuna's TPE sampler, for a study in which no design ends while others are asked for."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._parzen_estimator_cls = _Estimator
        self._ended: _Ended | None = None
        self._known: dict[tuple[str, ...], tuple[_ParzenEstimator, Values]] = {}

    def _sample(self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]) -> dict[str, Any]:
        good, bad_values = self._of_ended(study, search_space)
        running = self._get_internal_repr(self._running(study, trial), search_space, study)
        values = {name: np.concatenate([bad_values[name], running[name]]) for name in search_space}
        bad = _Estimator(values, search_space, self._parzen_estimator_parameters)
        candidates = good.sample(self._rng.rng, self._n_ei_candidates)
        chosen = self._compare(candidates, self._compute_acquisition_func(candidates, good, bad))
        return {name: search_space[name].to_external_repr(value) for name, value in chosen.items()}

    def _of_ended(self, study: Study, search_space: dict[str, BaseDistribution]) -> tuple[_ParzenEstimator, Values]:
        """Return the density of the good designs that have ended, and the values of the bad ones."""
        if self._ended is None:
            self._ended = _split(study)
        key = tuple(search_space)
        if key not in self._known:
            good = self._build_parzen_estimator(study, search_space, self._ended.good, handle_below=True)
            self._known[key] = good, self._get_internal_repr(self._ended.bad, search_space, study)
        return self._known[key]

    def _running(self, study: Study, trial: FrozenTrial) -> list[FrozenTrial]:
        """Return the designs that run beside `trial`, where they count."""
        assert self._ended is not None
        later = study.get_trials(deepcopy=False)[self._ended.count :] if self._constant_liar else []
        return [it for it in later if it.state == TrialState.RUNNING and it.number != trial.number]


def _split(study: Study) -> _Ended:
    ended = [it for it in study.get_trials(deepcopy=False) if it.state.is_finished()]
    scored = [it for it in ended if it.state != TrialState.FAIL]
    gamma = default_gamma if len(study.directions) == 1 else default_gamma_multiobjective
    return _Ended(len(ended), *_split_trials(study, scored, gamma(len(scored))))


class _Estimator(_ParzenEstimator):
    """Optuna's estimate of a density, which passes through memory in order."""

    def log_pdf(self, samples_dict: Values) -> np.ndarray:
        mixture = self._mixture_distribution
        total = np.zeros((len(next(iter(samples_dict.values()))), len(mixture.weights)))
        for samples, kernels in zip(samples_dict.values(), mixture.distributions, strict=True):
            if not isinstance(kernels, _WithoutSteps):
                return super().log_pdf(samples_dict)
            points = np.log(samples) if kernels.is_log else samples
            if points.min() < kernels.adapted_low or points.max() > kernels.adapted_high:  # has no density there
                return super().log_pdf(samples_dict)
            total += _log_densities(points, kernels)
        total += np.log(mixture.weights)
        greatest = total.max(axis=1, keepdims=True)
        total -= greatest
        return np.log(np.exp(total, out=total).sum(axis=1)) + greatest[:, 0]


def _log_densities(points: np.ndarray, kernels: _WithoutSteps) -> np.ndarray:
    """Return the logarithm of each kernel's density at each point, shape (points, kernels)."""
    low, high = ((bound - kernels.mu) / kernels.sigma for bound in (kernels.adapted_low, kernels.adapted_high))
    found = points[:, np.newaxis] - kernels.mu
    found /= kernels.sigma
    found *= found
    found /= -2.0
    found -= _truncnorm._norm_pdf_logC
    found -= _truncnorm._log_gauss_mass(low, high)
    found -= np.log(kernels.sigma)
    return found
