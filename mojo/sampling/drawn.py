"""Which trials tell whether a study meets its requirements: independent draws of what was decided before them."""

import polars as pl

from mojo.study.base import StudyBase
from mojo.study.optimize import OptimizeStudy

NO_VERDICT = {
    "optimize": "The trials of a search chose its best design, so they cannot judge it: what counts are the trials of "
    "the winner's confirmation, and this study has none. Ask for one, as in confirm: {best: 3, n_trial: 200}",
    "population": "The trials of a population are no draws, so none of them counts: take best.json as the `overrides` "
    "of a monte-carlo study, which judges it",
}


def drawn_trials(study: StudyBase, trials: pl.DataFrame) -> pl.DataFrame:
    """Return the trials on which the verdicts of a study rest.

    These are all trials but the nominal one; in a search, those in which the winner was confirmed with fresh draws.

    Args:
        study: The study.
        trials: All trials, as in trials.parquet.
    """
    if not study.SEARCHES:
        return trials if study.nominal is None else trials.filter(pl.col("trial") != study.nominal)
    if not isinstance(study, OptimizeStudy) or study.confirm is None:
        return trials.clear()
    from mojo.sampling.history import CONFIRMED, designs_table, winner  # loads Optuna, which no other kind needs

    best = winner(study, designs_table(study, trials), designs_table(study, trials, CONFIRMED))
    number = -1 if best is None else best["design_id"]
    return trials.filter((pl.col("phase") == CONFIRMED) & (pl.col("design_id") == number))


def why_no_verdict(study: StudyBase) -> str:
    """Return why no trial of a study can judge its requirements, and what to do; "" where some can."""
    judged = isinstance(study, OptimizeStudy) and study.confirm is not None
    return "" if judged or not study.requirements else NO_VERDICT.get(study.kind, "")
