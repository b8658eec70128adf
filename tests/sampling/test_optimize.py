"""The design table of a search."""

from typing import Any

import polars as pl
import pytest

from mojo.sampling.optimize import design_rows
from mojo.study.frozen import FrozenStudy
from mojo.study.optimize import OptimizeStudy
from tests.study.test_optimize import STUDY

VARIABLES = {
    "stiffness": {"type": "float", "low": 1.0, "high": 10.0, "nominal": 4.0},
    "legs": {"type": "int", "low": 3, "high": 6, "nominal": 4},
    "shape": {"type": "categorical", "values": ["ball", "pad"], "nominal": "pad"},
    "damped": {"type": "bool", "nominal": True},
}
WIND = {"wind": {"distribution": "normal", "mean": 0.0, "std": 1.0, "nominal": 0.0}}
BATCH, K = 4, 3


def frozen(n_trial_before: tuple[int, ...] = (), **changes: Any) -> FrozenStudy:
    keys = {"variables": VARIABLES, "parameters": WIND, "batch": BATCH, "evals_per_trial": K, "n_trial": 12, "seed": 3}
    study = OptimizeStudy.model_validate(STUDY | keys | changes)
    study = study.model_copy(update={"batch_size": study.own_batch_size})
    more = {"study_file": "legs.yaml", "code": {}, "inputs": {}, "digests": {}, "units": {}}
    return FrozenStudy(study=study, n_trial_before=n_trial_before, **more)


def scored(rows: pl.DataFrame) -> pl.DataFrame:
    score = (pl.col("stiffness") - 7.0) ** 2 + pl.col("wind")
    return rows.with_columns(outcome=pl.lit("success"), objective=score)


def whole(study: FrozenStudy) -> list[pl.DataFrame]:
    """Return the design tables of all batches, each asked for with the scores that it is decided by."""
    tables: list[pl.DataFrame] = []
    for batch in study.batches:
        earlier = [scored(table) for table in tables[: study.study.decided_by(batch).stop]]
        tables.append(design_rows(study, study.trials(batch), pl.concat(earlier) if earlier else None))
    return tables


def test_a_design_is_tried_in_as_many_trials_as_it_has_evaluations():
    tables = whole(frozen())
    assert [table.height for table in tables] == [BATCH * K] * 3
    rows = pl.concat(tables)
    assert rows["trial"].to_list() == list(range(12 * K))
    assert rows["design_id"].to_list() == [trial // K for trial in range(12 * K)]
    assert rows.group_by("design_id").agg(pl.col("stiffness").n_unique())["stiffness"].to_list() == [1] * 12


def test_every_design_meets_the_same_draws():
    rows = pl.concat(whole(frozen()))
    assert rows["evaluation"].to_list() == [trial % K for trial in range(12 * K)]
    assert rows["wind"].n_unique() == K
    assert rows.group_by("evaluation").agg(pl.col("wind").n_unique())["wind"].to_list() == [1] * K


def test_the_nominal_design_is_tried_first_with_typed_values():
    first = design_rows(frozen(), range(K), None).row(0, named=True)
    values = {"stiffness": 4.0, "legs": 4, "shape": "pad", "damped": True}
    assert {name: first[name] for name in values} == values


def test_with_one_evaluation_what_is_uncertain_is_nominal():
    study = frozen(evals_per_trial=1)
    assert design_rows(study, range(BATCH), None)["wind"].to_list() == [0.0] * BATCH
    assert study.study.is_nominal(3)


def test_a_first_few_trials_are_those_of_the_whole_batch():
    study = frozen()
    assert design_rows(study, range(2), None).equals(design_rows(study, range(BATCH * K), None)[:2])


def test_an_override_wins_over_the_search():
    rows = pl.concat(whole(frozen(overrides={"legs": 6, "wind": 0.5})))
    assert set(rows["legs"]) == {6}
    assert set(rows["wind"]) == {0.5}
    assert rows["stiffness"].n_unique() == 12


def test_the_confirmation_tries_the_best_with_draws_that_the_search_had_not_seen():
    tables = whole(frozen(confirm={"best": 2, "n_trial": 9}))
    search, closing = pl.concat(tables[:3]), pl.concat(tables[3:])
    best = scored(search).group_by("design_id").agg(pl.col("objective").mean()).sort("objective")["design_id"]
    assert closing["design_id"].to_list() == [best[0]] * 9 + [best[1]] * 9
    assert closing["evaluation"].to_list() == [K + number for number in range(9)] * 2
    assert closing["wind"].to_list()[:9] == closing["wind"].to_list()[9:]
    assert set(closing["wind"]).isdisjoint(search["wind"])
    assert set(closing["phase"]) == {"confirm"}


def test_a_confirmation_has_fewer_trials_where_fewer_designs_have_a_score():
    study = frozen(confirm={"best": 2, "n_trial": 9})
    search = scored(pl.concat(whole(study)[:3]))
    failed = pl.when(pl.col("design_id") > 0).then(pl.lit("failed")).otherwise("outcome").alias("outcome")
    rows = [design_rows(study, study.trials(batch), search.with_columns(failed)) for batch in (3, 4)]
    assert pl.concat(rows)["design_id"].to_list() == [0] * 9


def test_a_larger_search_begins_as_the_smaller_one():
    small, large = whole(frozen()), whole(frozen(n_trial=20, n_trial_before=(12,)))
    assert pl.concat(small).equals(pl.concat(large[:3]))


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "random"])
def test_raising_n_trial_shrinks_the_bounds_around_the_best_where_asked(sampler: str):
    study = frozen(n_trial=20, n_trial_before=(12,), refine_search_factor=0.25, sampler=sampler)
    tables = whole(study)
    search = scored(pl.concat(tables[:3]))
    best = search.group_by("design_id").agg(pl.col("objective").mean(), pl.col("stiffness").first())
    middle = best.sort("objective")["stiffness"][0]
    late = pl.concat(tables[3:])["stiffness"]
    assert late.n_unique() == 8
    assert ((late - middle).abs() <= 9 * 0.25 / 2 + 1e-12).all()  # a quarter of the width of 9, on either side half
    assert pl.concat(tables[:3]).equals(pl.concat(whole(frozen(sampler=sampler))))
