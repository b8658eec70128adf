"""What MuJoCo calls broken in one simulation makes it a suspect, and its neighbours do not feel it."""

from functools import partial

import mujoco
import numpy as np
import pytest

from mojo.errors import TrialError
from mojo.runtime.batch.manager import BatchRuntimeManager
from mojo.runtime.batch.rollout import Rollout
from mojo.runtime.batch.simulation import new_batch
from mojo.runtime.loads import ScalarForce
from mojo.runtime.manager import Diverged, Invalid, RuntimeManager
from mojo.runtime.signals import resolve_signals
from mojo.runtime.telemetry import TelemetryWriter
from tests.runtime.test_watch import CART, NOT_FINITE, balls

BOTH = ("CONTACTFULL", "CNSTRFULL")


def carts(count):
    return [mujoco.MjModel.from_xml_string(CART) for _ in range(count)]


def crowds(*crowded):
    """Return models of balls in too small an arena, which only matters to those that lie crowded."""
    models = [balls("60K")[0] for _ in crowded]
    for model, crowd in zip(models, crowded, strict=True):
        model.qpos0[2::7] += 0.0 if crowd else 5.0 + np.arange(40.0)
    return models


def manager_of(folder, count, loads=(), allow_warnings=()):
    writers = [TelemetryWriter(folder / f"{number}.parquet") for number in range(count)]
    return BatchRuntimeManager([list(loads)] * count, [[]] * count, [], writers, allow_warnings=allow_warnings)


def run(folder, models, steps, between=lambda step, batch: None, **options):
    """Step models side by side as a vectorised runtime does, and return the simulation."""
    manager, batch = manager_of(folder, len(models), **options), new_batch(models, persistent=True)
    for step in range(steps):
        between(step, batch)
        manager.step(models, batch)
    manager.finish()
    return manager.simulation


def test_one_that_finds_no_memory_is_suspect(tmp_path):
    simulation = run(tmp_path, crowds(False, True, False), 20)
    assert simulation.plant.suspects.tolist() == [False, True, False]
    assert simulation.watch.warnings(0) == {}


def test_the_last_one_says_what_mujoco_warned_of(tmp_path):
    with pytest.raises(Invalid, match=r"warning CONTACTFULL at t = .* <size memory=\"240K\"/>"):
        run(tmp_path, crowds(True), 20)


@pytest.mark.parametrize("loaded", [False, True])
def test_warnings_that_are_allowed_are_counted_as_the_loop_engine_counts_them(tmp_path, loaded):
    loads = [ScalarForce(name="none", action_site="spot", scalar=0.0)] if loaded else []
    model = balls("60K", "<site name='spot'/>" if loaded else "")[0]
    simulation = run(tmp_path, [model] * 2, 20, loads=loads, allow_warnings=BOTH)
    assert not simulation.plant.suspects.any()
    with RuntimeManager(loads=loads, allow_warnings=BOTH) as rm:
        rm.run(model, mujoco.MjData(model), 20 * model.opt.timestep)
    assert simulation.watch.warnings(0) == simulation.watch.warnings(1) == rm.warnings
    assert set(rm.warnings) == set(BOTH)


@pytest.mark.parametrize("value", NOT_FINITE)
@pytest.mark.parametrize(
    ("field", "entry", "error", "told"),
    [
        ("ctrl", 1, Invalid, r"BADCTRL at t = 0.03 s.*ctrl\[1\] is .*actuator 'drive'"),
        ("mocap_pos", 2, Invalid, r"mocap_pos\[2\] \(body 'target'\) is .* at t = 0.03 s"),
        ("mocap_quat", 5, Invalid, r"mocap_quat\[5\] \(body '#2'\) is .* at t = 0.03 s"),
        ("qfrc_applied", 1, Diverged, r"at t = 0.03 s.*qfrc_applied\[1\] \(joint '#1'\) is"),
        ("xfrc_applied", 28, Diverged, r"at t = 0.03 s.*xfrc_applied\[28\] \(body 'pole'\) is"),
        ("qpos", 1, Diverged, r"at t = 0.03 s.*qpos\[1\] \(joint '#1'\) is"),
        ("qvel", 0, Diverged, r"at t = 0.03 s.*qvel\[0\] \(joint 'rail'\) is"),
        ("act", 0, Diverged, r"at t = 0.03 s.*act\[0\] \(actuator 'drive'\) is"),
    ],
)
def test_what_is_written_and_not_finite_makes_its_own_simulation_suspect(tmp_path, field, entry, error, told, value):
    def write(step, batch, guilty=0):
        if step == 3:
            getattr(batch, field).reshape(batch.nsim, -1)[guilty, entry] = value

    simulation = run(tmp_path, carts(3), 6, lambda step, batch: write(step, batch, 1))
    assert simulation.plant.suspects.tolist() == [False, True, False]
    with pytest.raises(error, match=told):
        run(tmp_path, carts(1), 6, write)


