import numpy as np

from mojo.report.resampling import POINTS, Plan, extremes, grid_over, values_at

HOLD, LINEAR = np.array([True]), np.array([False])


def test_a_peak_of_one_sample_shows_in_the_extremes_of_its_cell():
    time = np.arange(100_000) * 1e-3
    values = np.zeros((1, 1, time.size), np.float32)
    values[0, 0, 61_803] = 7
    grid = grid_over(0, time[-1], time)
    plan = Plan.of(time, grid)
    low, high = extremes(plan, values)
    assert grid.size == POINTS and plan.outside == 0
    assert high.max() == 7 and low.max() == 0
    nearest = np.abs(grid.times - 61.803).argmin()
    assert high[0, 0].argmax() == nearest


def test_values_between_samples_are_linear_or_held():
    time = np.array([0.0, 1.0, 2.0])
    grid = grid_over(0, 2, np.array([0.0, 0.25, 2.0]))
    values = np.array([[[0.0, 4.0, 8.0]]], np.float32)
    plan = Plan.of(time, grid)
    assert values_at(plan, values, LINEAR).tolist() == [[[0, 1, 8]]]  # 0.25 · 4
    assert values_at(plan, values, HOLD).tolist() == [[[0, 0, 8]]]


def test_what_was_not_recorded_is_not_invented():
    time = np.array([0.0, 1.0, 2.0, 3.0])
    grid = grid_over(0, 3, np.array([0.0, 0.5, 1.5, 3.0]))
    values = np.array([[[1.0, np.nan, 1.0, 1.0]]], np.float32)
    found = values_at(Plan.of(time, grid), values, LINEAR)[0, 0]
    assert np.isnan(found).tolist() == [False, True, True, False]


def test_a_shorter_recording_reaches_only_its_own_end():
    grid = grid_over(0, 10, np.arange(11.0))
    plan = Plan.of(np.arange(5.0), grid)
    assert plan.inside.tolist() == [True] * 5 + [False] * 6


def test_an_end_that_rounding_moved_still_counts_as_reached():
    ends = np.cumsum(np.full(200, 0.01)) - 0.01  # ends at 1.9900000000000015, not at 1.99
    plan = Plan.of(np.arange(200) * 0.01, grid_over(0, ends[-1], ends))
    assert plan.inside.all() and plan.outside == 0


def test_samples_outside_the_time_axis_are_counted():
    grid = grid_over(0, 1, np.linspace(0, 1, 11))
    assert Plan.of(np.linspace(0, 2, 21), grid).outside == 10
    assert Plan.of(np.array([5.0, 6.0]), grid).outside == 2
