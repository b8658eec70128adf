"""Which variables of a search matter."""

import optuna
import polars as pl

from mojo.sampling.history import told
from mojo.sampling.search import Search, rebuilt
from mojo.sampling.space import space_of
from mojo.study.optimize import OptimizeStudy

FEWEST = 10  # designs with a score, below which an importance says nothing


def importances(study: OptimizeStudy, designs: pl.DataFrame) -> dict[str, float]:
    """Return each searched variable's share of what makes good designs good, largest first; {} for too few designs.

    Args:
        study: The study.
        designs: As `mojo.sampling.history.designs_table` returns them.

    Source:
        PED-ANOVA, Watanabe, Bansal and Hutter 2023, as in Optuna.
    """
    if designs.drop_nulls(study.objectives).height < FEWEST:
        return {}
    search = Search("random", space_of(study.searched), study.directions, seed=0)
    found = optuna.importance.get_param_importances(rebuilt(search, told(study, designs)))
    return dict(sorted(found.items(), key=lambda item: -item[1]))
