"""The design of a Monte Carlo study: draws from distributions, spread as the study asks."""

import polars as pl

from mojo.evidence.sensitivity import ENOUGH_BLOCKS
from mojo.evidence.stopping import fewest_trials, is_known, seen
from mojo.sampling.design_specs import advice as design_advice
from mojo.sampling.design_specs import block_size
from mojo.sampling.designs import design_size, sample
from mojo.study.base import StudyBase
from mojo.study.frozen import FrozenStudy
from mojo.study.monte_carlo import MonteCarloStudy


def trial_count(study: StudyBase) -> int | None:
    """Return the number of trials of a grid or a list, the nominal trial included; None for other designs."""
    assert isinstance(study, MonteCarloStudy)
    return design_size(study.design, study.parameters, study.nominal_trial)


def design_rows(frozen: FrozenStudy, trials: range, earlier: pl.DataFrame | None) -> pl.DataFrame:
    """Return the drawn values of some trials; none where the earlier ones have told enough for the study to stop."""
    study = _study(frozen)
    assert isinstance(study.overrides, dict)
    if study.stop_when is not None and earlier is not None:
        requirement = study.requirements[study.stop_when.requirement]
        if is_known(seen(study.stop_when, requirement, earlier, study.nominal)):
            trials = trials[:0]
    return sample(
        study.parameters, study.design, frozen.seed, frozen.n_trial, trials, study.nominal_trial, study.overrides
    )


def advice(frozen: FrozenStudy) -> list[str]:
    """Return which numbers of trials suit the design better, and whether the study can stop early at all."""
    study = _study(frozen)
    found = design_advice(study.design, frozen.n_trial - int(study.nominal_trial))
    size = block_size(study.design, len(study.factors))
    blocks = (frozen.n_trial - int(study.nominal_trial)) // size
    if study.design in ("saltelli", "morris") and blocks < ENOUGH_BLOCKS:
        wanted = ENOUGH_BLOCKS * size + int(study.nominal_trial)
        lack = "indices are not told" if study.design == "saltelli" else "effects have no intervals"
        found.append(f"Of fewer than {ENOUGH_BLOCKS} blocks {lack}, and there are {blocks}: take n_trial: {wanted}.")
    if study.stop_when is None:
        return found
    fewest = fewest_trials(study.stop_when, study.requirements[study.stop_when.requirement].confidence)
    width = f"half_width: {study.stop_when.half_width:g}"
    if fewest > frozen.n_trial:
        found.append(f"stop_when: {width} takes {fewest} trials if all pass, so none of {frozen.n_trial} is saved.")
    elif frozen.n_trial <= frozen.batch_size:
        found.append(f"stop_when looks after each batch, but one holds all trials (batch_size: {frozen.batch_size}).")
    return found


def _study(frozen: FrozenStudy) -> MonteCarloStudy:
    assert isinstance(frozen.study, MonteCarloStudy)
    return frozen.study
