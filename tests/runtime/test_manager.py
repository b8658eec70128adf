"""Stepping: MuJoCo's own physics, and what happens when it breaks down."""

import time

import mujoco
import numpy as np
import polars as pl
import pytest

from mojo.errors import ModelError, TrialError
from mojo.runtime.end_state import end_state
from mojo.runtime.loads import PointToPointForce, ScalarForce
from mojo.runtime.manager import Diverged, RuntimeManager

HEAP = """
<mujoco>
  <option timestep="0.003" integrator="{integrator}" iterations="{iterations}"/>
  <worldbody>
    <geom type="plane" size="5 5 1"/>
    <body pos="0 0 .2"><freejoint/><geom type="box" size=".1 .1 .1"/></body>
    <body pos=".05 .02 .45"><freejoint/><geom type="box" size=".1 .1 .1"/></body>
    <body pos="1 0 .5"><joint axis="0 1 0" range="-10 10" limited="true"/><geom type="capsule" size=".1 .2"/></body>
  </worldbody>
</mujoco>
"""

SPRING = """
<mujoco>
  <option timestep="{timestep}" gravity="0 0 0"/>
  <worldbody>
    <site name="wall"/>
    <body name="mass" pos="0 0 1"><joint name="slide" type="slide" axis="0 0 1"/><geom size=".1" mass="1" contype="0"/>
      <site name="mass"/></body>
  </worldbody>
</mujoco>
"""


def heap(integrator="Euler", iterations=100):
    model = mujoco.MjModel.from_xml_string(HEAP.format(integrator=integrator, iterations=iterations))
    return model, mujoco.MjData(model)


def slider(timestep):
    model = mujoco.MjModel.from_xml_string(SPRING.format(timestep=timestep))
    data = mujoco.MjData(model)
    data.qpos[0] = 0.1
    return model, data


@pytest.mark.parametrize("integrator", ["Euler", "implicit", "implicitfast", "RK4"])
@pytest.mark.parametrize("recorded", [True, False])
def test_run_without_loads_is_mj_step_to_the_last_bit(tmp_path, integrator, recorded):
    model, data = heap(integrator)
    _, bare = heap(integrator)
    path = tmp_path / "t.parquet" if recorded else None
    with RuntimeManager(telemetry=path, record_decimation=3) as rm:
        for _ in range(300):
            rm.step(model, data)
            mujoco.mj_step(model, bare)
            assert (data.qpos == bare.qpos).all()
            assert (data.qvel == bare.qvel).all()
    assert bare.ncon > 4


def test_spring_oscillates_with_its_natural_frequency(tmp_path):
    model, data = slider(0.0005)
    spring = PointToPointForce.ideal_spring("s", "mass", "wall", stiffness=100.0, rest_length=1.0)
    with RuntimeManager(telemetry=tmp_path / "t.parquet", loads=[spring]) as rm:
        rm.run(model, data, 1.0)
    table = pl.read_parquet(tmp_path / "t.parquet")
    expected = 0.1 * np.cos(10.0 * table["time"].to_numpy())  # ω = √(k/m) = 10 rad/s
    np.testing.assert_allclose(table["Joints/slide:qpos"], expected, atol=5e-4)


def test_run_takes_the_rounded_number_of_steps_whatever_the_sum_of_timesteps():
    model, data = slider(0.1)
    with RuntimeManager() as rm:
        rm.run(model, data, 2.3)  # 23 additions of 0.1 give 2.3000000000000007; `while time < 2.3` may take 24
    assert rm.steps == 23
    assert rm.simulated == pytest.approx(2.3)
    assert rm.warnings == {}


def test_duration_below_a_timestep_is_refused():
    model, data = slider(0.1)
    with pytest.raises(ModelError, match=r"duration must be at least one timestep of 0.1 s, but got 0.01 s"):
        RuntimeManager().run(model, data, 0.01)


@pytest.mark.parametrize("integrator", ["Euler", "RK4"])
def test_stiff_spring_with_a_large_timestep_has_diverged(tmp_path, integrator):
    model, data = slider(0.05)
    model.opt.integrator = getattr(mujoco.mjtIntegrator, f"mjINT_{integrator.upper()}")
    # Stable for ω·h < 2 at most; here ω·h = √1e5 · 0.05 = 16
    spring = PointToPointForce.ideal_spring("s", "mass", "wall", stiffness=1e5, rest_length=1.0)
    rm = RuntimeManager(telemetry=tmp_path / "t.parquet", loads=[spring])
    with pytest.raises(Diverged, match=r"BAD(QPOS|QVEL|QACC).*joint 'slide'.*smaller timestep than 0.05 s"), rm:
        rm.run(model, data, 10.0)
    table = pl.read_parquet(tmp_path / "t.parquet")
    assert table.height == rm.steps > 2
    assert rm.simulated == pytest.approx(rm.steps * 0.05)
    assert len(rm.warnings) == 1
    # No row of the reset simulation: the motion grows to the end.
    growth = np.abs(table["Joints/slide:qvel"].to_numpy())
    assert growth[-1] == growth.max() > 1e3


