"""Sweeps: what a study file may say of its experiments, and what is told where they do not fit together."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mojo.errors import StudyError
from mojo.study.loading import load_study
from mojo.study.sweep import SweepStudy

Load = Callable[..., SweepStudy]
GRID = {"name": "a", "grid": {"mass": [1, 2]}}
STUDY = {"name": "s", "kind": "sweep", "generator": "drop.py:generate", "duration": 1.0, "experiments": [GRID]}


@pytest.fixture
def load(study_file: Callable[..., Path]) -> Load:
    """Return a function that loads the study with some keys changed; `text` is YAML that is added as it stands."""

    def read(text: str = "", **changes: Any) -> SweepStudy:
        file = study_file().with_name("sweep.yaml")
        keys = {key: value for key, value in (STUDY | changes).items() if value is not None}
        file.write_text(yaml.safe_dump(keys) + text)
        study = load_study(file)
        assert isinstance(study, SweepStudy)
        return study

    return read


def names(study: SweepStudy) -> list[str]:
    return [cell.name for _, cell in study.cells]


def test_experiments_follow_one_another_with_the_suffix_behind_their_names(load: Load):
    study = load(experiments=[GRID, {"name": "b", "values": {"mass": 3}}], experiment_suffix="_v2")
    assert names(study) == ["a_v2 mass=1", "a_v2 mass=2", "b_v2"]


def test_what_all_experiments_share_is_written_once_and_an_experiment_may_differ(load: Load):
    other = {"name": "b", "values": {"mass": 3, "gain": 7}}
    study = load(experiments=[GRID, other], values={"gain": 5})
    assert [cell.values["gain"] for _, cell in study.cells] == [5, 5, 7]
    assert study.parameter_columns() == ["gain", "mass"]


def test_a_list_of_names_is_a_key_of_a_grid(load: Load):
    text = "experiments:\n- name: a\n  grid:\n    [mass, size]: [[1, 0.1], [2, 0.2]]\n"
    assert names(load(text, experiments=None)) == ["a mass=1, size=0.1", "a mass=2, size=0.2"]


def test_rows_come_from_a_file_beside_the_study_and_stand_in_the_frozen_study(load: Load, tmp_path: Path):
    (tmp_path / "studies" / "rows.csv").write_text("mass,size\n1,0.5\n2,0.25\n")
    [experiment] = load(experiments=[{"name": "a", "rows": "rows.csv"}]).experiments
    assert experiment.rows == [{"mass": 1, "size": 0.5}, {"mass": 2, "size": 0.25}]


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "no experiment": ({"experiments": []}, "experiments: list should have at least 1 item"),
    "no experiments at all": ({"experiments": None}, "experiments: is missing"),
    "an empty grid": ({"experiments": [{"name": "a", "grid": {}}]}, "experiments.0: `grid` is empty"),
    "a wrong key": (
        {"experiments": [{"name": "a", "grids": {"mass": [1]}}]},
        "experiments.0.grids: is not a key here",
    ),
    "duplicate names": ({"experiments": [GRID, GRID]}, "experiments: two have the name 'a'"),
    "names that meet": (
        {"experiments": [GRID, {"name": "a mass=1", "values": {"mass": 9}}]},
        "two trials would have the name 'a mass=1'",
    ),
    "other parameters": (
        {"experiments": [GRID, {"name": "b", "values": {"size": 1}}]},
        "experiments: 'a' gives no value to 'size', as another one does",
    ),
    "other types": (
        {"experiments": [GRID, {"name": "b", "values": {"mass": "heavy"}}]},
        "'mass' must be of one type in all experiments, but is a whole number and text",
    ),
    "a missing file": ({"experiments": [{"name": "a", "rows": "no.csv"}]}, "experiments.0.rows: "),
    "a wrong number of trials": ({"n_trial": 7}, "n_trial: must be 2, the combinations times evals_per_trial"),
    "a unit of nothing": ({"units": {"mas": "kg"}}, "units: Parameter 'mas' is not in this study. Did you mean 'mass'"),
    "an override of what varies": ({"overrides": {"mass": 1}}, "overrides: the experiment 'a' varies 'mass'"),
    "no seeds": ({"evals_per_trial": 0}, "evals_per_trial: input should be greater than or equal to 1, but got 0"),
    "a key of another kind": ({"design": "sobol"}, "design: is not a key of a sweep study."),
}


@pytest.mark.parametrize(("changes", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_with_its_key(load: Load, changes: dict[str, Any], message: str):
    with pytest.raises(StudyError) as caught:
        load(**changes)
    assert message in str(caught.value)
    assert "1 problem\n" in str(caught.value)


def test_a_study_of_no_known_kind_is_checked_as_the_kind_that_it_looks_like(load: Load):
    with pytest.raises(StudyError) as caught:
        load(kind="swep")
    assert str(caught.value).splitlines()[1:] == [
        "  kind: 'swep' is not a kind of study. Did you mean 'sweep'? "
        "There is: monte-carlo, sweep, optimize, population."
    ]
    with pytest.raises(StudyError, match="1 problem\n  kind: is missing"):
        load(kind=None)
