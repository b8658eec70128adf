"""Frames: which instants are saved, and that they hold what the run had at those instants."""

import subprocess
import sys
import textwrap
from pathlib import Path

import mujoco
import numpy as np
import pytest

from mojo.runtime.end_state import SIGNATURE
from mojo.runtime.frames import FrameClock, FrameWriter, plan_of, read_frames
from mojo.runtime.loads import VectorForce
from mojo.runtime.manager import Diverged, RuntimeManager
from mojo.runtime.recorder import Recorder, Trigger
from mojo.runtime.telemetry import recover

MODEL = """
<mujoco>
  <option timestep="0.01"/>
  <worldbody>
    <body name="ball">
      <joint name="slide" type="slide" axis="1 0 0"/>
      <geom size="0.1" mass="2"/>
      <site name="center"/>
    </body>
  </worldbody>
</mujoco>
"""


def push(time: float, model: mujoco.MjModel, data: mujoco.MjData) -> float:
    return 3.0 + time


def run(folder: Path, recorders: list[Recorder], duration: float = 0.5) -> Path:
    model = mujoco.MjModel.from_xml_string(MODEL)
    data = mujoco.MjData(model)
    load = VectorForce(name="push", action_site="center", force=(push, 0.0, 0.0))
    path = folder / "frames.parquet"
    with RuntimeManager(folder / "telemetry.parquet", [load], frames=path, recorders=recorders) as manager:
        manager.run(model, data, duration)
    return path


def due_times(recorders: list[Recorder], steps: int = 100, timestep: float = 0.01) -> list[float]:
    """Return the times of the steps that are frames; the clock is a sum, as MuJoCo's is."""
    clock, time, found = FrameClock(plan_of(recorders), 0.0, timestep), 0.0, []
    for _ in range(steps):
        if time >= clock.due:
            found.append(round(time, 6))
            clock.pass_by(time)
        time += timestep
    return found


@pytest.mark.parametrize(
    ("recorders", "times"),
    [
        ([Recorder(fps=5)], [0.0, 0.2, 0.4, 0.6, 0.8]),
        ([Recorder(fps=30)], [0.0, 0.04, 0.07, 0.1, 0.14, 0.17]),  # the first step at or after each 1/30 s
        ([Recorder(fps=1, speed=0.3)], [0.0, 0.3, 0.6, 0.9]),
        ([Recorder(fps=5), Recorder(name="b", fps=4)], [0.0, 0.2, 0.25, 0.4, 0.5]),
        ([Recorder(fps=10, trigger=Trigger(start=0.25, stop=0.45))], [0.25, 0.35, 0.45]),
        ([Recorder(format=None, snapshots=[0.3, 0.123])], [0.13, 0.3]),
        ([], []),
    ],
)
def test_a_frame_is_the_first_step_at_or_after_an_instant_of_any_recorder(recorders, times):
    assert due_times(recorders)[: len(times)] == times
    assert bool(due_times([])) is False


def test_a_film_faster_than_the_steps_has_a_frame_each_step():
    assert len(due_times([Recorder(fps=240, speed=0.1)])) == 100


def test_frames_hold_the_states_and_what_the_loads_applied(tmp_path: Path):
    frames = read_frames(run(tmp_path, [Recorder(fps=10)]))
    np.testing.assert_allclose(frames.times, [0, 0.1, 0.2, 0.3, 0.4, 0.5], atol=1e-12)
    np.testing.assert_allclose(frames.loads["push"]["force"][:, 0], 3.0 + frames.times)
    model = mujoco.MjModel.from_xml_string(MODEL)
    data = mujoco.MjData(model)
    for time, state in zip(frames.times, frames.states, strict=True):
        mujoco.mj_setState(model, data, state, SIGNATURE)
        mujoco.mj_forward(model, data)
        assert data.time == time
        assert data.qacc[0] == pytest.approx((3.0 + time) / 2)  # F/m: the applied force is part of the state


def test_a_run_with_frames_is_bit_identical_to_one_without(tmp_path: Path):
    import pyarrow.parquet as pq

    run(tmp_path / "with", [Recorder(fps=240)])
    run(tmp_path / "without", [])
    tables = [pq.read_table(tmp_path / name / "telemetry.parquet") for name in ("with", "without")]
    assert tables[0].equals(tables[1])
    assert not (tmp_path / "without" / "frames.parquet").exists()


def test_frames_of_recorders_that_only_look_different_serve(tmp_path: Path):
    frames = read_frames(run(tmp_path, [Recorder(fps=10)]))
    assert frames.serve([Recorder(name="other", fps=10, camera="top", contacts=True)])
    assert not frames.serve([Recorder(fps=20)])


def test_an_instant_is_shown_by_the_first_frame_that_is_not_earlier(tmp_path: Path):
    frames = read_frames(run(tmp_path, [Recorder(fps=10)]))
    assert frames.at(np.array([0.0, 0.05, 0.1, 0.100000001, 0.5, 9.0]), 0.01).tolist() == [0, 1, 1, 1, 5, 5]


def test_a_run_that_is_killed_leaves_the_frames_that_it_had_handed_over(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("mojo.runtime.frames._FLUSH_SECONDS", 0.0)  # after each frame
    model = mujoco.MjModel.from_xml_string(MODEL)
    writer = FrameWriter(tmp_path / "frames.parquet", model, [], [Recorder(fps=10)], 0.0)
    state = np.zeros(mujoco.mj_stateSize(model, SIGNATURE))
    for time in (0.0, 0.1, 0.2):
        writer.add(time, state, ())
        writer.settle()  # before the next step
    del writer  # never closed
    recover(tmp_path)
    frames = read_frames(tmp_path / "frames.parquet")
    assert frames.times.tolist() == [0.0, 0.1, 0.2]
    assert frames.serve([Recorder(fps=10)])


def test_a_diverged_run_keeps_the_frames_up_to_there(tmp_path: Path):
    model = mujoco.MjModel.from_xml_string(MODEL)
    data = mujoco.MjData(model)
    path = tmp_path / "frames.parquet"
    with pytest.raises(Diverged), RuntimeManager(frames=path, recorders=[Recorder(fps=10)]) as manager:
        for _ in range(30):
            if data.time > 0.15:
                data.qvel[0] = np.nan
            manager.step(model, data)
    np.testing.assert_allclose(read_frames(path).times, [0, 0.1])


def test_frames_are_written_and_read_without_what_slows_a_start(tmp_path: Path):
    code = f"""
        import sys
        from pathlib import Path
        from mojo.runtime.frames import read_frames
        from mojo.runtime.recorder import Recorder
        from tests.runtime.test_frames import run
        assert len(read_frames(run(Path({str(tmp_path)!r}), [Recorder(fps=10)])).times)
        print([name for name in ("pandas", "pyarrow.compute") if name in sys.modules])
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert told.stdout.strip() == "[]"
