"""Trials side by side that end at their own instants, as each of them does alone."""

import mujoco
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from mojo.errors import ModelError
from mojo.runtime.manager import RuntimeManager, StopCondition
from tests.runtime.batch.scenes import end, every_load, models, run_side_by_side

FAST = StopCondition("fast", "Joints/elbow:qvel", "outside", max=4.0)
NEAR = StopCondition("near", "Loads/ideal:distance", "inside", max=0.8, hold=0.02)


def alone(folder, model, steps, loads, conditions, decimation):
    """Run with the loop engine until it is stopped, and return its manager and telemetry."""
    data = mujoco.MjData(model)
    with RuntimeManager(
        folder / "alone.parquet", loads, conditions=conditions, record_decimation=decimation
    ) as manager:
        for _ in range(steps):
            manager.step(model, data)
            if manager.stopped:
                break
    return manager, data, pl.read_parquet(folder / "alone.parquet")


@pytest.mark.parametrize("decimation", [1, 3])
@pytest.mark.parametrize("block_bytes", [128_000_000, 40_000])
def test_each_ends_where_it_ends_alone(tmp_path, monkeypatch, decimation, block_bytes):
    monkeypatch.setattr("mojo.runtime.batch.recording._BLOCK_BYTES", block_bytes)
    several, every = models(4), [every_load(number) for number in range(4)]
    options = {"decimation": decimation, "conditions": [FAST, NEAR]}
    simulation, together = run_side_by_side(tmp_path, several, 400, every, [[]] * 4, **options)
    found = []
    for number, model in enumerate(several):
        manager, data, table = alone(tmp_path, model, 400, every[number], [FAST, NEAR], decimation)
        assert_frame_equal(together[number], table, check_exact=True)
        np.testing.assert_array_equal(end(tmp_path, str(number)), end(tmp_path, "alone"))
        ending = simulation.endings.get(number)
        found.append(manager.ended_by)
        assert (ending.by if ending else None) == manager.ended_by
        if ending:
            assert (ending.steps, ending.at, ending.simulated) == (manager.steps, data.time, manager.simulated)
    assert found == [None, "near", "fast", "fast"]


def test_the_run_is_over_when_the_last_has_ended(tmp_path):
    at_once = StopCondition("late", "time", "outside", max=0.011)
    simulation, together = run_side_by_side(tmp_path, models(2), 400, [[], []], [[]] * 2, conditions=[at_once])
    assert simulation.over
    assert simulation.steps == 7  # the row of t = 0.012 s decides; the step from there on is not counted
    assert [simulation.endings[number].steps for number in range(2)] == [6, 6]
    assert together[0]["time"][-1] == pytest.approx(0.012)


def test_a_condition_on_what_is_not_recorded_is_an_error(tmp_path):
    unknown = StopCondition("c", "Joints/elbw:qvel", "outside", max=1.0)
    with pytest.raises(ModelError, match="Signal 'Joints/elbw:qvel' is not in what is recorded"):
        run_side_by_side(tmp_path, models(1), 1, [[]], [[]], conditions=[unknown])
