"""Runs that end early: by a signal, by the user's code, after a time."""

import mujoco
import numpy as np
import polars as pl
import pytest

from mojo.errors import ModelError, TrialError
from mojo.runtime.end_state import end_state, restore
from mojo.runtime.loads import ScalarForce
from mojo.runtime.manager import Diverged, Ended, RuntimeManager, StopCondition

FALL = """
<mujoco>
  <option timestep="0.01" integrator="{}"/>
  <worldbody>
    <body name="ball" pos="0 0 10"><joint name="drop" type="slide" axis="0 0 1"/><geom size="0.1" mass="2"/></body>
  </worldbody>
  <sensor><jointactuatorfrc joint="drop"/><accelerometer name="felt" site="s"/></sensor>
</mujoco>
""".replace('<geom size="0.1" mass="2"/>', '<geom size="0.1" mass="2"/><site name="s"/>')
G = 9.81


def fall(integrator="Euler"):
    model = mujoco.MjModel.from_xml_string(FALL.format(integrator))
    return model, mujoco.MjData(model)


def below(limit, **more):
    return StopCondition(name="low", signal="Joints/drop:qpos", when="outside", min=limit, **more)


@pytest.mark.parametrize("integrator", ["Euler", "RK4", "implicitfast"])
def test_the_first_recorded_instant_outside_the_limits_is_the_last_row(tmp_path, integrator):
    model, data = fall(integrator)
    with RuntimeManager(telemetry=tmp_path / "t.parquet", conditions=[below(-1.0)]) as rm:
        rm.run(model, data, 2.0)
        assert rm.stopped
    table = pl.read_parquet(tmp_path / "t.parquet")
    z = table["Joints/drop:qpos"].to_numpy()
    assert z[-1] < -1.0 <= z[-2]
    assert table["time"][-1] == data.time == pytest.approx(np.sqrt(2 / G), abs=0.02)  # z = -g·t²/2
    assert rm.ended_by == "low"
    assert rm.steps == table.height - 1 == round(data.time / 0.01)
    assert rm.simulated == data.time


@pytest.mark.parametrize("integrator", ["Euler", "RK4"])
def test_the_rows_and_the_end_state_are_those_of_a_run_that_was_not_ended(tmp_path, integrator):
    load = ScalarForce(name="kick", action_site="s", scalar=3.0)
    model, data = fall(integrator)
    with RuntimeManager(telemetry=tmp_path / "cut.parquet", loads=[load], conditions=[below(-1.0)]) as rm:
        rm.run(model, data, 2.0)
    cut = pl.read_parquet(tmp_path / "cut.parquet")
    _, whole_data = fall(integrator)
    with RuntimeManager(telemetry=tmp_path / "whole.parquet", loads=[load]) as rm:
        rm.run(model, whole_data, data.time)
    assert cut.equals(pl.read_parquet(tmp_path / "whole.parquet"))
    assert (data.qpos == whole_data.qpos).all()
    end = end_state(tmp_path / "cut.parquet")
    # all but the solver's first guess, which a run that went on has from another step
    restore(model, data, end)
    mujoco.mj_forward(model, whole_data)
    np.testing.assert_array_equal(data.sensordata, whole_data.sensordata)
    assert data.time == cut["time"][-1]


def test_only_recorded_instants_count(tmp_path):
    model, data = fall()
    with RuntimeManager(telemetry=tmp_path / "t.parquet", conditions=[below(-1.0)], record_decimation=25) as rm:
        rm.run(model, data, 2.0)
    assert pl.read_parquet(tmp_path / "t.parquet")["time"].to_list() == pytest.approx(
        [0.0, 0.25, 0.5]
    )  # -1 m at 0.45 s


SWING = """
<mujoco>
  <option timestep="0.005" gravity="0 0 0"/>
  <worldbody>
    <body><joint name="slide" type="slide" axis="1 0 0" stiffness="100" damping="4"/><geom size="0.1" mass="1"/></body>
  </worldbody>
</mujoco>
"""


def swing(tmp_path, hold):
    model = mujoco.MjModel.from_xml_string(SWING)
    data = mujoco.MjData(model)
    data.qpos[0] = 1.0
    at_rest = StopCondition("rest", "Joints/slide/qpos", "inside", min=-0.1, max=0.1, hold=hold)
    with RuntimeManager(telemetry=tmp_path / "t.parquet", conditions=[at_rest]) as rm:
        rm.run(model, data, 5.0)
    return rm, pl.read_parquet(tmp_path / "t.parquet")


