"""Tables of a stage: one row a trial, whatever its trials say."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mojo.layout import StudyLayout
from mojo.trial.tables import read_rows, write_stage_table

GENERATED = {"outcome": None, "error": None, "seconds": 0.01, "model_hash": "m"}
SIMULATED = {"outcome": None, "error": None, "steps": 20, "simulated_seconds": 0.2, "wall_seconds": 0.1}
RUNS = {"generate": 1, "simulate": 1, "score": 1}


def status(trial: int, **more: Any) -> dict[str, Any]:
    return {"trial": trial, "outcome": None, "stage": "simulate", "error": None, "runs": RUNS} | more


def test_models_hold_the_named_values_with_their_units(layout: StudyLayout):
    named = [
        {"name": "mass", "value": 0.1 + 0.2, "unit": "kg", "source": "draw"},
        {"name": "axis", "value": [0.0, 0.0, 1.0], "source": "user"},
    ]
    failed = status(1, outcome="failed", stage="generate", error="no")
    write_stage_table(layout, "generate", 0, [status(0, generate=GENERATED, named=named), failed])
    path = layout.table("models", 0)
    assert read_rows(path) == [
        {"trial": 0, "generate_seconds": 0.01, "model_hash": "m", "mass": 0.1 + 0.2, "axis": [0.0, 0.0, 1.0]},
        {"trial": 1, "generate_seconds": None, "model_hash": None, "mass": None, "axis": None},
    ]
    assert pq.read_schema(path).field("mass").metadata == {b"unit": b"kg"}


def test_outcomes_say_how_each_trial_ended_and_where(layout: StudyLayout):
    diverged = SIMULATED | {"outcome": "diverged", "error": "QACC", "warnings": {"BADQACC": 1, "CONTACTFULL": 2}}
    statuses = [
        status(0, simulate=SIMULATED),
        status(1, outcome="diverged", error="QACC", simulate=diverged),
        status(2, outcome="failed", stage="generate", error="ValueError: no", runs={"generate": 1}),
    ]
    write_stage_table(layout, "simulate", 0, statuses)
    rows = read_rows(layout.table("outcomes", 0))
    assert [row["outcome"] for row in rows] == ["success", "diverged", "failed"]
    assert [row["stage"] for row in rows] == ["simulate", "simulate", "generate"]
    assert [row["error"] for row in rows] == [None, "QACC", "ValueError: no"]
    assert [row["warnings"] for row in rows] == [None, "BADQACC 1, CONTACTFULL 2", None]
    assert [row["steps"] for row in rows] == [20, 20, None]
    assert [row["runs"] for row in rows] == [1, 1, 0]


def test_an_outcome_does_not_depend_on_how_the_trial_was_scored(layout: StudyLayout):
    # else a batch that is simulated again after scoring would write another table
    scored = status(0, outcome="failed", stage="score", error="no", simulate=SIMULATED)
    write_stage_table(layout, "simulate", 0, [scored])
    assert [(row["outcome"], row["stage"]) for row in read_rows(layout.table("outcomes", 0))] == [
        ("success", "simulate")
    ]


def test_scores_hold_the_metrics_of_every_trial(layout: StudyLayout):
    statuses = [
        status(0, outcome="success", stage="score", score={"objective": 1.5, "metrics": {"peak": 2.0}}),
        status(1, outcome="success", stage="score", score={"objective": 2.5, "metrics": {"hits": 3}}),
        status(2, outcome="failed", stage="score", error="no"),
    ]
    write_stage_table(layout, "score", 0, statuses)
    rows = read_rows(layout.table("scores", 0))
    assert [row["objective"] for row in rows] == [1.5, 2.5, None]
    assert [(row["peak"], row["hits"]) for row in rows] == [(2.0, None), (None, 3), (None, None)]
    assert [row["error"] for row in rows] == [None, None, "no"]


def test_whole_numbers_and_fractions_of_one_metric_make_a_column_of_fractions(layout: StudyLayout):
    scores = [{"objective": 0.0, "metrics": {"peak": value}} for value in (2, 2.5, None)]
    write_stage_table(layout, "score", 0, [status(i, score=score) for i, score in enumerate(scores)])
    assert [row["peak"] for row in read_rows(layout.table("scores", 0))] == [2.0, 2.5, None]


def test_values_that_share_no_type_are_kept_as_text(layout: StudyLayout):
    scores = [{"objective": 0.0, "metrics": {"what": value}} for value in ("ice", 2.5, True, None)]
    write_stage_table(layout, "score", 0, [status(i, score=score) for i, score in enumerate(scores)])
    assert [row["what"] for row in read_rows(layout.table("scores", 0))] == ['"ice"', "2.5", "true", None]


def test_a_batch_in_which_nothing_was_generated_has_a_table_all_the_same(layout: StudyLayout):
    statuses = [status(trial, outcome="failed", stage="generate", error="no") for trial in range(2)]
    for stage, table in {"generate": "models", "simulate": "outcomes", "score": "scores"}.items():
        write_stage_table(layout, stage, 0, statuses)
        assert [row["trial"] for row in read_rows(layout.table(table, 0))] == [0, 1]


def test_a_table_is_written_whole(layout: StudyLayout, tmp_path: Path):
    write_stage_table(layout, "score", 0, [status(0)])
    assert [path.name for path in layout.table("scores", 0).parent.iterdir()] == ["00000.parquet"]


def test_scores_hold_the_verdict_and_value_of_every_requirement(layout: StudyLayout):
    met, missed = {"met": True, "value": 0.5}, {"met": False, "value": 1.5}
    scores = [
        {"objective": 0.0, "metrics": {}, "requirements": {"soft": it, "mine": {"met": True, "value": None}}}
        for it in (met, missed)
    ]
    statuses = [status(i, outcome="success", stage="score", score=score) for i, score in enumerate(scores)]
    write_stage_table(layout, "score", 0, [*statuses, status(2, outcome="failed", error="no")])
    rows = read_rows(layout.table("scores", 0))
    assert [row["requirement:soft"] for row in rows] == [True, False, None]
    assert [row["requirement value:soft"] for row in rows] == [0.5, 1.5, None]
    assert [row["requirement:mine"] for row in rows] == [True, True, None]


def test_a_metric_cannot_hide_a_verdict(layout: StudyLayout):
    score = {
        "objective": 0.0,
        "metrics": {"requirement:soft": 1.0},
        "requirements": {"soft": {"met": False, "value": 2.0}},
    }
    write_stage_table(layout, "score", 0, [status(0, outcome="success", stage="score", score=score)])
    [row] = read_rows(layout.table("scores", 0))
    assert (row["requirement:soft"], row["metric:requirement:soft"]) == (False, 1.0)
