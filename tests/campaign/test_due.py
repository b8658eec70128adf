"""Tables that the trials' folders contradict are due, and no others."""

import shutil

import pytest

from mojo.campaign.due import find_due
from mojo.layout import StudyLayout
from mojo.study.frozen import FrozenStudy
from mojo.trial.status import write_stage
from tests.conftest import Freeze


@pytest.fixture
def frozen(layout: StudyLayout, freeze: Freeze) -> FrozenStudy:
    """A study of 4 trials in batches of 2, all finished, with all tables."""
    frozen = freeze()
    for number in range(4):
        finish(layout, number)
    for batch in frozen.batches:
        for stage in ("design", "models", "outcomes", "scores"):
            layout.table(stage, batch).parent.mkdir(exist_ok=True)
            layout.table(stage, batch).touch()
    return frozen


def finish(layout: StudyLayout, number: int) -> None:
    trial = layout.trial(number)
    trial.folder.mkdir(parents=True, exist_ok=True)
    for path in (trial.model, trial.config, trial.named_values, trial.telemetry):
        path.write_text("content")
    write_stage(trial, "generate", None)
    write_stage(trial, "simulate", None)
    write_stage(trial, "score", "success")


def test_nothing_is_due_where_every_folder_is_complete(layout: StudyLayout, frozen: FrozenStudy):
    due = find_due(layout, frozen)
    assert (due.tables, due.reasons) == ([], [])
    assert due.complete == dict.fromkeys(range(4), "success")


def test_a_lost_file_makes_the_table_of_its_stage_and_batch_due(layout: StudyLayout, frozen: FrozenStudy):
    layout.trial(3).telemetry.unlink()
    due = find_due(layout, frozen)
    assert due.tables == [layout.table("outcomes", 1)]
    assert due.lines() == ["trial 000003 runs again: its telemetry.parquet is missing"]
    assert due.complete == dict.fromkeys(range(3), "success")


def test_trials_of_one_batch_that_need_different_stages_make_both_tables_due(layout: StudyLayout, frozen: FrozenStudy):
    shutil.rmtree(layout.trial(0).folder)
    write_stage(layout.trial(1), "score", "failed", "no")
    due = find_due(layout, frozen)
    assert due.tables == [layout.table("models", 0), layout.table("scores", 0)]
    assert due.lines() == [
        "trial 000000 runs again: its folder is missing",
        "trial 000001 runs again: it ended as failed",
    ]


def test_a_diverged_trial_is_complete(layout: StudyLayout, frozen: FrozenStudy):
    write_stage(layout.trial(2), "simulate", "diverged", "QACC")
    due = find_due(layout, frozen)
    assert due.tables == []
    assert due.complete[2] == "diverged"


def test_a_batch_without_its_table_is_left_to_snakemake(layout: StudyLayout, frozen: FrozenStudy):
    layout.trial(3).telemetry.unlink()
    layout.table("outcomes", 1).unlink()
    due = find_due(layout, frozen)
    assert (due.tables, due.reasons) == ([], [])


def test_only_the_first_reasons_are_told_in_full(layout: StudyLayout, frozen: FrozenStudy, freeze: Freeze):
    larger = freeze(n_trial=20, batch_size=20)
    layout.table("models", 0).touch()
    lines = find_due(layout, larger).lines()
    assert len(lines) == 6
    assert lines[-1] == "and 11 more"  # 20 trials, of which 4 are finished and 5 told
