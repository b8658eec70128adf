"""The best design of a search, as a file that another study can take as its `overrides`."""

from typing import Any

import polars as pl

from mojo import files
from mojo.errors import TrialError
from mojo.layout import StudyLayout
from mojo.sampling.evolve import best_trial
from mojo.sampling.history import CONFIRMED, designs_table, winner
from mojo.study.frozen import read_frozen
from mojo.study.kinds import Study
from mojo.study.optimize import OptimizeStudy
from mojo.study.population import PopulationStudy
from mojo.trial.checkpoints import prune


def write_best(layout: StudyLayout) -> None:
    """Write best.json: name and value of each variable of the best design, from trials.parquet.

    Of a population, the checkpoints that are not needed any more are removed.

    Raises:
        TrialError: No design has a score.
    """
    frozen = read_frozen(layout)
    study, trials = frozen.study, pl.read_parquet(layout.trials_table)
    prune(layout, study, len(frozen.batches), trials)
    best = _best(study, trials)
    if best is None:
        raise TrialError(
            f"No design of '{study.name}' has a score: in each of them a trial failed, diverged, ended invalid or took "
            "too long. "
            f"See {layout.report}."
        )
    files.write_json(layout.best, {name: best[name] for name in study.parameter_columns() if name in best})


def _best(study: Study, trials: pl.DataFrame) -> dict[str, Any] | None:
    """Return the values of the variables of the best design, with others beside."""
    if isinstance(study, PopulationStudy):
        return best_trial(study, trials)
    assert isinstance(study, OptimizeStudy)
    return winner(study, designs_table(study, trials), designs_table(study, trials, CONFIRMED))
