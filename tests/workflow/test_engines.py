"""The batch engine in a study: which engine it takes and why, and that one bad trial is nobody else's matter."""

from typing import Any

import polars as pl
import pytest

from mojo.commands.replay import replay_trial
from mojo.errors import TrialError
from tests.workflow.conftest import RunningStudy

BUILT_IN = """    key = spec.add_key(name="pulled", qpos=[0.5])
    mojo_model.spec = spec
"""
PUSHED = (
    BUILT_IN
    + """    from functools import partial
    from mojo import VectorForce
    guilty = float(mojo_model.trial_num == 4)
    spec.body("mass").add_site(name="middle")
    mojo_model.loads = [VectorForce(name="push", action_site="middle", force=(partial(push, guilty=guilty), 0.0, 0.0))]
"""
)
PUSH = """

def push(time, model, data, guilty):
    import numpy as np
    if time > 0.1 and np.any(guilty):
        {}
    return 1.0 - data.qpos[..., 0]
"""
RECORDER = """    from mojo import Recorder
    mojo_model.recorders = [Recorder(name="side", size=(64, 48), fps=10)]
"""


@pytest.fixture
def batched(study: RunningStudy) -> RunningStudy:
    """The study with the built-in runtime, which has nothing to do between two steps."""
    study.edit_module("    mojo_model.spec = spec\n", BUILT_IN)
    study.write(runtime=None, duration=0.2, keyframe="pulled")
    return study


def pushed(study: RunningStudy, fault: str) -> None:
    """Give every trial a load with a function that takes arrays, and that goes wrong in trial 4."""
    study.edit_module(BUILT_IN, PUSHED)
    study.module.write_text(study.module.read_text() + PUSH.format(fault))


def engines(study: RunningStudy) -> list[str]:
    return study.table()["engine"].to_list()


def test_a_study_without_python_between_its_steps_takes_the_batch_engine(batched: RunningStudy):
    output = batched.run()
    assert "engine: batch, since nothing needs Python between two steps" in output
    assert engines(batched) == ["batch"] * 6
    batched.assert_nothing_to_do()
    before = batched.layout.trial(3).telemetry.read_bytes()
    batched.write(engine="loop")
    assert "engine: loop, since the study asks for it" in batched.run()
    assert engines(batched) == ["loop"] * 6
    assert batched.layout.trial(3).telemetry.read_bytes() == before


CLOCKED = """    key = spec.add_key(name="pulled", qpos=[0.5], time=0.25 * (mojo_model.trial_num // {shared}))
    mojo_model.spec = spec
"""
WIND = """    from mojo import VectorForce
    spec.body("mass").add_site(name="middle")
    mojo_model.loads = [
        VectorForce(name="wind", action_site="middle", force=([(0, 0), (0.4, 0), (0.5, 3)], 0, 0), start=0.1, stop=0.9)
    ]
"""
PASSES = {"passes": {"signal": "Joints/slide:qpos", "max": 0.51, "ends_trial": True}}


@pytest.mark.parametrize(("loads", "requirements"), [(WIND, {}), ("", PASSES), (WIND, PASSES), ("", {})])
def test_trials_that_start_at_times_of_their_own_have_them_in_both_engines(
    batched: RunningStudy, loads: str, requirements: dict[str, Any]
):
    batched.edit_module(BUILT_IN, CLOCKED.format(shared=2) + loads)
    told, recorded = [], []
    for engine in ("batch", "loop"):
        batched.write(requirements=requirements, duration=0.4, engine=engine)
        batched.run()
        assert engines(batched) == [engine] * 6
        files = [batched.layout.trial(number).telemetry for number in range(6)]
        assert [pl.read_parquet(file)["time"][0] for file in files] == [0.0, 0.0, 0.25, 0.25, 0.5, 0.5]
        told.append(batched.table().select("trial", "objective", "peak", "simulated_seconds", "ended_by", "ended_at"))
        recorded.append([file.read_bytes() for file in files])
    assert told[0].equals(told[1])
    assert recorded[0] == recorded[1]


def test_trials_that_share_no_clock_are_stepped_one_by_one(batched: RunningStudy):
    batched.edit_module(BUILT_IN, CLOCKED.format(shared=1) + WIND)
    assert "engine: loop, since the keyframe 'pulled' gives each trial a time of its own" in batched.run()


