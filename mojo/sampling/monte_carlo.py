"""The design of a Monte Carlo study: draws from distributions, spread as the study asks."""

import polars as pl

from mojo.sampling.design_specs import advice as design_advice
from mojo.sampling.designs import design_size, sample
from mojo.study.base import StudyBase
from mojo.study.frozen import FrozenStudy
from mojo.study.monte_carlo import MonteCarloStudy


def trial_count(study: StudyBase) -> int | None:
    """Return the number of trials of a grid or a list, the nominal trial included; None for other designs."""
    assert isinstance(study, MonteCarloStudy)
    return design_size(study.design, study.parameters, study.nominal_trial)


def design_rows(frozen: FrozenStudy, trials: range, earlier: pl.DataFrame | None) -> pl.DataFrame:
    """Return the drawn values of some trials; no trial depends on an earlier one."""
    study = frozen.study
    assert isinstance(study, MonteCarloStudy) and isinstance(study.overrides, dict)
    return sample(
        study.parameters, study.design, frozen.seed, frozen.n_trial, trials, study.nominal_trial, study.overrides
    )


def advice(frozen: FrozenStudy) -> list[str]:
    """Return which numbers of trials suit the design better."""
    study = frozen.study
    assert isinstance(study, MonteCarloStudy)
    return design_advice(study.design, frozen.n_trial - int(study.nominal_trial))
