"""Trials that are stepped side by side: what each of them does alone, to the last bit."""

import mujoco
import numpy as np
import pytest
from polars.testing import assert_frame_equal

from mojo.errors import ModelError, TrialError
from mojo.runtime.batch.simulation import new_batch
from mojo.runtime.faults import Diverged
from mojo.runtime.loads import PointToPointForce, ScalarForce
from tests.runtime.batch.scenes import (
    EVERYTHING,
    end,
    every_load,
    gap,
    models,
    run_alone,
    run_side_by_side,
)

SIGNALS = [*EVERYTHING, "Loads/*", "Proximities/*"]


@pytest.mark.parametrize("integrator", ["Euler", "implicit", "implicitfast", "RK4"])
def test_both_engines_give_the_same_bits(tmp_path, integrator):
    several = models(3, integrator)
    loads, proximities = [every_load(n) for n in range(3)], [gap(n) for n in range(3)]
    simulation, together = run_side_by_side(tmp_path, several, 1000, loads, proximities, SIGNALS)
    assert not simulation.plant.suspects.any()
    for number, model in enumerate(several):
        alone = run_alone(tmp_path, model, 1000, loads[number], proximities[number], signals=SIGNALS)
        assert_frame_equal(together[number], alone, check_exact=True)
        np.testing.assert_array_equal(end(tmp_path, str(number)), end(tmp_path, "alone"))


def power(d, v, d0, model, data):
    return -40.0 * (d - d0) ** 3 - 0.3 * v**2


def test_a_function_of_the_user_gives_what_numpy_gives(tmp_path):
    """NumPy's power of an array and of a number may differ in the last bit; beside others an array's is the same."""
    loads = [[PointToPointForce(name="p", action_site="palm", xtion_site="wall", magnitude=power)]] * 3
    _, together = run_side_by_side(tmp_path, models(3), 300, loads, [[]] * 3)
    for number, model in enumerate(models(3)):
        alone = run_alone(tmp_path, model, 300, loads[number])
        assert_frame_equal(together[number], alone, rel_tol=1e-9, abs_tol=1e-12)
        _, (one,) = run_side_by_side(tmp_path, [model], 300, loads[:1], [[]])
        assert_frame_equal(together[number], one, check_exact=True)


def test_a_trial_does_not_depend_on_how_many_stand_beside_it(tmp_path):
    few, many = tmp_path / "few", tmp_path / "many"
    for folder, count in ((few, 2), (many, 9)):
        loads, proximities = [every_load(n) for n in range(count)], [gap(n) for n in range(count)]
        run_side_by_side(folder, models(count), 300, loads, proximities, SIGNALS)
    for number in range(2):
        assert (few / f"{number}.parquet").read_bytes() == (many / f"{number}.parquet").read_bytes()


def test_every_nth_step_is_recorded_and_the_last_state(tmp_path):
    _, (table,) = run_side_by_side(tmp_path, models(1), 11, [[]], [[]], decimation=4)
    np.testing.assert_allclose(table["time"], [0.0, 0.008, 0.016, 0.022])
    assert_frame_equal(table, run_alone(tmp_path, models(1)[0], 11, record_decimation=4), check_exact=True)


def test_runs_longer_than_a_block_are_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("mojo.runtime.batch.recording._BLOCK_BYTES", 2000)
    loads = [every_load(n) for n in range(2)]
    _, together = run_side_by_side(tmp_path, models(2), 50, loads, [[], []])
    assert_frame_equal(together[1], run_alone(tmp_path, models(2)[1], 50, loads[1]), check_exact=True)


def explosive(number: int) -> list:
    """Return a spring that only simulation 1 cannot follow with its timestep."""
    stiffness = 1e9 if number == 1 else 10.0
    return [PointToPointForce.ideal_spring("s", "palm", "wall", stiffness=stiffness, rest_length=0.5)]


def test_a_simulation_that_diverges_is_suspect_and_its_neighbours_do_not_feel_it(tmp_path):
    several, loads = models(3), [explosive(n) for n in range(3)]
    simulation, together = run_side_by_side(tmp_path, several, 200, loads, [[]] * 3)
    assert simulation.plant.suspects.tolist() == [False, True, False]
    assert together[1] is None
    for number in (0, 2):
        alone = run_alone(tmp_path, several[number], 200, loads[number])
        assert_frame_equal(together[number], alone, check_exact=True)