def test_a_simulation_that_is_reset_gives_its_clock_to_no_other(tmp_path):
    def write(step, batch, value=np.nan):
        if step == 3:
            batch.qpos[0, 0] = value

    several = ScalarForce(name="push", action_site="nose", scalar=lambda time, axis, model, data: time)
    for folder, value in (("bad", np.nan), ("good", 0.5)):
        (tmp_path / folder).mkdir()
        run(tmp_path / folder, carts(2), 6, partial(write, value=value), loads=[several])
    assert (tmp_path / "bad" / "1.parquet").read_bytes() == (tmp_path / "good" / "1.parquet").read_bytes()


def test_a_mocap_body_that_is_nowhere_after_the_last_step_makes_its_simulation_suspect(tmp_path):
    manager, models = manager_of(tmp_path, 2), carts(2)
    batch = new_batch(models, persistent=True)
    manager.step(models, batch)
    batch.mocap_pos[1, 0, 0] = np.nan
    manager.finish()
    assert manager.simulation.plant.suspects.tolist() == [False, True]
    assert (tmp_path / "0.parquet").exists()


def test_steps_that_a_vectorised_runtime_takes_by_itself_are_looked_at(tmp_path):
    def by_itself(step, batch):
        if step == 2:
            batch.ctrl[1, 0] = np.nan
            batch.step()
            batch.ctrl[1, 0] = 0.0

    simulation = run(tmp_path, carts(3), 4, by_itself)
    assert simulation.plant.suspects.tolist() == [False, True, False]


def test_an_error_that_a_vectorised_runtime_caught_is_still_known(tmp_path):
    manager, models = manager_of(tmp_path, 1), carts(1)
    batch = new_batch(models, persistent=True)
    batch.ctrl[0, 0] = np.nan
    with pytest.raises(Invalid):
        manager.step(models, batch)
    manager.finish()
    assert isinstance(manager.simulation.watch.fault, Invalid)


def test_when_each_is_suspect_for_a_reason_of_its_own_no_runtime_waits_for_ever(tmp_path):
    manager, models = manager_of(tmp_path, 2), carts(2)
    batch = new_batch(models, persistent=True)
    with pytest.raises(TrialError, match="each of them must be run by itself"):
        while batch.time[0] < 1.0:
            batch.mocap_pos[min(manager.simulation.steps if batch.time[0] else 0, 1), 0, 0] = np.nan
            manager.step(models, batch)


def test_a_rollout_leaves_out_what_mujoco_warned_of(tmp_path):
    models = crowds(False, True, False)
    writers = [TelemetryWriter(tmp_path / f"{number}.parquet") for number in range(3)]
    rollout = Rollout(models, new_batch(models, persistent=False), resolve_signals(models[0], [], []), writers, 1)
    rollout.run(20)
    assert rollout.suspects.tolist() == [False, True, False]


def test_a_rollout_looks_at_its_last_state_too(tmp_path):
    """Balls that stand apart, and fly together in the one step."""
    models = crowds(False, True)
    batch = new_batch(models, persistent=False)
    crowded = batch.qpos[1].reshape(40, 7)[:, :3].copy()
    apart = crowded * 1.25 + [0, 0, 0.03]
    batch.qpos[1].reshape(40, 7)[:, :3] = apart
    batch.qvel[1].reshape(40, 6)[:, :3] = (crowded - apart) / models[1].opt.timestep
    writers = [TelemetryWriter(tmp_path / f"{number}.parquet") for number in range(2)]
    rollout = Rollout(models, batch, resolve_signals(models[0], [], []), writers, 1)
    rollout.run(1)
    assert rollout.suspects.tolist() == [False, True]
