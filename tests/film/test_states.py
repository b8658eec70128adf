"""The states of a film are those of the run that was recorded, saved or repeated, and end where it ended."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mujoco
import polars as pl
import pytest
import yaml

from mojo.campaign.freezing import freeze, settle
from mojo.errors import TrialError
from mojo.film.footage import instants
from mojo.film.make import frames_of
from mojo.layout import StudyLayout, TrialLayout
from mojo.runtime.end_state import SIGNATURE
from mojo.runtime.frames import Frames
from mojo.runtime.recorder import Recorder
from mojo.sampling.kinds import sampler
from mojo.study.loading import load_study
from mojo.trial.context import context
from mojo.trial.preflight import preflight
from mojo.trial.simulate import load_mojo_model
from mojo.trial.worker import run_side_by_side, run_trials

# A ball on a spring that pulls it about a hook, with friction, drag and a push that ends: nothing repeats itself.
CODE = '''
import random
import time
import numpy as np
from mojo import JointFriction, PointToPointForce, Recorder, VectorForce, vectorized

XML = """<mujoco>
  <option timestep="0.004"/>
  <worldbody>
    <site name="hook" pos="0 0 2"/>
    <body name="ball" pos="0.3 0 1"><freejoint name="free"/><geom size="0.1"/><site name="top" pos="0 0.02 0.1"/></body>
    <body name="door" pos="2 0 0"><joint name="hinge" axis="0 0 1"/><geom type="box" size="0.3 0.02 0.5" pos="0.3 0 0"/>
    </body>
  </worldbody>
  <actuator><motor name="motor" joint="hinge"/></actuator>
  <keyframe><key name="late" time="7.5" qpos="0.3 0 1 1 0 0 0 0" qvel="0 0.5 0 0 0 0 1"/></keyframe>
</mujoco>"""


def generate(mojo_model, overrides):
    mojo_model.spec = XML
    mojo_model.loads = [
        PointToPointForce.ideal_spring("pull", "top", "hook", stiffness=40.0 + mojo_model.trial_num, damping=0.1),
        VectorForce(name="push", action_site="top", force=(0.0, 3.0, [(0.0, 0.0), (0.3, 4.0)]), stop=9.0),
        JointFriction(name="friction", joint="hinge", friction={"law": "coulomb", "coulomb": 0.05}),
    ]
    mojo_model.recorders = [Recorder(fps=60)]
    return mojo_model


def until_stopped(mojo_model, runtime_manager, mj_model, mj_data):
    while not runtime_manager.stopped:
        mj_data.ctrl[0] = 0.1 * mj_data.qpos[7]
        runtime_manager.step(mj_model, mj_data)


def stops(mojo_model, runtime_manager, mj_model, mj_data):
    while True:
        runtime_manager.step(mj_model, mj_data)
        if mj_data.qpos[2] < 0.93:
            runtime_manager.stop("low enough")


def fails(mojo_model, runtime_manager, mj_model, mj_data):
    while True:
        runtime_manager.step(mj_model, mj_data)
        if mj_data.qpos[2] < 0.93:
            raise RuntimeError("too low")


def lasts(mojo_model, runtime_manager, mj_model, mj_data):
    runtime_manager.duration = 0.2
    while not runtime_manager.stopped:
        runtime_manager.step(mj_model, mj_data)


def draws(mojo_model, runtime_manager, mj_model, mj_data):
    runtime_manager.duration = 0.2
    while not runtime_manager.stopped:
        mj_data.ctrl[0] = random.random() + np.random.normal() + mojo_model.rng("noise").normal()
        runtime_manager.step(mj_model, mj_data)


def breaks(mojo_model, runtime_manager, mj_model, mj_data):
    while mj_data.time < 1.0:
        mj_data.ctrl[0] = 0.1 if mj_data.time < 0.15 else float("nan")
        runtime_manager.step(mj_model, mj_data)


def reads_a_clock(mojo_model, runtime_manager, mj_model, mj_data):
    mj_data.qvel[0] = time.time() % 1.0
    for _ in range(50):
        runtime_manager.step(mj_model, mj_data)


@vectorized
def side_by_side(mojo_models, runtime_manager, mj_models, batch):
    for _ in range(200):
        batch.ctrl[:, 0] = 0.1 * batch.qpos[:, 7]
        runtime_manager.step(mj_models, batch)


@vectorized
def breaks_side_by_side(mojo_models, runtime_manager, mj_models, batch):
    while batch.time[0] < 1.0:
        batch.ctrl[:, 0] = 0.1 if batch.time[0] < 0.15 else float("nan")
        runtime_manager.step(mj_models, batch)
'''
FALLS = {"falls": {"signal": "Bodies/ball/xpos:z", "min": 0.93, "ends_trial": True}}
SIGNALS = ["Joints/**", "Bodies/ball/xpos", "Loads/**", "Actuators/*:ctrl"]


@pytest.fixture
def simulated(tmp_path: Path) -> Callable[..., TrialLayout]:
    """Returns trial 1 of a study that was simulated with the keys given."""

    def run(**keys: Any) -> TrialLayout:
        (tmp_path / "ball.py").write_text(CODE)
        study = {"name": "ball", "kind": "monte-carlo", "generator": f"{tmp_path}/ball.py:generate", "seed": 1}
        study |= {"n_trial": 3, "signals": SIGNALS} | keys
        if "runtime" in keys:
            study["runtime"] = f"{tmp_path}/ball.py:{keys['runtime']}"
        file = tmp_path / "study.yaml"
        file.write_text(yaml.safe_dump(study))
        layout = StudyLayout(tmp_path / "results")
        frozen, _ = freeze(settle(load_study(file), None), file, None, preflight)
        frozen.write(layout)
        rows = list(sampler("monte-carlo").design_rows(frozen, frozen.trials(0), None).iter_rows(named=True))
        run_trials(str(layout.root), "generate", rows)
        (run_side_by_side if frozen.engine and frozen.engine.name == "batch" else run_trials)(
            str(layout.root), "simulate", rows
        )
        return layout.trial(1)

    return run


def frames(trial: TrialLayout) -> Frames:
    """Return the frames of a trial, as who films it gets them."""
    found = frames_of(context(str(trial.in_study().root)), trial, load_mojo_model(trial))
    assert found is not None
    return found


def assert_same_as_recorded(trial: TrialLayout, found: Frames) -> None:
    """Check that each frame has a row of the same time, whose numbers are the frame's, bit by bit."""
    model = mujoco.MjModel.from_xml_path(str(trial.model))
    data, table = mujoco.MjData(model), pl.read_parquet(trial.telemetry)
    rows = dict(zip(table["time"], table.iter_rows(named=True), strict=True))
    for number, (time, state) in enumerate(zip(found.times, found.states, strict=True)):
        mujoco.mj_setState(model, data, state, SIGNATURE)
        assert data.time == time
        told = {"Joints/hinge:qpos": data.qpos[7], "Joints/hinge:qvel": data.qvel[6]}
        told |= {f"Joints/free/qpos:{axis}": data.qpos[at] for at, axis in enumerate("xyz")}
        told |= {f"Joints/free/qvel:{axis}": data.qvel[at] for at, axis in enumerate("xyz")}
        told |= {f"Loads/{name}/force:x": found.loads[name]["force"][number, 0] for name in ("pull", "push")}
        told["Actuators/motor:ctrl"] = data.ctrl[0]
        assert told == {name: rows[time][name] for name in told}


