"""Which trials tell whether a study meets its requirements: independent draws of what was decided before them."""

import numpy as np
import polars as pl

from mojo.sampling.design_specs import block_size
from mojo.sampling.history import CONFIRMED, designs_table, winner
from mojo.study.base import StudyBase
from mojo.study.monte_carlo import MonteCarloStudy
from mojo.study.optimize import OptimizeStudy

NO_VERDICT = {
    "optimize": "The trials of a search chose its best design, so they cannot judge it: what counts are the trials of "
    "the winner's confirmation, and this study has none. Ask for one, as in confirm: {best: 3, n_trial: 200}",
    "population": "The trials of a population are no draws, so none of them counts: take best.json as the `overrides` "
    "of a monte-carlo study, which judges it",
}


def drawn_trials(study: StudyBase, trials: pl.DataFrame) -> pl.DataFrame:
    """Return the trials on which the verdicts of a study rest.

    These are all trials but the nominal one; of designs in blocks those that are `apart`; in a search, those in which
    the winner was confirmed with fresh draws.

    Args:
        study: The study.
        trials: All trials, as in trials.parquet.
    """
    if not study.SEARCHES:
        drawn = trials if study.nominal is None else trials.filter(pl.col("trial") != study.nominal)
        if isinstance(study, MonteCarloStudy):
            numbers = drawn["trial"].to_numpy()
            return drawn.filter(apart(design_name(study), len(study.factors), study.nominal_trial, numbers))
        return drawn
    if not isinstance(study, OptimizeStudy) or study.confirm is None:
        return trials.clear()
    best = winner(study, designs_table(study, trials), designs_table(study, trials, CONFIRMED))
    number = -1 if best is None else best["design_id"]
    return trials.filter((pl.col("phase") == CONFIRMED) & (pl.col("design_id") == number))


def apart(design: str, axes: int, nominal_trial: bool, trials: np.ndarray) -> np.ndarray:
    """Return which trials do not depend on each other, so that each may be counted as a draw of its own.

    Of a mirrored pair, and of a block of the design morris, it is the first one; of a block of saltelli the first and
    the last, of which the others are put together.

    Args:
        design: Its name.
        axes: Number of inputs that vary.
        nominal_trial: Whether trial 0 is none of the design's.
        trials: Their numbers, shape (n,).

    Returns:
        Shape (n,), bool.
    """
    size, place = block_size(design, axes), trials - int(nominal_trial)
    if size == 1:
        return np.ones(trials.size, dtype=bool)
    return (place >= 0) & ((place % size == 0) | ((place % size == size - 1) & (design == "saltelli")))


def design_name(study: StudyBase) -> str:
    """Return how the trials that verdicts rest on were drawn; those that confirm a search's winner are at random."""
    if isinstance(study, MonteCarloStudy):
        return study.design if isinstance(study.design, str) else study.design.type
    return "sweep" if study.kind == "sweep" else "random"


def why_no_verdict(study: StudyBase) -> str:
    """Return why no trial of a study can judge its requirements, and what to do; "" where some can."""
    judged = isinstance(study, OptimizeStudy) and study.confirm is not None
    return "" if judged or not study.requirements else NO_VERDICT.get(study.kind, "")
