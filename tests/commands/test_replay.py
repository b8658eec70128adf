"""`python -m mojo replay` runs one trial again from its own files."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from mojo.layout import StudyLayout
from mojo.trial.again import first_difference
from tests.commands.conftest import Command
from tests.workflow.conftest import RunningStudy


@pytest.fixture
def layout(finished: RunningStudy, tmp_path: Path) -> StudyLayout:
    """A copy of the finished study's results, which may be changed."""
    shutil.copytree(finished.layout.root, tmp_path / "spring")
    return StudyLayout(tmp_path / "spring")


def test_a_trial_is_bit_identical(mojo: Command, layout: StudyLayout):
    before = {path: path.stat().st_mtime_ns for path in layout.root.rglob("*")}
    output = mojo("replay", layout.root, 4)
    assert output == "trial 000004: telemetry is bit-identical (21 rows)\n"  # 0.2 s / 0.01 s, and the last state
    assert {path: path.stat().st_mtime_ns for path in layout.root.rglob("*")} == before


def test_a_model_that_was_changed_by_one_digit_differs(mojo: Command, layout: StudyLayout):
    model = layout.trial(4).model
    text = model.read_text()
    assert 'stiffness="10"' in text
    model.write_text(text.replace('stiffness="10"', 'stiffness="10.000000001"'))
    output = mojo("replay", layout.root, 4, ok=False)
    # the first row is the state that the runtime sets; the second has felt the spring
    assert "trial 000004: telemetry differs: first in row 1 of " in output


def test_a_replay_that_diverges_leaves_no_log_of_mujocos(
    mojo: Command, layout: StudyLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    model = layout.trial(4).model
    model.write_text(model.read_text().replace('stiffness="10"', 'stiffness="1e7"'))
    monkeypatch.chdir(tmp_path)
    assert "MuJoCo warning: " in mojo("replay", layout.root, 4, ok=False)
    assert [path.name for path in tmp_path.iterdir()] == ["spring"]


def test_a_trial_that_does_not_exist_is_refused(mojo: Command, layout: StudyLayout):
    output = mojo("replay", layout.root, 6, ok=False)
    assert output.startswith("mojo: error: Trial 6 is not in ")
    assert "trials 0 to 5" in output


def test_a_trial_without_telemetry_says_what_is_missing(mojo: Command, layout: StudyLayout):
    layout.trial(2).telemetry.unlink()
    output = mojo("replay", layout.root, 2, ok=False)
    assert f"Trial 2 cannot be replayed: {layout.trial(2).telemetry} is missing." in output


def test_the_viewer_without_a_display_is_an_error_that_says_so(mojo: Command, layout: StudyLayout):
    output = mojo("replay", layout.root, 4, "--view", ok=False)
    assert "mojo: error: The viewer cannot be opened; is there a display?" in output
    assert "Leave out --view." in output


def test_a_folder_that_holds_no_study_is_refused(mojo: Command, tmp_path: Path):
    assert "holds no study" in mojo("replay", tmp_path, 0, ok=False)


def table(**columns: list[float | None]) -> pl.DataFrame:
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float64))


def test_telemetries_are_compared_bit_by_bit():
    old = table(time=[0.0, 0.1], x=[1.0, float("nan")])
    assert first_difference(old, table(time=[0.0, 0.1], x=[1.0, float("nan")])) is None
    assert first_difference(old, table(time=[0.0, 0.1], x=[1.0 + 2**-52, 0.0])) == (
        "first in row 0 of x: np.float64(1.0) was recorded, now it is np.float64(1.0000000000000002)"
    )
    assert "first in row 0 of time" in str(first_difference(old, table(time=[-0.0, 0.1], x=[1.0, 2.0])))
    assert first_difference(old, table(time=[0.0], x=[1.0])) == "2 rows were recorded, now there are 1"
    assert first_difference(old, table(time=[0.0, 0.1], y=[1.0, 2.0])) == "their columns differ: x, y"
    assert first_difference(old, table(x=[1.0, 2.0], time=[0.0, 0.1])) == "their columns differ: in order"


def test_columns_with_gaps_are_compared_too():
    # a signal that was not posted in a step is null
    gaps, filled = table(time=[0.0, 0.1], hit=[None, 1.0]), table(time=[0.0, 0.1], hit=[2.0, 1.0])
    assert first_difference(gaps, gaps) is None
    assert "first in row 0 of hit" in str(first_difference(gaps, filled))
