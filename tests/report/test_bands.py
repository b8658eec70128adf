import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mojo.layout import StudyLayout
from mojo.report import bands, recordings
from mojo.report.bands import quantiles_over_trials, read_bands


@pytest.fixture
def layout(tmp_path) -> StudyLayout:
    return StudyLayout(tmp_path)


def write(layout: StudyLayout, trial: int, time, **columns) -> None:
    path = layout.trial(trial).telemetry
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"time": time, **columns}), path)


def test_bands_are_the_quantiles_and_extremes_over_trials(layout):
    time = np.linspace(0, 1, 50)
    values = np.random.default_rng(5).normal(size=(101, 50))
    for trial, row in enumerate(values):
        write(layout, trial, time, force=row)
    [band], notes = read_bands(layout, range(101), [0], drawn=[3])
    np.testing.assert_allclose(band.times, time)
    np.testing.assert_allclose(
        [band.lower, band.median, band.upper], np.quantile(values, [0.05, 0.5, 0.95], axis=0), rtol=1e-5
    )
    np.testing.assert_allclose([band.low, band.high], [values.min(axis=0), values.max(axis=0)], rtol=1e-6)
    assert list(band.lines) == [3]
    np.testing.assert_allclose(band.lines[3], [time, values[3]], rtol=1e-6)
    assert band.highest == (pytest.approx(values.max()), values.max(axis=1).argmax())
    assert band.lowest == (pytest.approx(values.min()), values.min(axis=1).argmin())
    assert (notes.trials, notes.quantile_trials, notes.reaching_end, notes.most_rows) == (101, 101, 101, 50)


def test_trials_of_unlike_steps_and_lengths_share_one_axis(layout):
    for trial, (step, end) in enumerate([(0.001, 2.0), (0.01, 2.0), (0.02, 1.0)]):
        time = np.arange(0, end + step / 2, step)
        write(layout, trial, time, x=10 * time)
    [band], notes = read_bands(layout, range(3), range(3))
    np.testing.assert_allclose(band.median, 10 * band.times, rtol=1e-5, atol=1e-5)
    assert notes.reaching_end == 2


def test_a_peak_between_grid_times_is_in_the_extremes(layout):
    time = np.arange(5000) * 1e-3
    for trial in range(3):
        write(layout, trial, time, x=np.where((np.arange(5000) == 1234) & (trial == 1), 99.0, 0.0))
    [band], _ = read_bands(layout, range(3), [0])
    assert band.highest == (99, 1) and band.high.max() == 99 and band.upper.max() < 99


def test_pieces_of_a_long_recording_make_the_same_band_as_the_whole(layout, monkeypatch):
    time = np.arange(3000) * 1e-3
    for trial in range(2):
        write(layout, trial, time, x=np.sin(7 * time + trial))
    [whole], _ = read_bands(layout, range(2), [0])
    monkeypatch.setattr(recordings, "LARGE_FILE_BYTES", 0)
    monkeypatch.setattr(recordings, "PIECE_ROWS", 97)
    [pieced], notes = read_bands(layout, range(2), [0])
    assert notes.trials == 2 and notes.most_rows == 3000
    for name in ("low", "lower", "median", "upper", "high"):
        np.testing.assert_array_equal(getattr(pieced, name), getattr(whole, name))


def test_trials_with_other_columns_and_types_are_read_one_by_one(layout):
    time = np.linspace(0, 1, 5)
    write(layout, 0, time, count=np.arange(5))
    write(layout, 1, time, count=np.arange(5) + 0.5, extra=np.ones(5))
    write(layout, 2, time, extra=np.full(5, 3.0), flag=[True, False, True, False, True])
    found, notes = read_bands(layout, range(3), range(3))
    by_name = {band.signal.name: band for band in found}
    assert notes.trials == 3
    np.testing.assert_allclose(by_name["count"].median, np.arange(5) + 0.25)  # of trials 0 and 1
    np.testing.assert_allclose(by_name["extra"].median, np.full(5, 2.0))  # of trials 1 and 2
    np.testing.assert_allclose(by_name["flag"].high, [1, 0, 1, 0, 1])


def test_recordings_that_cannot_be_used_are_named(layout):
    time = np.linspace(0, 1, 5)
    write(layout, 0, time, x=np.array([0, 1, np.inf, 3, 4]))
    write(layout, 2, time[::-1], x=np.ones(5))
    write(layout, 3, time[:0], x=time[:0])
    write(layout, 4, time, x=np.ones(5))
    layout.trial(4).telemetry.write_bytes(layout.trial(4).telemetry.read_bytes()[:200])
    [band], notes = read_bands(layout, range(5), range(5))
    assert (notes.missing, notes.unreadable, notes.empty, notes.backwards) == ([1], [4], [3], [2])
    assert notes.infinite == 1 and np.isnan(band.median).tolist() == [False, False, True, False, False]


def test_quantiles_of_too_many_trials_are_of_evenly_chosen_ones(layout, monkeypatch):
    monkeypatch.setattr(bands, "KEPT_VALUES", 40)
    time = np.linspace(0, 1, 4)
    for trial in range(25):
        write(layout, trial, time, x=np.full(4, float(trial)))
    [band], notes = read_bands(layout, range(25), [0])
    assert (notes.trials, notes.quantile_trials) == (25, 9)  # 40 values hold 10 trials of 4: every third of 25
    assert band.median.tolist() == [12] * 4  # of 0, 3, ..., 24
    assert band.high.tolist() == [24] * 4


def test_signals_are_drawn_in_turn_from_each_category(layout):
    names = [f"Joints/j{k}:qpos" for k in range(30)] + ["Loads/spring:m", "Sensors/touch"]
    write(layout, 0, [0.0, 1.0], **{name: [0.0, 1.0] for name in names})
    found, notes = read_bands(layout, [0], [0])
    drawn = [band.signal.name for band in found]
    assert drawn == names[:22] + names[30:] and notes.not_drawn == names[22:30]


def test_quantiles_leave_out_what_has_ended():
    values = np.array([[1, 1], [2, np.nan], [3, np.nan]], np.float32)
    assert quantiles_over_trials(values)[1].tolist() == [2, 1]


def test_a_trial_drawn_by_itself_shows_a_peak_between_grid_times(layout):
    time = np.arange(5000) * 1e-3
    peak = np.where(np.arange(5000) == 1234, 99.0, -time)
    write(layout, 0, time, x=peak)
    write(layout, 1, time, x=-time)
    [band], _ = read_bands(layout, range(2), [0], drawn=[0, 1, 7])  # 7 is no trial of these
    assert sorted(band.lines) == [0, 1]
    times, values = band.lines[0]
    assert values.max() == 99 and times[values.argmax()] == pytest.approx(1.234, abs=5 / 200)
    _, falling = band.lines[1]
    assert np.all(np.diff(falling) <= 0), "a line that falls is drawn falling, also within each cell"


def test_asked_signals_are_drawn_in_the_order_that_they_are_asked_in(layout):
    names = ["Joints/a:qpos", "Bodies/tip/xpos:x", "Bodies/tip/xpos:z", "Bodies/tip2/xpos:x", "Loads/spring:m"]
    write(layout, 0, [0.0, 1.0], **{name: [0.0, 1.0] for name in names})
    found, notes = read_bands(layout, [0], [0], wanted=["Loads/*", "Bodies/tip/xpos", "Sensors/none"])
    assert [band.signal.name for band in found] == [names[4], names[1], names[2]]
    assert notes.unmatched == ["Sensors/none"] and notes.not_drawn == []
