"""python -m mojo compare, on studies as a campaign leaves them."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from mojo.commands.compare import show_comparison
from mojo.errors import StudyError, TrialError
from mojo.files import read_json, write_json
from mojo.layout import StudyLayout
from mojo.report.comparison import compare
from mojo.report.data import gather
from tests.report.fabricated import PARAMETERS, recording, study_frame, write_results

EVIL = "<script>alert(1)</script>[bold]\"'{{7*7}}😀" + "x" * 300
REQUIREMENTS = {"low": {"metric": "peak", "max": 1.0, "unit": "rad"}}


@pytest.fixture
def studies(tmp_path: Path) -> Callable[..., StudyLayout]:
    """Return a function that writes a study of some name, and returns where."""

    def make(name: str, frame: pl.DataFrame, **options: Any) -> StudyLayout:
        layout = StudyLayout(tmp_path / "results" / name)
        write_results(layout, frame, **options)
        return layout

    return make


def compared(before: Path, after: Path, html: Path | None = None) -> str:
    console = Console(file=io.StringIO(), width=400)
    show_comparison(before, after, html, console)
    assert isinstance(console.file, io.StringIO)
    return re.sub(r"\s+", " ", console.file.getvalue())


def judged(frame: pl.DataFrame, limit: float = 1.0) -> pl.DataFrame:
    passed = pl.col("peak") <= limit
    return frame.with_columns(passed.alias("requirement:low"), pl.col("peak").alias("requirement value:low"))


def test_a_study_and_its_copy_differ_in_nothing(studies):
    frame = judged(study_frame(["success"] * 40))
    layouts = [studies(name, frame, study={"name": name, "requirements": REQUIREMENTS}) for name in ("a", "b")]
    text = compared(layouts[0].root, layouts[1].root)
    assert "in 39 pairs: trials of the same number met the same draws" in text
    assert "No difference stands out from chance, in 4 tests" in text  # one requirement, three metrics
    assert "Study: the same" in text and "Origin: the same" in text and "the same in all pairs" in text


def test_a_real_change_is_told_from_chance_and_so_is_what_was_changed(studies, tmp_path):
    frame = judged(study_frame(["success"] * 60))
    shifted = judged(frame.with_columns(objective=pl.col("objective") + 0.05, peak=pl.col("peak") - 0.5))
    stiff = {"parameters": PARAMETERS | {"stiffness": PARAMETERS["stiffness"] | {"mean": 44.0}}}
    before = studies("a", frame, study={"name": "a", "requirements": REQUIREMENTS})
    after = studies("b", shifted, study={"name": "b", "requirements": REQUIREMENTS} | stiff)
    frozen = read_json(after.study)
    frozen["provenance"]["versions"]["mujoco"] = "3.18.0"
    frozen["code"] = {"generator": {"reference": "x.py:generate", "files": {"x.py": "1"}}}
    write_json(after.study, frozen)
    text = compared(before.root, after.root, tmp_path / "page.html")
    lost = frame.filter(pl.col("trial") > 0)["requirement:low"].not_().sum()
    assert lost > 5 and f"{lost} of the pairs gained, 0 lost" in text
    assert "3 of 4 differences are more than chance: low, objective, peak" in text  # bounces are the same
    assert "+0.05; greater in 100 %" in text and "Wilcoxon's signed-rank test" in text
    assert "parameters.stiffness.mean │ 40.0 │ 44.0" in text
    assert "versions.mujoco │ 3.17.0 │ 3.18.0" in text and "digest of.generator │ – │ 1" in text
    page = (tmp_path / "page.html").read_text()
    assert "3 of 4 differences are more than chance" in page and "parameters.stiffness.mean" in page
    assert page.count('class="plot"') == 3


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"seed": 43}, "not in pairs, since the seeds differ"),
        ({"design": "sobol"}, "not in pairs, since the designs differ"),
        ({"kind": "sweep"}, "nothing to do with each other"),
    ],
)
def test_trials_that_met_other_draws_are_compared_as_groups(studies, change, why):
    before = studies("a", study_frame(["success"] * 30))
    after = studies("b", study_frame(["success"] * 50, seed=2), study=change)
    found = compare(gather(before), gather(after))
    assert why in found.why and found.pairs is None
    assert {row.test.name for row in found.metrics} == {"Mann-Whitney test"}
    assert bool(found.caveats[2:]) == ("design" in change)


def test_equal_seeds_with_unequal_draws_are_no_pairs(studies):
    before, after = (studies(name, study_frame(["success"] * 30, seed=index)) for index, name in enumerate("ab"))
    assert "trials of the same number differ in stiffness" in compare(gather(before), gather(after)).why


def test_trials_that_failed_count_in_the_requirements_and_not_in_the_metrics(studies):
    frame = judged(study_frame(["success"] * 20 + ["failed"] * 10).with_columns(objective=pl.col("trial") * 1.0))
    good = judged(study_frame(["success"] * 30).with_columns(objective=pl.col("trial") * 1.0))
    layouts = [studies(name, one, study={"requirements": REQUIREMENTS}) for name, one in (("a", frame), ("b", good))]
    found = compare(gather(layouts[0]), gather(layouts[1]))
    assert [row.name for row in found.requirements] == ["(trial succeeds)", "low"]
    success = found.requirements[0]
    assert success.before == "19 of 29 (65.5 %)" and success.after == "29 of 29 (100 %)"
    assert success.test.p == pytest.approx(2 / 2**10)  # 10 pairs gained, none lost
    [objective] = [row for row in found.metrics if row.name == "objective"]
    assert objective.change == "the same in all pairs"


@pytest.mark.parametrize("size", [0, 1, 2])
def test_few_trials_are_borne_and_said(studies, tmp_path, size):
    layouts = [studies(name, study_frame(["success"] * 2).head(size)) for name in ("a", "b")]
    text = compared(layouts[0].root, layouts[1].root, tmp_path / "page.html")
    assert "Nothing could be tested" in text and (tmp_path / "page.html").is_file()


def test_two_trials_are_compared_value_by_value_and_signal_by_signal(studies, tmp_path):
    frame = study_frame(["success"] * 3)

    def parted(trial: int):
        table = recording(1)
        values = table.column(1).to_numpy().copy()
        values[50:] += 0.25 * trial
        return table.set_column(1, table.field(1), [values])

    layout = studies("a", frame, telemetry=parted)
    folders = [layout.trial(trial).folder for trial in (0, 2)]
    text = compared(*folders, tmp_path / "page.html")
    assert "1 of 3 signals differs, from 0.5 s on" in text  # row 50 of steps of 0.01 s
    assert re.search(r"Joints/hinge:qpos \[rad\] │ 0\.5 │ 0\.5 │ 0\.\d+", text)
    assert re.search(r"stiffness \[N/m\] │ [\d.]+ \([+−]\d\.\d σ\)", text)
    assert "no test tells chance apart" in text
    assert (tmp_path / "page.html").read_text().count('class="plot"') == 1
    same = compared(folders[0], folders[0])
    assert "0 values differ; all 3 signals are bit-identical" in same


def test_recordings_of_different_lengths_agree_as_far_as_both_reach(studies):
    layout = studies("a", study_frame(["success"] * 2), telemetry=lambda trial: recording(1, rows=100 + 50 * trial))
    text = compared(*(layout.trial(trial).folder for trial in (0, 1)))
    assert "all 3 signals agree as far as both reach" in text


def test_trials_with_other_times_are_compared_where_both_are(studies):
    steps = {0: (200, 0.01), 1: (100, 0.02)}
    layout = studies("a", study_frame(["success"] * 2), telemetry=lambda trial: recording(1, *steps[trial]))
    text = compared(layout.trial(0).folder, layout.trial(1).folder)
    assert "interpolated to those of the first" in text


def test_hostile_names_are_shown_as_they_are(studies, tmp_path):
    frame = study_frame(["success"] * 30).rename({"peak": EVIL})
    options = {"study": {"name": EVIL}, "metrics": [EVIL], "units": {EVIL: EVIL}}
    options["telemetry"] = lambda trial: recording(trial, columns=[EVIL])
    shifted = frame.with_columns((pl.col(EVIL) + 1).alias(EVIL))
    layouts = [studies("a", frame, **options), studies("b", shifted, **options)]
    page = tmp_path / "page.html"
    assert "[bold]" in compared(layouts[0].root, layouts[1].root, page)
    assert "<script>alert" not in page.read_text()
    compared(layouts[0].trial(1).folder, layouts[1].trial(2).folder, page)
    assert "<script>alert" not in page.read_text()


def test_what_cannot_be_compared_is_refused(studies, tmp_path):
    layout = studies("a", study_frame(["success", "success"]).head(1), study={"n_trial": 2})
    with pytest.raises(StudyError, match="neither a study's folder, results/<name>, nor a trial's"):
        compared(layout.root, tmp_path)
    with pytest.raises(StudyError, match="one is a study, the other a trial"):
        compared(layout.root, layout.trial(0).folder)
    layout.trial(1).folder.mkdir()
    with pytest.raises(TrialError, match="Trial 1 of 'pendulum' has not ended"):
        compared(layout.trial(0).folder, layout.trial(1).folder)
    layout.trials_table.unlink()
    with pytest.raises(TrialError, match="Run snakemake"):
        compared(layout.root, layout.root)


def test_infinite_metrics_are_compared_by_rank(studies):
    values = np.where(np.arange(30) % 3, np.arange(30.0), np.inf)
    layouts = [
        studies(name, study_frame(["success"] * 30).with_columns(objective=pl.Series(values) + shift))
        for name, shift in (("a", 0.0), ("b", 1.0))
    ]
    [row] = [row for row in compare(gather(layouts[0]), gather(layouts[1])).metrics if row.name == "objective"]
    assert row.is_real and row.change.startswith("+1; greater in")


@pytest.mark.parametrize(
    ("design", "counted"), [("morris", 20), ("antithetic", 30), ({"type": "list", "path": "x"}, 60)]
)
def test_trials_that_share_inputs_are_counted_once(studies, design: str | dict, counted: int):
    # blocks of the design morris hold three trials of its two inputs, mirrored pairs two
    frame = study_frame(["success"] * 60).with_columns(x=pl.lit(1.0), y=pl.lit(2.0), bounces=pl.lit(True))
    uniform = {"distribution": "uniform", "low": 0.0, "high": 1.0}
    study = {"design": design, "nominal_trial": False, "parameters": {"x": uniform, "y": uniform}}
    layouts = [studies(name, frame, study=study | {"name": name, "seed": seed}) for name, seed in (("a", 1), ("b", 2))]
    found = compare(*map(gather, layouts))
    [share] = [row for row in found.metrics if row.name == "bounces"]
    assert share.before == share.after == f"{counted} of {counted} (100 %)"
    assert any("tests count" in caveat for caveat in found.caveats) == isinstance(design, str)
