"""Experiments: which combinations they hold, in which order, and what their trials are called."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from mojo.errors import StudyError
from mojo.study.experiments import Experiment, read_rows


def cells(**keys: Any) -> dict[str, dict[str, Any]]:
    experiment = Experiment.model_validate({"name": "e", **keys})
    return {cell.name: cell.values for cell in experiment.cells({}, "e")}


def test_the_first_key_of_a_grid_varies_slowest_and_fixed_values_stay():
    found = cells(values={"mass": 2}, grid={"gain": [1, 2], "surface": ["ice", "wood"]})
    assert list(found.values()) == [
        {"mass": 2, "gain": 1, "surface": "ice"},
        {"mass": 2, "gain": 1, "surface": "wood"},
        {"mass": 2, "gain": 2, "surface": "ice"},
        {"mass": 2, "gain": 2, "surface": "wood"},
    ]
    assert list(found)[1] == "e gain=1, surface=wood"


@pytest.mark.parametrize("key", ["(mass, size)", "mass, size"])
def test_several_names_in_a_key_take_their_values_together(key: str):
    found = cells(grid={key: [[1, 0.1], [2, 0.2]], "on": [True, False]})
    assert [(cell["mass"], cell["size"], cell["on"]) for cell in found.values()] == [
        (1, 0.1, True),
        (1, 0.1, False),
        (2, 0.2, True),
        (2, 0.2, False),
    ]


def test_an_experiment_without_grid_or_rows_is_one_trial_of_its_name():
    assert cells(values={"mass": 1.0}) == {"e": {"mass": 1.0}}


def test_rows_are_taken_as_they_are_and_may_bring_their_names():
    rows = [{"mass": 1.0, "gains": [1, 2]}, {"mass": 1.0, "gains": [3, 4]}]
    assert cells(rows=rows) == {"e gains=[1, 2]": rows[0], "e gains=[3, 4]": rows[1]}
    named = [{"name": "low", "mass": 1.0}, {"name": "high", "mass": 2.0}]
    assert cells(rows=named) == {"e low": {"mass": 1.0}, "e high": {"mass": 2.0}}


def test_names_show_as_many_digits_as_tell_the_trials_apart():
    assert list(cells(grid={"x": [1 / 3, 2 / 3]})) == ["e x=0.3333", "e x=0.6667"]
    assert list(cells(grid={"x": [0.12341, 0.12342]})) == ["e x=0.12341", "e x=0.12342"]


def test_rows_that_would_have_endless_names_are_numbered():
    rows = [{f"parameter_{column}": row + column for column in range(20)} for row in range(2)]
    assert list(cells(rows=rows)) == ["e row 0", "e row 1"]


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "an empty grid": ({"grid": {}}, "`grid` is empty"),
    "no rows": ({"rows": []}, "`rows` is empty"),
    "a key without values": ({"grid": {"mass": []}}, "the grid has no values of 'mass'"),
    "grid and rows": ({"grid": {"a": [1]}, "rows": [{"a": 1}]}, "`grid` and `rows` exclude each other"),
    "the same value twice": ({"grid": {"mass": [1, 2, 1]}}, "two trials have the same values: 'e mass=1', number 0"),
    "the same row name twice": (
        {"rows": [{"name": "x", "a": 1}, {"name": "x", "a": 2}]},
        "two trials have the same name: 'e x'",
    ),
    "a name fixed and varied": ({"values": {"a": 1}, "grid": {"a": [1, 2]}}, "'a' stands in `values` and varies too"),
    "a name in two keys": ({"grid": {"a": [1], "(a, b)": [[1, 2]]}}, "'a' stands in the grid twice"),
    "a zipped value too short": ({"grid": {"(a, b)": [[1, 2], [3]]}}, "must be a list of 2, but got [3]"),
    "a zipped value that is none": ({"grid": {"(a, b)": [1, 2]}}, "must be a list of 2, but got 1"),
    "a row that lacks a name": (
        {"rows": [{"mass": 1}, {"mas": 2}]},
        "all rows must have the same names, but row",
    ),
    "nothing as a value": ({"values": {"mass": None}}, "must be a number, a text, true or false, or a list of such"),
    "a value that is not finite": ({"values": {"mass": float("nan")}}, "must be a finite number"),
    "a name of the tables": ({"grid": {"trial": [1]}}, "'trial' cannot name a parameter"),
    "a name of the labels": ({"values": {"experiment": 1}}, "'experiment' cannot name a parameter"),
    "a grid beyond all bounds": (
        {"grid": {name: list(range(200)) for name in "abc"}},
        "may have 1,000,000 combinations at most, but this one has 8,000,000",
    ),
    "a name of two lines": ({"name": "a\nb"}, "needs a name of one line"),
}


@pytest.mark.parametrize(("keys", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told(keys: dict[str, Any], message: str):
    with pytest.raises(ValidationError) as caught:
        cells(**keys)
    assert message in str(caught.value)


def test_csv_and_parquet_give_the_same_rows(tmp_path: Path):
    frame = pl.DataFrame({"mass": [1.5, 2.0], "legs": [3, 4], "surface": ["ice", "wood"], "on": [True, False]})
    frame.write_csv(tmp_path / "rows.csv")
    frame.write_parquet(tmp_path / "rows.parquet")
    assert read_rows(tmp_path / "rows.csv") == read_rows(tmp_path / "rows.parquet") == frame.to_dicts()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.csv", "mass,size\n1,2\n3,\n", "'size' must have a value in every row, but row 1"),
        ("rows.csv", "mass\n", "has no rows"),
        ("rows.parquet", "nonsense", "cannot be read"),
        ("rows.txt", "mass", "the path of a .csv or .parquet file"),
    ],
)
def test_a_file_that_holds_no_rows_is_refused(tmp_path: Path, name: str, content: str, message: str):
    (tmp_path / name).write_text(content)
    with pytest.raises(StudyError, match=message):
        read_rows(tmp_path / name)