def test_state_that_is_bad_after_the_last_step_has_diverged_too():
    model, data = slider(0.05)
    spring = PointToPointForce.ideal_spring("s", "mass", "wall", stiffness=1e5, rest_length=1.0)
    with pytest.raises(Diverged), RuntimeManager(loads=[spring]) as rm:
        rm.run(model, data, 10.0)
    last_good = rm.steps
    model, data = slider(0.05)
    rm = RuntimeManager(loads=[spring])
    for _ in range(last_good):
        rm.step(model, data)
    with pytest.raises(Diverged):
        rm.close()


def test_diverged_is_a_trial_error_that_says_when():
    model, data = slider(0.01)
    data.qvel[0] = np.nan
    with pytest.raises(TrialError, match=r"diverged at t = 0 s: MuJoCo's warning BADQVEL in qvel\[0\], joint 'slide'"):
        RuntimeManager().step(model, data)
    model, data = slider(0.01)
    data.qpos[0] = np.inf
    with pytest.raises(Diverged, match=r"BADQPOS in qpos\[0\]"):
        RuntimeManager().step(model, data)


def test_solver_that_stops_at_its_limit_is_counted():
    model, data = heap(iterations=1)
    with RuntimeManager() as rm:
        rm.run(model, data, 0.6)
    assert 10 < rm.solver_at_cap <= rm.steps
    model, data = heap(iterations=100)
    with RuntimeManager() as rm:
        rm.run(model, data, 0.6)
    assert rm.solver_at_cap == 0


def test_load_that_does_not_exist_stops_before_the_first_step():
    model, data = slider(0.01)
    with pytest.raises(ModelError, match=r"Site 'mas' is not in the model. Did you mean 'mass'"):
        RuntimeManager(loads=[ScalarForce(name="f", action_site="mas", scalar=1.0)]).step(model, data)
    assert data.time == 0.0


def test_decimation_below_one_is_refused():
    with pytest.raises(ModelError, match="record_decimation must be at least 1, but got 0"):
        RuntimeManager(record_decimation=0)


def test_while_recording_is_off_there_are_no_rows_and_time_tells_the_gap(tmp_path):
    model, data = slider(0.01)
    rm = RuntimeManager(telemetry=tmp_path / "t.parquet")
    rm.recording = False
    with rm:
        for step in range(10):
            rm.recording = 2 <= step < 4 or step >= 8
            rm.signals.post(step, "Count")
            rm.step(model, data)
    table = pl.read_parquet(tmp_path / "t.parquet")
    assert table["time"].to_list() == pytest.approx([0.02, 0.03, 0.08, 0.09, 0.10])
    assert table["Count:value"].to_list() == [2.0, 3.0, 8.0, 9.0, None]
    assert rm.steps == 10


def test_a_run_that_ends_while_recording_is_off_still_has_an_end_state(tmp_path):
    model, data = slider(0.01)
    with RuntimeManager(telemetry=tmp_path / "t.parquet") as rm:
        rm.step(model, data)
        rm.recording = False
        rm.step(model, data)
        assert not rm.recording
    assert pl.read_parquet(tmp_path / "t.parquet")["time"].to_list() == [0.0]
    assert end_state(tmp_path / "t.parquet").size > 0


def test_recording_without_a_file_is_refused():
    rm = RuntimeManager()
    assert not rm.recording
    with pytest.raises(ModelError, match="Nothing can be recorded without a file"):
        rm.recording = True


def test_who_watches_gets_every_step_and_its_new_state():
    model, data = slider(0.01)
    seen = []
    with RuntimeManager(on_step=lambda model, data: seen.append(data.time)) as rm:
        rm.run(model, data, 0.05)
        rm.on_step = None
        rm.step(model, data)
    assert seen == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05])


def test_only_who_watches_is_waited_for():
    model, data = slider(0.01)
    started = time.monotonic()
    with RuntimeManager(playback_speed=1e-3) as rm:  # 100 s a second, if it waited
        rm.run(model, data, 0.1)
    assert time.monotonic() - started < 10.0
    started = time.monotonic()
    with RuntimeManager(playback_speed=1.0, on_step=lambda model, data: None) as rm:
        rm.run(model, data, 0.1)
    assert time.monotonic() - started >= 0.08  # from the first step on
    with pytest.raises(ModelError, match="playback_speed must be above 0, but got 0"):
        RuntimeManager(playback_speed=0)
