"""What a @vectorized runtime may do between two steps, and what is recorded of it."""

import mujoco
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from mojo.errors import ModelError, TrialError
from mojo.runtime.batch.manager import BatchRuntimeManager
from mojo.runtime.batch.simulation import new_batch
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.telemetry import TelemetryWriter
from tests.runtime.batch.scenes import every_load, models

SIGNALS = ["Joints/*/*", "Joints/*:*", "Loads/*", "Actuators/*"]


def managed(folder, count, loads=None, decimation=1):
    """Return a manager, its models and its batch."""
    several = models(count)
    writers = [TelemetryWriter(folder / f"{number}.parquet") for number in range(count)]
    signals = SIGNALS if loads else []
    manager = BatchRuntimeManager(loads or [[]] * count, [[]] * count, signals, writers, decimation)
    return manager, several, new_batch(several, persistent=True)


@pytest.mark.parametrize("decimation", [1, 3])
def test_a_controller_steps_all_as_it_would_step_each(tmp_path, decimation):
    loads = [every_load(number) for number in range(3)]
    manager, several, batch = managed(tmp_path, 3, loads, decimation)
    for _ in range(100):
        batch.ctrl[:, 0] = -2.0 * batch.qpos[:, 4]
        manager.signals.post(batch.qpos[:, 4] * batch.qpos[:, 4], "Control", "elbow", attr="square")
        manager.signals.post(batch.qvel[:, :3], "Control", "shoulder", attr="velocity")
        manager.step(several, batch)
    manager.simulation.finish()
    for number in range(3):
        data = mujoco.MjData(several[number])
        file = tmp_path / "alone.parquet"
        with RuntimeManager(file, loads[number], SIGNALS, decimation) as alone:
            for _ in range(100):
                data.ctrl[0] = -2.0 * data.qpos[4]
                alone.signals.post(data.qpos[4] * data.qpos[4], "Control", "elbow", attr="square")
                alone.signals.post(data.qvel[:3], "Control", "shoulder", attr="velocity")
                alone.step(several[number], data)
        assert_frame_equal(pl.read_parquet(tmp_path / f"{number}.parquet"), pl.read_parquet(file), check_exact=True)


@pytest.mark.parametrize("hold", [True, False])
def test_posts_at_another_rate_than_the_rows_are_held_or_counted_as_of_each_alone(tmp_path, hold):
    manager, several, batch = managed(tmp_path, 3, decimation=10)
    for step in range(100):
        if step % 7 == 0:
            manager.signals.post(batch.qvel[:, :3], "Control", hold=hold)
        manager.step(several, batch)
    manager.simulation.finish()
    for number in range(3):
        data, file = mujoco.MjData(several[number]), tmp_path / "alone.parquet"
        with RuntimeManager(file, record_decimation=10) as alone:
            for step in range(100):
                if step % 7 == 0:
                    alone.signals.post(data.qvel[:3], "Control", hold=hold)
                alone.step(several[number], data)
        beside = pl.read_parquet(tmp_path / f"{number}.parquet")
        assert_frame_equal(beside, pl.read_parquet(file), check_exact=True)
        assert beside["Control/value:x"].drop_nulls().len() == (
            11 if hold else 2
        )  # of 11 rows; 0 and 70 have their own
        assert manager.signals.counts == alone.signals.counts == {"Control:value": 15}
        assert manager.signals.dropped == alone.signals.dropped == ({} if hold else {"Control:value": 13})


def test_a_state_that_the_runtime_sets_is_stepped_from(tmp_path):
    manager, several, batch = managed(tmp_path, 2)
    for step in range(40):
        if step == 20:
            batch.qpos[:, 4] = 0.5
        manager.step(several, batch)
    manager.simulation.finish()
    data = mujoco.MjData(several[1])
    with RuntimeManager(tmp_path / "alone.parquet") as alone:
        for step in range(40):
            if step == 20:
                data.qpos[4] = 0.5
            alone.step(several[1], data)
    together, apart = pl.read_parquet(tmp_path / "1.parquet"), pl.read_parquet(tmp_path / "alone.parquet")
    assert_frame_equal(together, apart, check_exact=True)


def test_a_load_may_be_switched_off_between_two_steps(tmp_path):
    loads = [every_load(number) for number in range(2)]
    manager, several, batch = managed(tmp_path, 2, loads)
    for step in range(10):
        manager.loads[0].active = step < 5
        manager.step(several, batch)
    manager.simulation.finish()
    force = pl.read_parquet(tmp_path / "1.parquet")["Loads/ideal/force:m"].to_numpy()
    # The last row, after ten steps, is that of an eleventh without the load, too.
    assert (force[5:] == 0.0).all()
    assert (force[1:5] != 0.0).all()


def test_the_numbers_of_a_load_are_fixed_once_the_run_has_begun(tmp_path):
    manager, several, batch = managed(tmp_path, 2, [every_load(number) for number in range(2)])
    manager.loads[0].magnitude = manager.loads[0].magnitude.model_copy(update={"stiffness": 30.0})
    manager.step(several, batch)
    with pytest.raises(ModelError, match="'ideal': its magnitude cannot be changed once the run has begun"):
        manager.loads[0].magnitude = 1.0
    with pytest.raises(ModelError, match="Spring: stiffness: Instance is frozen"):
        manager.loads[0].magnitude.stiffness = 1.0


def test_a_post_needs_a_value_for_each_simulation(tmp_path):
    manager, several, batch = managed(tmp_path, 3)
    manager.step(several, batch)
    with pytest.raises(TrialError, match=r"'Control/x:value' must have one value for each of 3 simulations, but has"):
        manager.signals.post(np.zeros(2), "Control", "x")


def test_it_follows_one_batch_and_says_when_no_step_was_taken(tmp_path):
    manager, several, batch = managed(tmp_path, 2)
    with pytest.raises(TrialError, match=r"took no step: call runtime_manager.step\(mj_models, batch\)"):
        manager.simulation.finish()
    manager.step(several, batch)
    with pytest.raises(ModelError, match="follows one batch"):
        manager.step(several, new_batch(several, persistent=True))
