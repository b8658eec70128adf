"""From rows of trials to one row a design."""

import math
from typing import Any

import polars as pl
import pytest

from mojo.errors import StudyError
from mojo.sampling.history import BROKEN, CONFIRMED, ERROR, designs_table, pareto_front, ranking, told, winner
from mojo.study.optimize import OptimizeStudy
from tests.study.test_optimize import STUDY

NOTES = '{"trial": {"generation": 3}, "study": {}}'


def study(**changes: Any) -> OptimizeStudy:
    return OptimizeStudy.model_validate(STUDY | {"evals_per_trial": 2} | changes)


def trials(*designs: tuple[Any, ...], phase: str = "search", first: int = 0, **metrics: list[float]) -> pl.DataFrame:
    """Return rows of trials: of each design a tuple of objectives, None for a trial that failed."""
    rows = [(first + number, value) for number, values in enumerate(designs) for value in values]
    return pl.DataFrame(
        {
            "design_id": [number for number, _ in rows],
            "stiffness": [float(number) for number, _ in rows],
            "phase": phase,
            "sampler_notes": NOTES,
            "outcome": ["failed" if value is None else "success" for _, value in rows],
            "objective": pl.Series([value for _, value in rows], dtype=pl.Float64),
        }
        | metrics
    )


def test_the_score_of_a_design_is_the_mean_with_its_standard_error():
    [row] = designs_table(study(), trials((1.0, 4.0))).to_dicts()
    assert row["objective"] == 2.5
    # deviations of 1.5 on either side: s = 1.5·√2, and s/√2 = 1.5
    assert row[ERROR + "objective"] == pytest.approx(1.5)
    assert (row["evaluations"], row["succeeded"], row[BROKEN]) == (2, 2, 0.0)


@pytest.mark.parametrize("bad", [None, math.nan])
def test_a_design_without_one_of_its_scores_has_none(bad: float | None):
    table = designs_table(study(), trials((1.0, bad), (3.0, 3.0)))
    assert table["objective"].to_list() == [None, 3.0]
    first, second = told(study(), table)
    assert (first.state, list(first.values)) == ("failed", [])
    assert (second.state, list(second.values)) == ("complete", [3.0])
    assert told(study(prune_failed_trials=True), table)[0].state == "pruned"


def test_what_the_sampler_noted_comes_back():
    [design] = told(study(), designs_table(study(), trials((1.0, 2.0))))
    assert design.design.parameters == {"stiffness": 0.0}
    assert design.design.attributes.trial == {"generation": 3}


def test_a_design_that_keeps_the_constraints_wins_over_a_better_one_that_does_not():
    limited = study(constraints={"shock": {"max": 2.0}, "mass": {"min": 1.0}})
    rows = trials((5.0,), (1.0,), (3.0,), shock=[1.0, 2.5, 2.2], mass=[1.0, 1.0, 0.9])
    table = designs_table(limited, rows)
    assert table[BROKEN].to_list() == pytest.approx([0.0, 0.5, 0.3])  # 0.2 of shock and 0.1 of mass
    assert ranking(limited, table)["design_id"].to_list() == [0, 2, 1]
    best = winner(limited, table, table.clear())
    assert best is not None and best["design_id"] == 0


def test_the_greatest_wins_where_the_objective_is_maximised():
    up = study(direction="maximize")
    assert ranking(up, designs_table(up, trials((5.0,), (7.0,), (6.0,))))["design_id"].to_list() == [1, 2, 0]


def test_of_confirmed_designs_the_best_confirmed_one_wins():
    table = designs_table(study(), trials((1.0, 1.0), (2.0, 2.0), (9.0, 9.0)))
    rows = pl.concat([trials((4.0, 6.0), phase=CONFIRMED), trials((2.0, 4.0), phase=CONFIRMED, first=1)])
    best = winner(study(), table, designs_table(study(), rows, CONFIRMED))
    assert best is not None and (best["design_id"], best["objective"]) == (1, 3.0)


def test_without_any_score_nobody_wins():
    table = designs_table(study(), trials((None, None)).with_columns(objective=pl.lit(None)))
    assert winner(study(), table, table.clear()) is None


def test_no_design_of_the_front_is_beaten_in_all_objectives():
    both = study(objectives=["objective", "mass"], direction=["minimize", "maximize"])
    rows = trials((1.0,), (2.0,), (3.0,), (2.5,), mass=[1.0, 3.0, 4.0, 2.0])
    table = designs_table(both, rows)
    assert pareto_front(both, table)["design_id"].to_list() == [0, 1, 2]  # 3 is beaten by 1 in both
    # of the ranges from 1 to 3 and 4 to 1: 0 is at (0, 1), 1 at (1/2, 1/3), 2 at (1, 0)
    best = winner(both, table, table.clear())
    assert best is not None and best["design_id"] == 1


def test_a_metric_that_the_objective_does_not_return_is_named():
    with pytest.raises(StudyError, match=r"Metric 'shok' is not in what the objective function returns.*'shock'"):
        designs_table(study(objectives=["shok"]), trials((1.0,), shock=[2.0]))


def test_a_confirmed_design_is_ranked_by_how_many_of_its_trials_fail_and_then_by_their_mean():
    known = trials((4.0, 4.0, 4.0), (1.0, None, 2.0), (5.0, 5.0, 5.0), (None, None, None), phase=CONFIRMED)
    table = designs_table(study(), known, CONFIRMED)
    assert table["objective"].to_list() == [4.0, 1.5, 5.0, None]
    assert table["succeeded"].to_list() == [3, 2, 3, 0]
    # deviations of 0.5 on either side: s = 0.5·√2, and s/√2 = 0.5
    assert table[ERROR + "objective"][1] == pytest.approx(0.5)
    assert ranking(study(), table)["design_id"].to_list() == [0, 2, 1]