def test_inside_ends_at_the_first_instant_within_the_limits(tmp_path):
    rm, table = swing(tmp_path, hold=0.0)
    x = table["Joints/slide:qpos"].to_numpy()
    assert abs(x[-1]) <= 0.1 < np.abs(x[:-1]).min()
    assert table["time"][-1] == pytest.approx(0.16, abs=0.02)  # it swings through: cos(√96·t) e^(-2t) = 0.1
    assert rm.ended_by == "rest"


def test_inside_must_hold_for_as_long_as_is_asked(tmp_path):
    rm, table = swing(tmp_path, hold=0.5)
    time, x = table["time"].to_numpy(), np.abs(table["Joints/slide:qpos"].to_numpy())
    came = time[np.flatnonzero(x > 0.1)[-1] + 1]
    assert time[-1] - came == pytest.approx(0.5, abs=1e-9)
    assert came > 0.9  # the amplitude e^(-2t) is below 0.1 after 1.15 s
    assert rm.stopped


def test_a_run_that_no_condition_ends_goes_on_to_its_time(tmp_path):
    model, data = fall()
    with RuntimeManager(telemetry=tmp_path / "t.parquet", conditions=[below(-100.0)]) as rm:
        rm.run(model, data, 0.5)
    assert not rm.stopped
    assert rm.ended_by is None
    assert pl.read_parquet(tmp_path / "t.parquet").height == 51


def test_nan_is_outside_and_the_first_condition_is_named():
    condition = StopCondition("x", "time", "outside", min=0.0, max=1.0)
    assert condition.holds(np.array([0.0, 0.5, 1.0, 1.1, -0.1, np.nan])).tolist() == [True] * 3 + [False] * 3


def test_a_loop_asks_whether_the_run_is_over(tmp_path):
    model, data = fall()
    rm = RuntimeManager(duration=0.3)
    with rm:
        while not rm.stopped:
            rm.step(model, data)
    assert rm.steps == 30
    assert rm.ended_by is None  # it has come to its regular end


def test_users_stop_a_run_after_the_step(tmp_path):
    model, data = fall()
    with RuntimeManager(telemetry=tmp_path / "t.parquet") as rm:
        while not rm.stopped:
            rm.step(model, data)
            if data.qvel[0] < -2.0:
                rm.stop("too fast")
                rm.stop("a second reason")
    assert rm.ended_by == "too fast"
    assert data.time == pytest.approx(2.0 / G, abs=0.011)
    assert pl.read_parquet(tmp_path / "t.parquet")["time"][-1] == data.time


def test_a_run_may_be_stopped_as_a_failure_and_the_first_stop_counts():
    manager = RuntimeManager()
    assert not manager.failure
    manager.stop("fell over", failure=True)
    manager.stop("landed")
    assert manager.failure
    assert manager.ended_by == "fell over"


def test_a_load_can_stop_the_run_from_within_a_step():
    model, data = fall()
    rm = RuntimeManager()

    def push(time, axis, model, data):
        if time > 0.095:
            rm.stop("enough")
        return 0.0

    rm.loads.append(ScalarForce(name="push", action_site="s", scalar=push))
    with rm:
        rm.run(model, data, 1.0)
    assert data.time == pytest.approx(0.11)


@pytest.mark.parametrize("begun", [True, False])
def test_a_step_after_the_end_says_so_and_leaves_the_telemetry_whole(tmp_path, begun):
    model, data = fall()
    rm = RuntimeManager(telemetry=tmp_path / "t.parquet")
    message = (
        r"The run was ended by 'landed' at t = 0(.01)? s, so there is no further step. Loop `while not runtime_man"
    )
    with pytest.raises(Ended, match=message), rm:
        if begun:
            rm.step(model, data)
        rm.stop("landed")
        rm.step(model, data)
    assert issubclass(Ended, TrialError)
    if begun:
        end_state(tmp_path / "t.parquet")  # the run has an end
        assert pl.read_parquet(tmp_path / "t.parquet").height == 2


def test_a_signal_that_is_not_recorded_is_named(tmp_path):
    model, data = fall()
    condition = below(-1.0)
    with pytest.raises(ModelError, match=r"Signal 'Joints/drop:qpos' is not in what is recorded.*It has: .*felt"):
        RuntimeManager(telemetry=tmp_path / "t.parquet", signals=["Sensors"], conditions=[condition]).step(model, data)
    with pytest.raises(ModelError, match="is not in what is recorded of the model, but 'low' ends the run by it"):
        RuntimeManager(conditions=[condition]).step(model, data)


def test_a_run_that_diverges_in_the_deciding_step_has_diverged(tmp_path):
    model, data = fall()
    data.qvel[0] = np.inf
    with pytest.raises(Diverged):
        RuntimeManager(telemetry=tmp_path / "t.parquet", conditions=[below(1.0)]).step(model, data)
