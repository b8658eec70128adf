import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mojo.errors import TrialError
from mojo.live.series import catalogue, csv, kept_rows, samples


@pytest.fixture
def telemetry(tmp_path):
    path = tmp_path / "000007" / "telemetry.parquet"
    path.parent.mkdir()
    time = np.arange(10_000) * 1e-3
    field = pa.field("Loads/spring/force:m", pa.float64(), metadata={"unit": "N", "frame": "world"})
    schema = pa.schema([("time", pa.float64()), field, ("word", pa.string())])
    values = np.where(np.arange(10_000) == 4321, 99.0, np.sin(time))
    pq.write_table(pa.table([time, values, ["a"] * 10_000], schema=schema), path)
    return path


def test_the_catalogue_names_numbers_with_their_units(telemetry):
    assert catalogue(telemetry) == [{"name": "Loads/spring/force:m", "unit": "N", "frame": "world", "instant": ""}]


def test_few_samples_keep_every_peak_at_its_time(telemetry):
    found = samples(telemetry, ["Loads/spring/force:m", "not/there"], 200)
    [(name, drawn)] = found.items()
    assert name == "Loads/spring/force:m" and len(drawn["time"]) <= 202
    peak = int(np.argmax(drawn["values"]))
    assert (drawn["values"][peak], drawn["time"][peak]) == (99.0, pytest.approx(4.321))


def test_a_span_is_shown_in_more_detail(telemetry):
    [drawn] = samples(telemetry, ["Loads/spring/force:m"], 200, (4.3, 4.4)).values()
    assert len(drawn["time"]) == 101 and drawn["time"][0] == pytest.approx(4.3)


def test_the_rows_kept_hold_the_extremes_of_every_piece():
    values = np.random.default_rng(3).normal(size=1001)
    kept = kept_rows(values, 20)
    for piece in np.split(np.arange(1001), np.linspace(0, 1001, 11).astype(int)[1:-1]):
        assert {piece[values[piece].argmin()], piece[values[piece].argmax()]} <= set(kept)
    assert np.all(np.diff(kept) > 0) and {0, 1000} <= set(kept)


def test_values_that_are_not_finite_are_gaps_and_hide_no_peak(tmp_path):
    values = np.zeros(1000)
    values[[100, 101, 102]] = np.inf, 7.0, np.nan
    pq.write_table(pa.table({"time": np.arange(1000.0), "a": values}), tmp_path / "telemetry.parquet")
    [drawn] = samples(tmp_path / "telemetry.parquet", ["a"], 20).values()
    assert 7.0 in drawn["values"] and json.dumps(drawn, allow_nan=False)


def test_gaps_stay_gaps():
    values = np.where(np.arange(1000) // 100 == 4, np.nan, 1.0)
    assert np.isnan(values[kept_rows(values, 40)]).any()


def test_csv_holds_every_sample_with_units_in_the_heading(telemetry):
    lines = "".join(csv([(7, telemetry), (8, telemetry)], ["Loads/spring/force:m", "other"])).splitlines()
    assert lines[0] == "trial,time [s],Loads/spring/force:m [N],other"
    assert len(lines) == 1 + 2 * 10_000
    assert lines[4322].startswith("7,4.321,99.0,") and lines[-1].startswith("8,")


def test_a_broken_recording_is_named(telemetry):
    telemetry.write_bytes(b"PAR1 no")
    with pytest.raises(TrialError, match=r"'telemetry.parquet' of trial 000007 cannot be read"):
        catalogue(telemetry)