def test_the_time_of_a_suspect_goes_on_so_that_nobody_waits_for_it(tmp_path):
    simulation, _ = run_side_by_side(tmp_path, models(2), 200, [explosive(1), explosive(0)], [[]] * 2)
    np.testing.assert_allclose(simulation.batch.time, 0.4)


def test_when_all_have_diverged_it_says_where(tmp_path):
    with pytest.raises(Diverged, match=r"diverged at t = .* s: MuJoCo's warning BADQ\w+ in .*, joint '"):
        run_side_by_side(tmp_path, models(1), 200, [explosive(1)], [[]])


def sometimes_nan(time, axis, model, data, when=1e9):
    return np.where(time < when, 1.0, np.nan)


def test_a_number_that_is_not_finite_makes_its_own_simulation_suspect(tmp_path):
    from functools import partial

    loads = [
        [ScalarForce(name="f", action_site="palm", scalar=partial(sometimes_nan, when=when))] for when in (9.0, 0.01)
    ]
    simulation, together = run_side_by_side(tmp_path, models(2), 20, loads, [[]] * 2)
    assert simulation.plant.suspects.tolist() == [False, True]
    assert_frame_equal(together[0], run_alone(tmp_path, models(1)[0], 20, loads[0]), check_exact=True)
    with pytest.raises(TrialError, match=r"Load 'f' at t = 0.01 s: its scalar must be finite, but got nan"):
        run_side_by_side(tmp_path, models(1), 20, [loads[1]], [[]])


def test_solver_at_its_limit_is_counted_for_each(tmp_path):
    several = models(2)
    for model in several:
        model.opt.iterations = 1
        model.qpos0[:] = [1, 0, 0, 0, 2.0, 0]  # the elbow far beyond its limit
    simulation, _ = run_side_by_side(tmp_path, several, 50, [[], []], [[]] * 2)
    from mojo.runtime.manager import RuntimeManager

    for number, model in enumerate(several):
        with RuntimeManager() as manager:
            manager.run(model, mujoco.MjData(model), 0.1)
        assert manager.solver_at_cap == simulation.solver_at_cap[number] > 0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_force_between_two_sites_that_stand_still_is_told_in_both_engines(tmp_path, count):
    xml = """<mujoco><worldbody><body><joint name="j"/><geom size=".1"/></body>
      <site name="p" pos="1 0 0"/><site name="q" pos="0 -2 0.5"/></worldbody></mujoco>"""
    several = [mujoco.MjModel.from_xml_string(xml) for _ in range(count)]
    loads = [[PointToPointForce.ideal_spring("s", "p", "q", stiffness=10.0, damping=1.0, rest_length=2.0)]] * count
    _, together = run_side_by_side(tmp_path, several, 5, loads, [[]] * count)
    assert_frame_equal(together[-1], run_alone(tmp_path, several[0], 5, loads[0]), check_exact=True)
    assert together[-1]["Loads/s:rate"].to_list() == [0.0] * 6


def test_coinciding_sites_are_an_error(tmp_path):
    several = models(1)
    several[0].site_pos[0] = 0.0
    several[0].site_pos[1] = [0.0, 0.0, 1.0]  # the palm, 1 m below the shoulder, is put where the wall's site is
    loads = [[PointToPointForce.ideal_spring("s", "palm", "wall", stiffness=1.0)]]
    with pytest.raises(ModelError, match=r"Load 's' at t = 0 s: its sites 'palm' and 'wall' coincide"):
        run_side_by_side(tmp_path, several, 1, loads, [[]])


def test_a_batch_starts_at_each_models_own_keyframe():
    xml = "<mujoco><worldbody><body><joint name='j'/><geom size='.1'/></body></worldbody>"
    several = [
        mujoco.MjModel.from_xml_string(f"{xml}<keyframe><key name='k' qpos='{x}'/></keyframe></mujoco>")
        for x in (0.3, 0.7)
    ]
    assert new_batch(several, persistent=True, keyframe=0).qpos[:, 0].tolist() == [0.3, 0.7]
