"""The page of a single trial, without a browser."""

import json
import re

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mojo.errors import TrialError
from mojo.files import write_json
from mojo.layout import StudyLayout
from mojo.report.data import gather
from mojo.report.single import read_single
from mojo.report.trial_page import MOST_FAILED, write_pages
from mojo.report.write import write_report
from tests.report.fabricated import PARAMETERS, recording, study_frame
from tests.report.test_write import EVIL, Page, outcomes


class TrialPage(Page):
    """A page without a table of all trials."""

    def __init__(self, layout: StudyLayout, trial: int) -> None:
        super().__init__(layout.trial(trial).page.read_text())
        self.text = re.sub(r"\s+", " ", " ".join(self.words))  # cells stand apart


def pages(layout: StudyLayout) -> list[int]:
    return [int(page.parent.name) for page in layout.pages()]


def test_the_nominal_the_worst_and_failed_trials_have_pages_and_others_on_demand(fabricate):
    frame = study_frame(outcomes(40, failed=2))
    layout = fabricate(frame, study={"report": {"worst": 3}})
    write_report(layout)
    worst = frame.filter(pl.col("outcome") == "success").sort("objective", descending=True)["trial"].head(3).to_list()
    assert pages(layout) == sorted({0, *worst, 40, 41})
    assert f'data-pages="{" ".join(map(str, pages(layout)))}"' in layout.report.read_text()
    other = next(trial for trial in range(40) if trial not in pages(layout))
    write_pages(layout, [other])
    assert other in pages(layout)


def test_many_failed_trials_do_not_all_get_pages(fabricate):
    layout = fabricate(study_frame(outcomes(0, failed=MOST_FAILED + 5)))
    write_report(layout)
    assert pages(layout) == list(range(MOST_FAILED))
    assert "Worst trials" not in layout.report.read_text()


def test_a_page_is_written_again_once_its_trial_has_run_again(fabricate):
    layout = fabricate(study_frame(outcomes(30)), study={"report": {"worst": 0}})
    write_report(layout)
    assert pages(layout) == [0]  # the nominal one
    write_pages(layout, [7, 8])
    for trial in (7, 8):
        layout.trial(trial).page.write_text("old")
    write_json(layout.trial(7).status, {"trial": 7, "runs": {}})
    write_report(layout)
    assert layout.trial(7).page.read_text() != "old" and layout.trial(8).page.read_text() == "old"


def test_inputs_are_told_in_sigmas_or_quantiles_and_the_unusual_stand_at_the_top(fabricate):
    frame = study_frame(outcomes(30)).with_columns(
        # of 40 ± 4 N/m; of 0.2 to 1.2 rad; the greatest of 30, so above 29.5 of them
        stiffness=pl.when(pl.col("trial") == 5).then(30.0).otherwise(pl.col("stiffness")),
        release_angle=pl.when(pl.col("trial") == 5).then(0.3).otherwise(pl.col("release_angle")),
        tip_mass=pl.when(pl.col("trial") == 5).then(9.0).otherwise(pl.col("tip_mass")),
    )
    layout = fabricate(frame)
    write_pages(layout, [5])
    text = TrialPage(layout, 5).text
    assert "stiffness 30 N/m 40 −2.5 σ" in text
    assert "release_angle 0.3 rad 0.7 10.0 % quantile" in text
    assert re.search(r"tip_mass 9 kg above 9[78]\.\d % of trials", text)
    assert "Unusual: stiffness −2.5 σ" in text


def test_a_failed_trial_says_first_what_happened(fabricate):
    layout = fabricate(study_frame(outcomes(3, diverged=1)))
    record = {"outcome": "diverged", "error": "MuJoCo warning BADQACC at 0.42 s", "wall_seconds": 0.2}
    write_json(layout.trial(3).status, {"trial": 3, "runs": {"simulate": 1}, "simulate": record})
    layout.trial(3).log.write_text("Traceback <b>x</b>\n" + "#" * 100_000 + "the end")
    write_pages(layout, [3])
    page = TrialPage(layout, 3)
    assert "Trial 3 diverged" in page.text and "MuJoCo warning BADQACC at 0.42 s" in page.text
    assert page.ids.index("events") < page.ids.index("log") < page.ids.index("inputs")
    assert "nothing was recorded" in page.text and "the end" in page.text and "Traceback" not in page.text
    assert len(layout.trial(3).page.read_bytes()) < 150_000


def test_requirements_films_and_files_of_a_trial_are_linked(fabricate):
    frame = study_frame(outcomes(30)).with_columns(
        pl.lit(True).alias("requirement:low"), pl.col("peak").alias("requirement value:low")
    )
    frame = frame.with_columns(pl.when(pl.col("trial") != 4).then(True).otherwise(False).alias("requirement:low"))
    layout = fabricate(frame, study={"requirements": {"low": {"metric": "peak", "max": 1.0, "unit": "rad"}}})
    trial = layout.trial(4)
    write_json(trial.films, {"film": {"files": ["film.mp4"], "poster": "film.jpg"}, "other": {"error": "no GL"}})
    for path in (trial.film("film", "mp4"), trial.model, trial.status):
        path.write_text("{}")
    write_report(layout)
    write_pages(layout, [4])
    page = TrialPage(layout, 4)
    assert "Trial 4 succeeded and does not pass low" in page.text and "not passed low" in page.text
    shared = {"../../report.html", "../../plotly-for-pages.js"}
    assert {"film.mp4", "model.xml", "telemetry.parquet"} | shared <= set(page.links)
    assert (
        '<video controls loop muted playsinline preload="metadata" src="film.mp4" poster="film.jpg"'
        in trial.page.read_text()
    )
    assert f"python -m mojo replay {layout.root} 4" in page.text
    assert layout.plotly.stat().st_size > 1_000_000


