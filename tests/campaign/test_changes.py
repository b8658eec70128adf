"""What has changed since the last run is said in the words of the study file."""

from typing import Any

import pytest

from mojo.campaign.changes import changes
from mojo.study.frozen import FrozenStudy
from tests.conftest import Freeze

PARAMETER = {"distribution": "uniform", "low": 0.0, "high": 1.0, "unit": "m"}


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({}, {}, []),
        ({}, {"n_trial": 8}, ["n_trial: 4 → 8"]),
        ({}, {"parameters": {"height": PARAMETER | {"high": 2.0}}}, ["parameters.height.high: 1.0 → 2.0"]),
        ({}, {"overrides": {"height": 0.5}}, ["overrides.height: nothing → 0.5"]),
        ({"overrides": {"height": 0.5}}, {}, ["overrides.height: 0.5 → nothing"]),
        ({}, {"n_trial": 8, "timeout": 5.0}, ["n_trial: 4 → 8", "timeout: 3600.0 → 5.0"]),
        ({}, {"design": "sobol"}, ["design: random → sobol"]),
    ],
)
def test_a_changed_key_is_told_with_its_values(
    freeze: Freeze, before: dict[str, Any], after: dict[str, Any], lines: list[str]
):
    assert changes(freeze(**before), freeze(**after)) == lines


def edited(frozen: FrozenStudy, files: dict[str, str]) -> FrozenStudy:
    code = {role: part.model_copy(update={"files": files}) for role, part in frozen.code.items()}
    return frozen.model_copy(update={"code": code})


def test_edited_and_new_files_of_the_users_are_named(freeze: Freeze):
    before = freeze()
    assert changes(before, edited(before, {"/code/drop.py": "new"})) == ["/code/drop.py has changed"]
    more = edited(before, {"/code/drop.py": "d", "/code/lengths.py": "n"})
    assert changes(before, more) == ["/code/lengths.py is used now"]
    with_input = before.model_copy(update={"inputs": {"/code/hand.xml": "x"}})
    assert changes(before, with_input) == ["/code/hand.xml is used now"]
    assert changes(with_input, before.model_copy(update={"inputs": {"/code/hand.xml": "y"}})) == [
        "/code/hand.xml has changed"
    ]


def test_a_new_mojo_is_named_with_the_stages_that_it_concerns(freeze: Freeze):
    before = freeze()
    after = before.model_copy(update={"digests": before.digests | {"simulate": "new", "score": "new"}})
    assert changes(before, after) == ["mojo or a library has changed, which concerns: simulate, score"]


def test_a_long_value_is_cut(freeze: Freeze):
    (line,) = changes(freeze(), freeze(signals=[f"Joints/joint_{i}:qpos" for i in range(50)]))
    assert len(line) < 100
    assert line.endswith("...")
