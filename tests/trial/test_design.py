"""Design: what a search is told of the trials before a batch."""

import polars as pl

from mojo.layout import StudyLayout
from mojo.trial.design import earlier_trials


def test_a_search_sees_the_designs_and_scores_of_all_batches_before_its_own(layout: StudyLayout):
    for batch, first in ((0, 0), (1, 2), (2, 4)):
        design = {"trial": [first, first + 1], "seed": [1, 1], "mass": [first + 0.5, first + 1.5]}
        scores = {"trial": [first, first + 1], "outcome": ["success", "failed"], "objective": [-1.0 * first, None]}
        for stage, columns in (("design", design), ("scores", scores)):
            layout.table(stage, batch).parent.mkdir(parents=True, exist_ok=True)
            pl.DataFrame(columns).write_parquet(layout.table(stage, batch))
    found = earlier_trials(layout, range(2))
    assert found["trial"].to_list() == [0, 1, 2, 3]
    assert found["mass"].to_list() == [0.5, 1.5, 2.5, 3.5]
    assert found["objective"].to_list() == [0.0, None, -2.0, None]
    assert found["outcome"].to_list() == ["success", "failed", "success", "failed"]