def test_hostile_names_are_shown_as_they_are_on_a_trials_page(fabricate):
    frame = study_frame(outcomes(30, failed=1)).rename({"stiffness": EVIL, "peak": f"m{EVIL}"})
    frame = frame.with_columns(surface=pl.lit(EVIL), error=pl.lit(EVIL), host=pl.lit(EVIL), ended_by=pl.lit(EVIL))
    frame = frame.with_columns(ended_at=pl.lit(0.5))
    layout = fabricate(
        frame,
        telemetry=lambda trial: recording(trial, columns=[f"Joints/{EVIL}:qpos", f"{EVIL}:x", f"{EVIL}:y"]),
        study={"parameters": {EVIL: {**PARAMETERS["stiffness"], "unit": EVIL}}, "name": EVIL},
        metrics=[f"m{EVIL}"],
        units={EVIL: EVIL},
    )
    layout.trial(2).log.write_text(EVIL)
    write_report(layout)
    write_pages(layout, [2])
    page = TrialPage(layout, 2)
    assert page.tags["script"] == len(page.json) + 4 and page.tags["style"] == 1
    assert re.sub(r"\s+", " ", EVIL) in page.text
    for figure in page.figures:
        assert "<" not in re.sub(r"<br>|<extra></extra>", "", json.dumps(figure))


def test_a_trial_that_there_is_not_is_refused_with_those_that_there_are(fabricate):
    layout = fabricate(study_frame(outcomes(5)))
    with pytest.raises(TrialError, match="Trial 9 has no page: 5 trials of 'pendulum' have ended, numbers 0 to 4"):
        write_pages(layout, [9])


def test_without_any_trial_there_is_a_report_and_no_page(fabricate):
    layout = fabricate(study_frame(["success"]).clear(), study={"n_trial": 5})
    write_report(layout)
    assert pages(layout) == []
    with pytest.raises(TrialError, match="no trial of 'pendulum' has ended yet"):
        write_pages(layout, [0])


def test_every_peak_of_a_long_recording_is_drawn(tmp_path):
    time = np.arange(50_000) * 1e-3
    peak = np.where(np.arange(50_000) == 12_345, 7.0, np.sin(time))
    path = tmp_path / "telemetry.parquet"
    pq.write_table(pa.table({"time": time, "a/b:x": peak, "a/b:y": -peak, "flag": peak > 6, "c": peak}), path)
    single = read_single(path)
    assert [[trace.component for trace in group] for group in single.groups] == [["x", "y"], ["flag"], ["c"]]
    assert single.rows == 50_000
    for group, extreme in zip((single.groups[0][:1], single.groups[0][1:], single.groups[1]), (7, -7, 1), strict=True):
        [trace] = group
        assert trace.values.size <= 800 and extreme in (trace.values.max(), trace.values.min())
        at = np.abs(trace.values).argmax()
        assert trace.times[at] == pytest.approx(12.345, abs=50 / 400)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (None, "nothing was recorded"),
        (b"PAR1 broken", "cannot be read"),
        (pa.table({"time": pa.array([], pa.float64()), "x": pa.array([], pa.float64())}), "has no rows"),
        (pa.table({"time": [1.0, 0.0], "x": [1.0, 2.0]}), "runs backwards"),
    ],
)
def test_a_recording_that_cannot_be_drawn_says_why(tmp_path, table, problem):
    path = tmp_path / "telemetry.parquet"
    if isinstance(table, bytes):
        path.write_bytes(table)
    elif table is not None:
        pq.write_table(table, path)
    assert problem in read_single(path).problem


def test_the_report_shows_the_worst_with_their_command(fabricate):
    layout = fabricate(study_frame(outcomes(30)), study={"report": {"worst": 2, "by": "peak", "best_is": "highest"}})
    worst = gather(layout).table.sort("peak")["trial"].head(2).to_list()
    write_report(layout)
    page = Page(layout.report.read_text())
    assert "by peak, of which the lowest is the worst" in page.text
    for trial in worst:
        assert f"python -m mojo replay {layout.root} {trial}" in page.text
    assert f"worst: trials {worst[0]}, {worst[1]}" in page.text  # in the legend of the bands


def test_a_metric_that_there_is_not_is_said_with_those_that_there_are(fabricate):
    layout = fabricate(study_frame(outcomes(30)), study={"report": {"by": "peek"}})
    write_report(layout)
    assert "“peek” (report.by), so none is the worst. There are: objective, peak, bounces." in (
        Page(layout.report.read_text()).text
    )
