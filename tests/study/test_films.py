"""The key `films`: words, lists and mappings; nonsense is refused in words."""

import pytest
from pydantic import ValidationError

from mojo.errors import StudyError
from mojo.study.films import Films


@pytest.mark.parametrize(
    ("given", "same"),
    [
        (None, Films()),
        ("none", Films()),
        ("all", Films(all=True)),
        ("failed", Films(failed=True)),
        ([0, 17], Films(trials=[0, 17])),
        ({"first": 1, "worst": 2}, Films(first=1, worst=2)),
    ],
)
def test_a_word_or_a_list_stands_for_a_mapping(given, same):
    assert Films.model_validate(given) == same
    assert Films.model_validate(same.model_dump(mode="json")) == same


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("al", "must be one of none, all, failed, a list of trial numbers, or a mapping .* but got 'al'"),
        (3, "must be one of none, all, failed, .* but got 3"),
        ([-1], "greater than or equal to 0"),
        ({"worst": 1.5}, "valid integer"),
        ({"wurst": 1}, "Extra inputs"),
        ({"timeout": 0}, "greater than 0"),
    ],
)
def test_nonsense_is_refused(given, message):
    with pytest.raises(ValidationError, match=message):
        Films.model_validate(given)


def test_a_trial_that_does_not_exist_is_refused():
    Films(trials=[19]).check(20)
    with pytest.raises(StudyError, match=r"trial 20 does not exist\. The study has trials 0 to 19"):
        Films(trials=[20]).check(20)


def test_states_are_saved_for_trials_that_may_be_picked():
    assert [trial for trial in range(4) if Films(first=1, trials=[2]).may_pick(trial)] == [0, 2]
    assert all(Films(worst=1).may_pick(trial) for trial in range(4))
    assert not any(Films().may_pick(trial) for trial in range(4))
