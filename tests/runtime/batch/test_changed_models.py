"""What a @vectorized runtime does to models and clocks acts as in plain MuJoCo, or is refused."""

from collections.abc import Callable
from pathlib import Path

import mujoco
import numpy as np
import pyarrow.parquet as pq
import pytest
from mujoco.batch import Batch

from mojo.attributes import SealableList
from mojo.errors import ModelError, TrialError
from mojo.runtime.batch.manager import BatchRuntimeManager
from mojo.runtime.batch.simulation import new_batch
from mojo.runtime.faults import Invalid
from mojo.runtime.loads import VectorForce
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.telemetry import TelemetryWriter

XML = """
<mujoco>
  <option timestep="0.01"/>
  <worldbody><body name="ball"><joint name="up" type="slide" axis="0 0 1"/>
    <geom name="ball" type="sphere" size=".1" mass="2"/><site name="center"/></body></worldbody>
  <sensor><framepos name="place" objtype="site" objname="center"/><accelerometer name="shock" site="center"/></sensor>
  <keyframe><key name="late" time="0.5"/></keyframe>
</mujoco>
"""
STEPS, CHANGE = 20, 10

Change = Callable[[list[mujoco.MjModel], Batch], None]


def hold(time, model, data):
    """Hold the ball against the gravity that its model has."""
    return -model.body_mass[..., 1] * model.opt.gravity[..., 2]


def _models(count: int) -> list[mujoco.MjModel]:
    return [mujoco.MjModel.from_xml_string(XML) for _ in range(count)]


def _run(folder: Path, change: Change, count: int = 2, loads: tuple = ()) -> list[dict]:
    models = _models(count)
    batch = new_batch(models, persistent=True)
    files = [folder / f"{number}.parquet" for number in range(count)]
    writers = [TelemetryWriter(file) for file in files]
    manager = BatchRuntimeManager([list(loads)] * count, [[]] * count, ["Sensors/*", "Joints/*"], writers)
    for step in range(STEPS):
        if step == CHANGE:
            change(models, batch)
        manager.step(models, batch)
    manager.finish()
    return [pq.read_table(file).to_pydict() for file in files]


def _alone(folder: Path, change: Callable[[mujoco.MjModel], None], loads: tuple = ()) -> dict:
    model = _models(1)[0]
    data = mujoco.MjData(model)
    file = folder / "alone.parquet"
    with RuntimeManager(telemetry=file, loads=loads, signals=["Sensors/*", "Joints/*"]) as manager:
        for step in range(STEPS):
            if step == CHANGE:
                change(model)
            manager.step(model, data)
    return pq.read_table(file).to_pydict()


def _set(change: Callable[[mujoco.MjModel], None]) -> Change:
    def change_all(models: list[mujoco.MjModel], batch: Batch) -> None:
        for model in models:
            change(model)
        batch.set_models(models)

    return change_all


def _lighter(model: mujoco.MjModel) -> None:
    model.opt.gravity[2] = -3.0
    model.body_mass[1] = 1.5


def _elsewhere(model: mujoco.MjModel) -> None:
    model.site_pos[0] = (0.0, 0.0, 0.7)


def _runge_kutta(model: mujoco.MjModel) -> None:
    model.opt.integrator = mujoco.mjtIntegrator.mjINT_RK4
    model.opt.timestep = 0.02


@pytest.mark.parametrize("change", [_lighter, _elsewhere, _runge_kutta])
@pytest.mark.parametrize("loads", [(), (VectorForce(name="hold", action_site="center", force=(0.0, 0.0, hold)),)])
def test_models_that_are_changed_and_set_act_from_the_next_step_on_as_in_the_loop(tmp_path, change, loads):
    expected = _alone(tmp_path, change, tuple(load.model_copy() for load in loads))
    for found in _run(tmp_path, _set(change), loads=tuple(load.model_copy() for load in loads)):
        assert found == expected


