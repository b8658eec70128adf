"""What a generator and a runtime hand on reaches those after them, and stays where it stood, in any kind of study."""

import json

import numpy as np
import pytest

from mojo.commands.replay import replay_trial
from tests.workflow.conftest import RunningStudy

# Every stage checks by itself that it has what its trial's generator gave; the gain is another in each trial.
MODULE = '''
import mujoco, numpy as np
import mojo

SEEN = {}
MODEL = """<mujoco><option timestep="0.01"/><worldbody><body name="mass">
  <joint name="slide" type="slide" axis="1 0 0"/><geom name="ball" size="0.1" mass="1"/></body></worldbody></mujoco>"""


def handed(mojo_model):
    gain = mojo_model["gain"]
    return {"gain": gain, "path": np.linspace(0, gain, 3, dtype=np.float32), "of": {"trial": mojo_model.trial_num}}


def check(mojo_model):
    known, expected = mojo_model.user_data, handed(mojo_model)
    assert (known["gain"], known["of"]) == (expected["gain"], expected["of"])
    assert known["path"].dtype == np.float32 and known["path"].tobytes() == expected["path"].tobytes()


def generate(mojo_model, overrides):
    mojo_model.spec = MODEL
    mojo_model.user_data = handed(mojo_model)
    return mojo_model


def finish(mojo_model, time):
    check(mojo_model)
    mojo_model.named.set("switch_time", float(time), unit="s")
    mojo_model.user_data["switched"] = np.array([time, mojo_model["gain"]])


def run(mojo_model, runtime_manager, mj_model, mj_data):
    for _ in range(5):
        runtime_manager.step(mj_model, mj_data)
    finish(mojo_model, mj_data.time)


@mojo.vectorized
def run_all(mojo_models, runtime_manager, mj_models, batch):
    for _ in range(5):
        runtime_manager.step(mj_models, batch)
    for mojo_model, time in zip(mojo_models, batch.time, strict=True):
        finish(mojo_model, time)


def judge(mojo_model, telemetry):
    check(mojo_model)
    assert list(mojo_model.user_data["switched"]) == [mojo_model["switch_time"], mojo_model["gain"]]
    return float(mojo_model["switch_time"]) + mojo_model["gain"]


def objective(mojo_model, telemetry, mj_model, mj_data):
    return judge(mojo_model, telemetry)


def is_met(mojo_model, telemetry, mj_model, mj_data):
    return judge(mojo_model, telemetry) > 0.05
'''
GAIN = {"type": "float", "low": 0.5, "high": 2.0, "nominal": 1.0}
KINDS = {
    "monte-carlo": {"parameters": {"gain": {"distribution": "uniform", "low": 0.5, "high": 2.0}}},
    "sweep": {
        "n_trial": None,
        "batch_size": None,
        "parameters": None,
        "experiments": [{"name": "all", "grid": {"gain": [0.5, 0.7, 1.1]}}],
    },
    "optimize": {"n_trial": 4, "batch": 2, "batch_size": None, "parameters": None, "variables": {"gain": GAIN}},
}


@pytest.fixture
def handing(study: RunningStudy) -> RunningStudy:
    study.module.write_text(MODULE)
    study.write(requirements={"late": {"function": "code/spring.py:is_met"}}, **KINDS["monte-carlo"])
    return study


def named(study: RunningStudy, trial: int) -> dict[str, object]:
    values = json.loads(study.layout.trial(trial).named_values.read_text())
    return {value["name"]: value["value"] for value in values}