RUNS = {
    "saved": {"duration": 1.0, "requirements": FALLS, "films": [1], "engine": "loop"},
    "saved, by a runtime": {"runtime": "until_stopped", "requirements": FALLS, "films": [1]},
    "batch": {"duration": 1.0, "requirements": FALLS, "engine": "batch"},
    "batch, at its whole length": {"duration": 0.5, "engine": "batch"},
    "loop": {"duration": 1.0, "requirements": FALLS, "engine": "loop"},
    "runtime": {"runtime": "until_stopped", "requirements": FALLS},
    "vectorized": {"runtime": "side_by_side"},
    "stop": {"runtime": "stops"},
    "duration": {"runtime": "lasts"},
    "failed": {"runtime": "fails"},
    "invalid": {"runtime": "breaks"},
    "invalid, vectorized": {"runtime": "breaks_side_by_side"},
    "drawn numbers": {"runtime": "draws"},
    "late start": {"duration": 1.0, "requirements": FALLS, "keyframe": "late"},
    "late start of a runtime": {"runtime": "until_stopped", "requirements": FALLS, "keyframe": "late"},
}


@pytest.mark.parametrize("keys", RUNS.values(), ids=RUNS)
def test_the_states_are_those_of_the_telemetry_and_end_with_it(simulated, keys: dict[str, Any]):
    trial = simulated(**keys)
    assert trial.frames.exists() == ("films" in keys)
    found = frames(trial)
    assert_same_as_recorded(trial, found)
    recorded = pl.read_parquet(trial.telemetry)["time"]
    begin, end = recorded[0], recorded[-1]
    assert begin == (7.5 if "keyframe" in keys else 0.0)
    assert len(recorded) < 250  # ended before its duration, by what is asked of it
    times = instants(Recorder(fps=60), found, trial)
    assert times[0] == found.times[0] == begin
    if keys.get("runtime", "").startswith(("fails", "breaks")):
        assert end - 1 / 60 < times[-1] <= end
    else:
        assert found.times[-1] == end == pytest.approx(times[-1], abs=1e-9)
        quick = instants(Recorder(fps=1, speed=1000), found, trial)
        assert quick == pytest.approx([begin, end], abs=1e-9)


def test_a_run_that_does_not_repeat_itself_is_not_filmed_as_if_it_did(simulated):
    trial = simulated(runtime="reads_a_clock")
    with pytest.raises(TrialError, match=r"A film would show another run .* first in row 1 of Joints/free/qpos:x"):
        frames(trial)
    assert not trial.frames.exists()


def test_the_states_of_an_earlier_run_are_not_taken_for_those_of_a_later_one(simulated):
    assert simulated(duration=0.5, films=[1], engine="loop").frames.exists()
    for engine in ("loop", "batch"):
        later = simulated(duration=0.3, engine=engine)
        assert not later.frames.exists()
        assert_same_as_recorded(later, frames(later))
        assert later.frames.exists()
