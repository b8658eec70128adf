"""Random studies: both engines do what MuJoCo does with the same forces, and tell it alike."""

from pathlib import Path

import pytest

from tests.differential.compare import differences
from tests.differential.search import save, saved, search, written
from tests.workflow.conftest import RunningStudy

COUNT = 200
PARTS = 4  # which pytest runs in several processes


@pytest.mark.parametrize("part", range(PARTS))
def test_random_studies_come_out_the_same_in_both_engines_and_in_plain_mujoco(part: int):
    found = search(part, COUNT // PARTS)
    assert found.study is None, written(found.study or {}, found.lines)
    assert found.tally["studies"] == COUNT // PARTS
    assert found.tally["sensitive trials"] <= COUNT // PARTS / 20  # else little would be compared


MODEL = """<mujoco><worldbody>
  <site name="anchor" pos="0 0 1"/>
  <body name="b0"><joint name="j0" type="slide"/><geom size="0.1" mass="{}"/><site name="s0"/></body>
</worldbody></mujoco>"""
SPRING = {"load": "point_to_point_force", "name": "l0", "action_site": "s0", "xtion_site": "anchor"}
SPRING |= {"magnitude": {"law": "ideal_spring", "stiffness": 9.0, "damping": 0.0, "rest_length": 0.5}}


@pytest.fixture
def study() -> dict:
    """Return a small study, as it would be printed if it failed."""
    function = {"function": "tests.differential.user_code:gust", "args": [], "kwargs": {"strength": 2.0}}
    load = {"load": "vector_force", "name": "l0", "action_site": "s0", "force": [1.0, 0.0, function]}
    return {
        "name": "fuzz",
        "kind": "monte-carlo",
        "generator": "tests.differential.user_code:generate",
        "gen_kwargs": {
            "models": [MODEL.format(mass) for mass in (1, 2)],
            "loads": [[load], [load]],
            "proximities": [],
        },
        "n_trial": 2,
        "seed": 1,
        "signals": [],
        "record_decimation": 1,
        "requirements": {},
        "runtime": "tests.differential.user_code:run",
        "run_kwargs": {"duration": 0.02, "actions": []},
    }


def test_a_study_that_was_saved_runs_by_itself(study: dict, tmp_path: Path):
    file = save(study, ["trial 0: something"], tmp_path)
    assert file.read_text().startswith(
        "# The engines differ in this study, or differ from MuJoCo itself:\n# trial 0: so"
    )
    assert not differences(saved(file))
    assert "2 of 2 trials" in RunningStudy(tmp_path).run()


def test_what_differs_is_told_with_its_place_and_both_numbers(study: dict, monkeypatch: pytest.MonkeyPatch):
    assert not differences(study)
    monkeypatch.setattr("tests.differential.laws.magnitude", lambda *given: 1.0)
    monkeypatch.setitem(study, "gen_kwargs", study["gen_kwargs"] | {"loads": [[SPRING], [SPRING]]})
    (first, *_) = differences(study)
    assert first.startswith("trial 0: reference, loop: Joints/j0/qpos: (1, 0): np.float64(")
