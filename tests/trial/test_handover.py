"""What a run hands on is told apart from what its generator made, to the type and the last bit."""

import json
import math

import numpy as np
import pytest

from mojo import files
from mojo.errors import TrialError
from mojo.layout import TrialLayout
from mojo.model.mojo_model import MojoModel
from mojo.trial.handover import begin_run, check_kept, hand_over, take_over
from mojo.trial.simulate import load_mojo_model
from mojo.trial.status import write_stage


@pytest.fixture
def trial(tmp_path) -> TrialLayout:
    """A generated trial with some named values and user data."""
    trial = TrialLayout(tmp_path / "trials" / "000003")
    mojo_model = MojoModel(trial_num=3)
    for name, value in {"one": 1, "bad": math.nan, "axis": [0.0, 1.0]}.items():
        mojo_model.named.set(name, value)
    mojo_model.user_data = {"one": 1, "bad": math.nan, "path": np.zeros(2)}
    config = mojo_model.dump() | {"files": {}}
    files.write_json(trial.config, config)
    files.write_json(trial.named_values, config["named"])
    return trial


def run(trial: TrialLayout, change=lambda mojo_model: None) -> tuple[dict, MojoModel]:
    """Return what status.json says of a run that changes the MojoModel, and what a judge is given."""
    mojo_model = load_mojo_model(trial)
    own = begin_run(trial, mojo_model)
    change(mojo_model)
    told = hand_over(trial, mojo_model, mojo_model, own)
    write_stage(trial, "simulate", None, details=told)
    return told, take_over(trial, load_mojo_model(trial))


def test_a_run_that_changes_nothing_hands_on_nothing(trial: TrialLayout):
    told, judged = run(trial)
    assert told == {"named": [], "files": []}
    assert list(judged.named) == ["one", "bad", "axis"]


@pytest.mark.parametrize("value", [1.0, True, "1", 2, [1]])
def test_a_value_of_another_type_is_another_value(trial: TrialLayout, value):
    def change(mojo_model: MojoModel) -> None:
        mojo_model.named.set("one", value, force=True)
        mojo_model.user_data["one"] = value

    told, judged = run(trial, change)
    assert [each["value"] for each in told["named"]] == [value]
    for found in (judged["one"], judged.user_data["one"]):
        assert (type(found), found) == (type(value), value)


def test_zeros_of_both_signs_are_told_apart(trial: TrialLayout):
    _, judged = run(trial, lambda mojo_model: mojo_model.user_data["path"].__setitem__(0, -0.0))
    assert np.signbit(judged.user_data["path"]).tolist() == [True, False]


def test_what_an_earlier_run_named_is_gone_when_the_next_begins(trial: TrialLayout):
    run(trial, lambda mojo_model: mojo_model.named.set("late", 2.0))
    assert "late" in trial.named_values.read_text()
    told, judged = run(trial)
    assert (told["named"], "late" in judged.named) == ([], False)
    assert [value["name"] for value in json.loads(trial.named_values.read_text())] == ["one", "bad", "axis"]


def test_who_judges_leaves_the_user_data_alone(trial: TrialLayout):
    _, judged = run(trial)
    handed = load_mojo_model(trial).generated["user_data"]
    check_kept(judged, handed)
    judged.user_data["path"][1] = 3.0
    with pytest.raises(TrialError, match=r"mojo_model\.user_data was changed by a function that judges"):
        check_kept(judged, handed)
