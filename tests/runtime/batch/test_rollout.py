"""Rollouts: blocks of steps without Python between them, and the telemetry of the loop engine all the same."""

import mujoco
import numpy as np
import pytest
from polars.testing import assert_frame_equal

from mojo.runtime.batch.rollout import Rollout, needs_no_python
from mojo.runtime.batch.simulation import new_batch
from mojo.runtime.signals import resolve_signals
from mojo.runtime.telemetry import TelemetryWriter
from tests.runtime.batch.scenes import EVERYTHING, end, every_load, gap, models, run_alone


def roll_out(folder, several, steps, signals=(), decimation=1):
    import polars as pl

    files = [folder / f"{number}.parquet" for number in range(len(several))]
    chosen = resolve_signals(several[0], [], signals)
    writers = [TelemetryWriter(file) for file in files]
    rollout = Rollout(several, new_batch(several, persistent=False), chosen, writers, decimation)
    rollout.run(steps)
    return rollout, [pl.read_parquet(file) if file.exists() else None for file in files]


@pytest.mark.parametrize("integrator", ["Euler", "implicit", "implicitfast"])
def test_a_rollout_gives_the_bits_of_the_loop_engine(tmp_path, integrator):
    several = models(3, integrator)
    rollout, together = roll_out(tmp_path, several, 1000, EVERYTHING)
    assert not rollout.suspects.any()
    for number, model in enumerate(several):
        assert_frame_equal(together[number], run_alone(tmp_path, model, 1000, signals=EVERYTHING), check_exact=True)
        np.testing.assert_array_equal(end(tmp_path, str(number)), end(tmp_path, "alone"))


def test_what_needs_python_or_rk4_is_not_rolled_out():
    plain, stages = models(1)[0], models(1, "RK4")[0]
    assert needs_no_python(plain, [], [])
    assert not needs_no_python(stages, [], [])
    assert not needs_no_python(plain, every_load(0), [])
    assert not needs_no_python(plain, [], gap(0))


@pytest.mark.parametrize("decimation", [1, 3, 7])
@pytest.mark.parametrize(("block", "kept"), [(2_000, 40_000_000), (20_000_000, 2_000), (3_000, 3_000)])
def test_blocks_leave_no_seam(tmp_path, monkeypatch, decimation, block, kept):
    monkeypatch.setattr("mojo.runtime.batch.rollout._BLOCK_BYTES", block)
    monkeypatch.setattr("mojo.runtime.batch.rollout._KEPT_BYTES", kept)
    several = models(2)
    _, together = roll_out(tmp_path, several, 100, ["Joints/*/*", "Joints/*:*"], decimation)
    alone = run_alone(tmp_path, several[1], 100, signals=["Joints/*/*", "Joints/*:*"], record_decimation=decimation)
    assert_frame_equal(together[1], alone, check_exact=True)


def test_a_simulation_that_diverges_is_suspect_and_its_neighbours_do_not_feel_it(tmp_path):
    several = models(3)
    several[1].jnt_stiffness[2] = -1e9  # a spring that drives the wrist away
    several[1].qpos0[5] = 0.01
    rollout, together = roll_out(tmp_path, several, 200)
    assert rollout.suspects.tolist() == [False, True, False]
    assert together[1] is None
    for number in (0, 2):
        assert_frame_equal(together[number], run_alone(tmp_path, several[number], 200), check_exact=True)


def test_solver_at_its_limit_is_counted_as_by_the_loop_engine(tmp_path):
    from mojo.runtime.manager import RuntimeManager

    several = models(2)
    for model in several:
        model.opt.iterations = 1
        model.qpos0[:] = [1, 0, 0, 0, 2.0, 0]  # the elbow far beyond its limit
    rollout, _ = roll_out(tmp_path, several, 50)
    for number, model in enumerate(several):
        with RuntimeManager() as manager:
            manager.run(model, mujoco.MjData(model), 0.1)
        assert manager.solver_at_cap == rollout.solver_at_cap[number] > 0