@pytest.mark.parametrize("runtime", ["run", "run_all"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_generator_and_runtime_hand_on_reaches_all_after_them(handing: RunningStudy, kind: str, runtime: str):
    handing.write(kind=kind, runtime=f"code/spring.py:{runtime}", **KINDS[kind])
    handing.run()
    table = handing.table()
    assert table["outcome"].to_list() == ["success"] * table.height
    assert kind == "optimize" or table["requirement:late"].all()  # a search judges what confirms its winner
    np.testing.assert_allclose(table["switch_time"], 0.05)  # 5 steps of 0.01 s
    np.testing.assert_allclose(table["objective"], 0.05 + table["gain"])
    for trial in table["trial"]:
        assert named(handing, trial)["switch_time"] == table["switch_time"][trial]
        assert json.loads(handing.layout.trial(trial).config.read_text())["user_data"]["gain"] == table["gain"][trial]
    assert replay_trial(handing.layout.root, 1, view=False)
    handing.assert_nothing_to_do()


def test_what_a_run_named_stays_in_table_and_folder_when_it_is_repeated(handing: RunningStudy):
    handing.run()
    before = handing.table().select("trial", "gain", "switch_time", "objective")
    trial = handing.layout.trial(1)
    trial.telemetry.unlink()
    handing.layout.trial(2).user_data.unlink()
    assert "its user_data.json is missing" in handing.run()
    assert handing.counters() == {0: 1, 1: 2, 2: 2, 3: 1, 4: 1, 5: 1}
    assert handing.table().select(before.columns).equals(before)
    handing.edit_module("range(5)", "range(6 - 1)")  # the runtime, edited
    handing.run()
    assert handing.table().select(before.columns).equals(before)
    assert [named(handing, number)["switch_time"] for number in range(6)] == before["switch_time"].to_list()


def test_what_a_run_named_goes_with_the_runtime_that_named_it(handing: RunningStudy):
    handing.write(objective=None, requirements=None)
    handing.run()
    handing.edit_module(
        "    mojo_model.named.set", "    if mojo_model.trial_num == 3:\n        return\n    mojo_model.named.set"
    )
    handing.run()
    assert [value is None for value in handing.table()["switch_time"]] == [False, False, False, True, False, False]
    assert "switch_time" not in named(handing, 3)
    assert not handing.layout.trial(3).user_data.exists()
    handing.write(runtime=None, duration=0.05)
    handing.run()
    assert "switch_time" not in handing.table().columns
    assert all("switch_time" not in named(handing, number) for number in range(6))
    assert not list(handing.layout.trials.glob("*/user_data.json"))


def test_user_data_count_as_a_part_of_the_model(handing: RunningStudy):
    handing.edit_module("def generate(mojo_model, overrides):", "def generate(mojo_model, overrides, odd):")
    more = "user_data = handed(mojo_model) | {'odd': mojo_model.trial_num == odd}"
    handing.edit_module("user_data = handed(mojo_model)", more)
    handing.write(gen_kwargs={"odd": 2})
    handing.run()
    handing.write(gen_kwargs={"odd": 3})
    handing.run()
    assert handing.counters() == {0: 1, 1: 1, 2: 2, 3: 2, 4: 1, 5: 1}
    assert handing.table()["switch_time"].null_count() == 0
    assert [named(handing, number)["switch_time"] for number in range(6)] == handing.table()["switch_time"].to_list()


FINISH = "    finish(mojo_model, mj"
JUDGE = "    return judge(mojo_model, telemetry)\n"
REFUSED = [
    ('"of": {', '"of": {"set": {1}, ', "mojo_model.user_data['of']['set'] is a set, which cannot be handed on"),
    (FINISH, "    mojo_model.user_data['f'] = len\n" + FINISH, "user_data['f'] is a builtin"),
    (FINISH, "    mojo_model.loads.append(1)\n" + FINISH, "A runtime adds a load to runtime_manager.loads."),
    (
        FINISH,
        "    mojo_model.signals = ['time']\n" + FINISH,
        "mojo_model.signals cannot be set any more. The generator",
    ),
    (
        JUDGE,
        "    mojo_model.named.set('late', 1.0)\n    return 1.0\n",
        "'late' cannot be named any more, since nothing",
    ),
    (
        JUDGE,
        "    mojo_model.user_data['gain'] += 1\n    return 1.0\n",
        "mojo_model.user_data was changed by a function",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), REFUSED, ids=lambda text: text.strip()[:20])
def test_what_nobody_would_keep_is_refused(handing: RunningStudy, old: str, new: str, message: str):
    handing.edit_module(old, new)
    assert message in handing.run(ok=False)
