"""trials.parquet: one row a trial, with what every stage and batch has to say of it."""

import json
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from mojo.layout import StudyLayout
from mojo.trial.design import write_design
from mojo.trial.join import write_trials_table
from mojo.trial.tables import META, write_stage_table
from tests.conftest import Freeze

RUNS = {"generate": 1, "simulate": 1, "score": 1}


def scored(trial: int, metrics: dict[str, Any], named: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    simulate = {"outcome": None, "error": None, "steps": 20, "simulated_seconds": 0.2, "wall_seconds": 0.1}
    status = {"trial": trial, "outcome": "success", "stage": "score", "error": None, "runs": RUNS}
    generate = {"outcome": None, "error": None, "seconds": 0.01, "model_hash": "m"}
    stages = {"generate": generate, "simulate": simulate, "score": {"objective": float(trial), "metrics": metrics}}
    return status | stages | {"named": named or []}


def failed(trial: int) -> dict[str, Any]:
    return {"trial": trial, "outcome": "failed", "stage": "generate", "error": "no", "runs": {"generate": 1}}


def write_tables(layout: StudyLayout, statuses: list[dict[str, Any]]) -> None:
    for batch in (0, 1):
        write_design(layout, batch)
        for stage in ("generate", "simulate", "score"):
            write_stage_table(layout, stage, batch, statuses[2 * batch : 2 * batch + 2])


def meta(layout: StudyLayout) -> dict[str, list[str]]:
    return json.loads(pq.read_schema(layout.trials_table).metadata[META])


def test_all_stages_and_batches_become_one_row_a_trial(layout: StudyLayout, freeze: Freeze):
    freeze()
    height = {"name": "tower", "value": 2.0, "unit": "km", "source": "user"}
    write_tables(layout, [scored(trial, {"peak": trial + 0.5}, [height]) for trial in range(4)])
    write_trials_table(layout)
    table = pl.read_parquet(layout.trials_table)
    assert table.columns[:4] == ["trial", "batch", "seed", "height"]
    assert table["trial"].to_list() == [0, 1, 2, 3]
    assert table["batch"].to_list() == [0, 0, 1, 1]
    assert table["objective"].to_list() == [0.0, 1.0, 2.0, 3.0]
    assert table["peak"].to_list() == [0.5, 1.5, 2.5, 3.5]
    assert table["tower"].to_list() == [2.0] * 4
    assert meta(layout) == {"parameters": ["height"], "named": ["tower"], "metrics": ["peak"]}
    units = {field.name: field.metadata[b"unit"] for field in pq.read_schema(layout.trials_table) if field.metadata}
    assert units == {"height": b"m", "tower": b"km"}


def test_a_failed_trial_keeps_its_row_and_its_reason(layout: StudyLayout, freeze: Freeze):
    freeze()
    write_tables(layout, [scored(0, {"peak": 1.0}), failed(1), failed(2), failed(3)])  # batch 1 knows no metric
    write_trials_table(layout)
    table = pl.read_parquet(layout.trials_table)
    assert table["outcome"].to_list() == ["success", "failed", "failed", "failed"]
    assert table["error"].to_list() == [None, "no", "no", "no"]
    assert table["peak"].to_list() == [1.0, None, None, None]
    assert table["height"].null_count() == 0


def test_the_model_says_what_a_parameter_was_and_the_design_where_there_is_no_model(
    layout: StudyLayout, freeze: Freeze
):
    freeze()
    read_back = {"name": "height", "value": 9.0, "unit": "m", "source": "design"}
    write_tables(layout, [scored(0, {}, [read_back]), failed(1), failed(2), failed(3)])
    write_trials_table(layout)
    heights = pl.read_parquet(layout.trials_table)["height"].to_list()
    assert heights[0] == 9.0
    assert all(0.0 <= height <= 1.0 for height in heights[1:])
    assert meta(layout)["named"] == []


@pytest.mark.parametrize("name", ["height", "steps", "seed"])
def test_a_metric_whose_name_is_taken_gets_a_prefix(layout: StudyLayout, freeze: Freeze, name: str):
    freeze()
    write_tables(layout, [scored(trial, {name: 7.5}) for trial in range(4)])
    write_trials_table(layout)
    table = pl.read_parquet(layout.trials_table)
    assert table[f"metric:{name}"].to_list() == [7.5] * 4
    assert table[name].to_list() != [7.5] * 4
    assert meta(layout)["metrics"] == [f"metric:{name}"]


@pytest.mark.parametrize("name", ["outcome", "stage", "error", "trial"])
def test_a_metric_cannot_hide_how_its_trial_ended(layout: StudyLayout, freeze: Freeze, name: str):
    freeze()
    write_tables(layout, [scored(trial, {name: 7.5}) for trial in range(4)])
    write_trials_table(layout)
    table = pl.read_parquet(layout.trials_table)
    assert table["outcome"].to_list() == ["success"] * 4
    assert table["trial"].to_list() == [0, 1, 2, 3]
    assert table[f"metric:{name}"].to_list() == [7.5] * 4
    assert meta(layout)["metrics"] == [f"metric:{name}"]


def test_batches_that_saw_different_types_agree_on_one(layout: StudyLayout, freeze: Freeze):
    freeze()
    write_tables(layout, [scored(0, {"hits": 1}), scored(1, {"hits": 2}), scored(2, {"hits": 2.5}), scored(3, {})])
    write_trials_table(layout)
    assert pl.read_parquet(layout.trials_table)["hits"].to_list() == [1.0, 2.0, 2.5, None]


@pytest.mark.parametrize("values", [(1.5, 2.5, "ice", None), (True, False, 2.5, 1), ([1.0], [2.0], 3.0, None)])
def test_values_that_share_no_type_over_batches_do_not_end_the_study(
    layout: StudyLayout, freeze: Freeze, values: tuple[Any, ...]
):
    freeze()
    named = [[{"name": "what", "value": value}] if value is not None else [] for value in values]
    write_tables(layout, [scored(trial, {}, named[trial]) for trial in range(4)])
    write_trials_table(layout)
    assert "what" in pl.read_parquet(layout.trials_table).columns


def test_every_requirement_has_its_columns_with_units_also_where_no_trial_was_scored(
    layout: StudyLayout, freeze: Freeze
):
    requirements = {
        "soft": {"metric": "peak", "max": 2.0, "unit": "N"},
        "mine": {"function": "/code/drop.py:check"},
    }
    freeze(requirements=requirements, objective="/code/drop.py:objective")
    one = scored(0, {"peak": 1.0})
    one["score"]["requirements"] = {"soft": {"met": True, "value": 1.0}, "mine": {"met": False, "value": None}}
    write_tables(layout, [one, failed(1), failed(2), failed(3)])
    write_trials_table(layout)
    table = pl.read_parquet(layout.trials_table)
    assert table["requirement:soft"].to_list() == [True, None, None, None]
    assert table["requirement:mine"].to_list() == [False, None, None, None]
    schema = pq.read_schema(layout.trials_table)
    assert schema.field("requirement value:soft").metadata == {b"unit": b"N"}
    write_tables(layout, [failed(trial) for trial in range(4)])
    write_trials_table(layout)
    table = pl.read_parquet(layout.trials_table)
    assert table["requirement:soft"].dtype == pl.Boolean
    assert table["requirement:soft"].null_count() == 4