def _another_time(models: list[mujoco.MjModel], batch: Batch) -> None:
    batch.time = np.arange(len(models), dtype=float)


def _back_to_a_keyframe(models: list[mujoco.MjModel], batch: Batch) -> None:
    batch.reset(ids=[1], keyframe=0)


def _another_timestep(models: list[mujoco.MjModel], batch: Batch) -> None:
    models[1].opt.timestep = 0.02
    batch.set_models(models)


def _another_timestep_in_silence(models: list[mujoco.MjModel], batch: Batch) -> None:
    models[1].opt.timestep = 0.02


@pytest.mark.parametrize(
    "change", [_another_time, _back_to_a_keyframe, _another_timestep, _another_timestep_in_silence]
)
def test_simulations_that_no_longer_share_a_clock_are_run_by_themselves(tmp_path, change):
    with pytest.raises(TrialError, match="must be run by itself"):
        _run(tmp_path, change)


@pytest.mark.parametrize("kind", [list, SealableList])
def test_another_model_in_the_list_after_the_first_step_is_refused(tmp_path, kind):
    models = kind(_models(2))
    batch = new_batch(models, persistent=True)
    writers = [TelemetryWriter(tmp_path / f"{number}.parquet") for number in range(2)]
    manager = BatchRuntimeManager([[], []], [[], []], [], writers)
    models[0] = _models(1)[0]  # before it, it is as good as any other
    manager.step(models, batch)
    with pytest.raises(ModelError, match=r"Change the models themselves, and call batch\.set_models\(mj_models\)"):
        models[1] = _models(1)[0]
        manager.step(models, batch)


def _others(models: list[mujoco.MjModel], batch: Batch) -> None:
    batch.set_models(_models(2))


def _one_for_all(models: list[mujoco.MjModel], batch: Batch) -> None:
    batch.set_models(models[0])


def _its_own(models: list[mujoco.MjModel], batch: Batch) -> None:
    batch.set_models(None)


@pytest.mark.parametrize("change", [_others, _one_for_all, _its_own])
def test_models_that_mojo_does_not_follow_are_refused(tmp_path, change):
    with pytest.raises(ModelError, match="set_models was given others"):
        _run(tmp_path, change)


def test_a_state_that_is_assigned_is_the_state_of_the_simulations(tmp_path):
    def halt(models: list[mujoco.MjModel], batch: Batch) -> None:
        state = batch.state.copy()
        state[:, 2] = 0.0  # time, qpos, qvel
        batch.state = state

    for found in _run(tmp_path, halt):
        assert found["Joints/up:qvel"][CHANGE] == 0.0 > found["Joints/up:qvel"][CHANGE - 1]


@pytest.mark.parametrize("name", ["warning", "status", "model"])
def test_what_a_batch_only_tells_cannot_be_set(name):
    batch = new_batch(_models(2), persistent=True)
    with pytest.raises(ModelError, match=f"Batch.{name} can be read, not set"):
        setattr(batch, name, 0)


def test_numbers_of_loads_that_differ_cannot_be_changed_in_place(tmp_path):
    files = [TelemetryWriter(tmp_path / f"{number}.parquet") for number in range(2)]
    loads = [[VectorForce(name="push", action_site="center", force=(0.0, 0.0, force))] for force in (1.0, 2.0)]
    manager = BatchRuntimeManager(loads, [[], []], [], files)
    with pytest.raises(ValueError, match="read-only"):
        manager.loads[0].force[2][0] = 5.0


def test_a_simulation_by_itself_has_the_clock_that_it_is_given(tmp_path):
    [found] = _run(tmp_path, lambda models, batch: batch.reset(keyframe=0), count=1)
    assert found["time"][CHANGE] == 0.5
    assert found["time"][-1] == pytest.approx(0.6)


def test_a_time_that_is_not_finite_is_refused(tmp_path):
    with pytest.raises(Invalid, match="time is nan"):
        _run(tmp_path, lambda models, batch: batch.bind("time").fill(np.nan), count=1)