def test_a_runtime_of_its_own_takes_the_loop_engine_and_cannot_be_batched(study: RunningStudy):
    assert "engine: loop, since the runtime run steps each trial in Python" in study.run()
    study.write(engine="batch")
    output = study.run(ok=False)
    assert "engine: 'batch' cannot step these trials, since the runtime run steps each trial in Python" in output


def test_a_trial_that_diverges_is_cut_and_its_neighbours_do_not_feel_it(batched: RunningStudy):
    # explicit Euler with ω·dt = sqrt(1e7/1)·0.01 ≈ 32 ≫ 2 is unstable
    batched.edit_module(
        BUILT_IN, BUILT_IN + "    if mojo_model.trial_num == 4:\n        spec.joint('slide').stiffness = [1e7, 0, 0]\n"
    )
    batched.run()
    table = batched.table()
    assert table["outcome"].to_list() == ["success"] * 4 + ["diverged", "success"]
    assert "MuJoCo's warning BAD" in table["error"][4]
    assert table["simulated_seconds"][4] < 0.2
    assert engines(batched) == ["batch"] * 4 + ["loop", "batch"]


@pytest.mark.parametrize(
    ("fault", "outcome", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "crashed", "SIGKILL"),
        ("while True: pass", "timeout", "longer than the time limit of 2 s"),
        ("raise ValueError('the wheel came off')", "failed", "ValueError: the wheel came off"),
        ("return np.where(np.asarray(guilty) > 0, np.nan, 1.0 - data.qpos[..., 0])", "failed", "must be finite"),
    ],
)
def test_only_the_guilty_trial_of_a_batch_is_to_blame(batched: RunningStudy, fault: str, outcome: str, reason: str):
    pushed(batched, fault)
    batched.write(timeout=2)
    output = batched.run(ok=False)
    assert "engine: batch, since all that runs between two steps takes arrays" in output
    table = batched.table()
    assert table["outcome"].to_list() == ["success"] * 4 + [outcome, "success"]
    assert reason in table["error"][4]


def test_a_vectorized_runtime_steps_all_trials_and_posts_its_signals(
    study: RunningStudy, capsys: pytest.CaptureFixture[str]
):
    text = study.module.read_text()
    old = text[text.index("def run(") : text.index("def objective(")]
    new = """from mojo import vectorized


@vectorized
def run(mojo_models, runtime_manager, mj_models, batch):
    batch.qpos[:, 0] = 0.5
    while batch.time[0] < 0.2:
        runtime_manager.signals.post(batch.qpos[:, 0] * batch.qpos[:, 0], "Spring", "square")
        runtime_manager.step(mj_models, batch)
    for mojo_model, end in zip(mojo_models, batch.qpos[:, 0]):
        mojo_model.named.set("end", float(end), unit="m")


"""
    study.edit_module("    mojo_model.spec = spec\n", "    mojo_model.spec = spec\n" + RECORDER)
    study.run()
    by_loop = study.table().select("trial", "objective", "peak")
    study.edit_module(old, new)
    study.write(films=[3])
    output = study.run()
    table = study.table()
    assert table["engine"].to_list() == ["batch"] * 6
    assert "films: 1 of 1 trials with " in output
    assert study.layout.trial(3).film("side", "mp4").exists()
    assert replay_trial(study.layout.root, 3, view=False)
    assert "trial 000003: telemetry is bit-identical (21 rows)" in capsys.readouterr().out
    with pytest.raises(TrialError, match="A @vectorized runtime steps no single trial to look at"):
        replay_trial(study.layout.root, 3, view=True)
    assert table.select("trial", "objective", "peak").equals(by_loop)
    assert table["end"].to_list() == table["objective"].to_list()


def test_a_trial_that_was_stepped_beside_others_replays_to_the_same_bits(batched: RunningStudy, capsys):
    pushed(batched, "pass")
    # stands for NumPy, which may round a function of an array otherwise than one of a number
    batched.edit_module(
        "return 1.0 - data.qpos[..., 0]", "return 1.0 - data.qpos[..., 0] + 1e-12 * np.ndim(data.qpos[..., 0])"
    )
    batched.edit_module("    import numpy as np\n", "")
    batched.edit_module("import mujoco\n", "import mujoco\nimport numpy as np\n")
    batched.run()
    assert engines(batched) == ["batch"] * 6
    assert replay_trial(batched.layout.root, 4, view=False)
    assert "telemetry is bit-identical" in capsys.readouterr().out
