"""The design of a sweep: cells in order, one seed after the other, types that no batch changes."""

from typing import Any

import polars as pl
import pytest

from mojo.errors import StudyError
from mojo.sampling.sweep import design_rows, trial_count
from mojo.study.frozen import FrozenStudy
from mojo.study.sweep import SweepStudy

EXPERIMENTS = [
    {"name": "a", "grid": {"mass": [1, 2.5]}, "values": {"gains": [1, 2]}},
    {"name": "b", "values": {"mass": 4, "gains": [3, 4]}},
]
STUDY = {"name": "s", "kind": "sweep", "generator": "/drop.py:generate", "duration": 1.0, "seed": 7, "batch_size": 2}


def frozen(**changes: Any) -> FrozenStudy:
    study = SweepStudy.model_validate(STUDY | {"experiments": EXPERIMENTS, "evals_per_trial": 2} | changes)
    study = study.model_copy(update={"n_trial": trial_count(study)})
    return FrozenStudy(study=study, study_file="s.yaml", code={}, inputs={}, digests={}, units={})


def test_all_cells_run_with_the_first_seed_then_with_the_second():
    study = frozen()
    table = design_rows(study, range(study.n_trial), None)
    assert study.n_trial == 6  # 3 cells, 2 seeds
    assert table["evaluation"].to_list() == [0, 0, 0, 1, 1, 1]
    assert table["name"].to_list()[2:4] == ["b #1", "a mass=1 #2"]
    assert table["mass"].to_list() == [1.0, 2.5, 4.0] * 2
    assert table["seed"].to_list() == [7] * 6


def test_batches_make_the_whole_and_agree_on_types():
    study = frozen()
    batches = [design_rows(study, study.trials(batch), None) for batch in study.batches]
    assert pl.concat(batches).equals(design_rows(study, range(6), None))
    assert {batch.schema["mass"] for batch in batches} == {pl.Float64()}  # whole numbers and one other
    assert batches[0].schema["gains"] == pl.List(pl.Int64)


def test_more_seeds_change_no_trial_that_was_there_but_for_its_name():
    grown = frozen(evals_per_trial=5)
    kept = design_rows(grown, range(6), None)
    assert kept.equals(design_rows(frozen(), range(6), None))


def test_with_one_seed_names_are_not_numbered():
    study = frozen(evals_per_trial=1)
    assert design_rows(study, range(3), None)["name"].to_list() == ["a mass=1", "a mass=2.5", "b"]


def test_an_override_wins_over_a_fixed_value():
    table = design_rows(frozen(overrides={"gains": [0, 9]}), range(3), None)
    assert table["gains"].to_list() == [[0, 9]] * 3


def test_an_override_of_another_type_is_refused():
    with pytest.raises(StudyError, match="overrides: 'gains' must be of one type"):
        design_rows(frozen(overrides={"gains": "high"}), range(3), None)
