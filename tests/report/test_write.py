"""The page as a browser gets it, without a browser."""

import base64
import html.parser
import json
import re
import subprocess
import sys

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from plotly.offline import get_plotlyjs_version

from mojo.errors import TrialError
from mojo.layout import StudyLayout
from mojo.report.page import plotly_js
from mojo.report.write import write_report
from tests.report.fabricated import PARAMETERS, SIGNALS, recording, study_frame

VOID = {"meta", "link", "input", "br", "hr", "img"}
EVIL = "<script>alert(1)</script>\"'</style>]]>&amp;{{7*7}}😀\u2028$%{x}" + "x" * 300


class Page(html.parser.HTMLParser):
    """What tests ask of a page: its visible text, links, ids, JSON, and that its tags match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.json: list[dict] = []
        self.tags: dict[str, int] = {}
        self._open: list[str] = []
        self.feed(text)
        assert not self._open, self._open
        self.text = re.sub(r"\s+", " ", "".join(self.words))
        self.figures = [found for found in self.json if "layout" in found]
        self.table = next((found for found in self.json if "columns" in found), {"columns": []})

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if tag not in VOID:
            self._open.append("json" if known.get("type") == "application/json" else tag)
        if tag == "details" and "id" in known:  # a section
            self.ids.append(known["id"])
        self.links += [known[key] for key in ("href", "src") if key in known]

    def handle_endtag(self, tag):
        expected = self._open.pop()
        assert tag == expected or (tag == "script" and expected == "json"), (tag, expected)

    def handle_data(self, data):
        if self._open and self._open[-1] == "json":
            self.json.append(json.loads(data))
        elif self._open and self._open[-1] not in ("script", "style"):
            self.words.append(data)


def page_of(layout: StudyLayout) -> Page:
    write_report(layout)
    return Page(layout.report.read_text())


def column(page: Page, name: str) -> np.ndarray | list:
    [found] = [column for column in page.table["columns"] if column["name"] == name]
    kinds = {"f4": "<f4", "f8": "<f8", "text": "<i4"}
    values = np.frombuffer(base64.b64decode(found["data"]), kinds[found["kind"]])
    return [found["words"][code] if code >= 0 else None for code in values] if found["kind"] == "text" else values


def outcomes(good: int, **bad: int) -> list[str]:
    return ["success"] * good + [outcome for outcome, count in bad.items() for _ in range(count)]


def test_a_study_that_succeeded_says_so_first(fabricate):
    page = page_of(fabricate(study_frame(outcomes(200))))
    assert page.text.index("200 of 200 trials succeeded") < page.text.index("Completeness")
    assert "failures" not in page.ids
    sections = ["completeness", "metrics", "drivers", "inputs", "worst", "telemetry", "trials", "health"]
    assert page.ids == [*sections, "provenance"]
    # 3 scores with 3 figures each, 3 parameters and 1 named value, 3 signals, the wall time
    assert len(page.figures) == 3 * 3 + 4 + 3 + 1


def test_failures_are_said_first_with_reasons_stages_and_logs(fabricate):
    frame = study_frame(outcomes(193, failed=3, diverged=2, timeout=1, crashed=1))
    page = page_of(fabricate(frame))
    assert "7 of 200 trials did not succeed: 3 failed, 2 diverged, 1 timed out, 1 crashed" in page.text
    assert page.ids.index("failures") < page.ids.index("completeness")
    assert "ValueError: the gripper let go" in page.text
    assert {"trials/000193/", "trials/000193/trial.log", "trials/000199/trial.log"} <= set(page.links)
    assert page.text.count("7 trials without success left out") == 2  # metrics and telemetry


def test_trials_without_success_enter_no_average(fabricate):
    frame = study_frame(outcomes(20, diverged=5))
    wild = frame.with_columns(objective=pl.when(pl.col("outcome") == "diverged").then(1e9).otherwise(pl.lit(2.5)))
    page = page_of(fabricate(wild))
    assert "Objective: 2.5 J" in page.text
    same = "The same in all trials, so without a histogram, and without an interval of the mean: objective."
    assert same in page.text


def test_missing_trials_are_counted_and_named(fabricate):
    frame = study_frame(outcomes(10)).filter(~pl.col("trial").is_in([3, 4, 5]))
    frame = frame.with_columns(outcome=pl.when(pl.col("trial") == 9).then(None).otherwise(pl.col("outcome")))
    page = page_of(fabricate(frame, study={"n_trial": 10}))
    assert "6 of 10 trials succeeded" in page.text
    assert "Missing: 3–5, 9." in page.text
    assert "4 planned trials not run yet" in page.text


def test_the_table_holds_every_trial_to_the_digits_that_are_shown(fabricate):
    frame = study_frame(outcomes(180, failed=20))
    page = page_of(fabricate(frame))
    assert page.table["rows"] == 200
    assert column(page, "trial").tolist() == list(range(200))
    assert column(page, "outcome") == frame["outcome"].to_list()
    assert column(page, "error") == frame["error"].to_list()
    np.testing.assert_allclose(column(page, "stiffness"), frame["stiffness"], rtol=1e-6)
    np.testing.assert_allclose(column(page, "objective"), frame["objective"].cast(float).to_numpy(), rtol=1e-6)


def test_nothing_is_fetched_and_scripts_cannot_reach_a_network(fabricate):
    layout = fabricate(study_frame(outcomes(5)))
    page = page_of(layout)
    assert all(re.match(r"#|trials/\d{6}/|[a-z]+\.(parquet|json|txt)$", link) for link in page.links)
    assert "default-src 'none'" in layout.report.read_text()[:1000]
    assert not {"iframe", "link", "img", "object"} & set(page.tags)


def test_hostile_names_are_shown_as_they_are(fabricate):
    names = {"stiffness": EVIL, "peak": f"m{EVIL}", "tip_mass": f"t{EVIL}"}
    frame = study_frame(outcomes(30, failed=2)).rename(names)
    frame = frame.with_columns(
        surface=pl.lit(EVIL), error=pl.when(pl.col("outcome") == "failed").then(pl.lit(EVIL)).otherwise(None)
    ).with_columns(surface=pl.when(pl.col("trial") > 9).then(pl.col("surface")).otherwise(pl.lit("<b>x</b>")))
    layout = fabricate(
        frame,
        telemetry=lambda trial: recording(trial, columns=[f"Joints/{EVIL}:qpos"]),
        study={
            "parameters": {
                EVIL: {"distribution": "constant", "value": 1, "unit": EVIL},
                "surface": PARAMETERS["surface"],
            },
            "name": EVIL,
        },
        metrics=[names["peak"]],
        named=[names["tip_mass"]],
        units={EVIL: EVIL},
    )
    page = page_of(layout)
    assert page.tags["script"] == len(page.json) + 7 and page.tags["style"] == 1 and "b" not in page.tags
    assert re.sub(r"\s+", " ", EVIL) in page.text
    assert column(page, "surface")[20] == EVIL[:160]
    for figure in page.figures:
        assert "<" not in re.sub(r"<br>|<extra></extra>", "", json.dumps(figure))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_studies_of_few_trials_have_a_page(fabricate, count):
    page = page_of(fabricate(study_frame(outcomes(count)), study={"n_trial": count}))
    assert page.table["rows"] == count
    assert ("There are no trials" if count == 0 else f"{count} of {count} trials succeeded") in page.text


def test_a_study_in_which_all_failed_has_a_page(fabricate):
    page = page_of(fabricate(study_frame(outcomes(0, failed=12))))
    assert "12 of 12 trials failed" in page.text
    assert "metrics" not in page.ids and "telemetry" not in page.ids
    assert len(page.figures) == 2  # where they fell in input space, and their wall time
    assert "No trial is left to compare them with" in page.text


def test_a_study_that_only_generates_has_a_page(fabricate):
    frame = study_frame(outcomes(0, skipped=4)).drop("objective", "peak", "bounces")
    page = page_of(fabricate(frame, metrics=[]))
    assert "4 of 4 trials were generated; this study simulates none" in page.text


def test_without_objective_or_telemetry_their_sections_are_left_out(fabricate):
    frame = study_frame(outcomes(4)).drop("objective", "peak", "bounces")
    page = page_of(fabricate(frame, telemetry=None, metrics=[]))
    assert not {"metrics", "inputs", "telemetry"} & set(page.ids)


def test_values_that_are_not_finite_are_counted_and_left_out(fabricate):
    strange = [None, float("nan"), float("inf"), float("-inf"), 1e308, -1e308, 1.0]
    frame = study_frame(outcomes(7)).with_columns(
        objective=pl.Series(strange), peak=pl.Series([float("nan")] * 7), stiffness=pl.Series(strange)
    )
    page = page_of(fabricate(frame))
    assert "objective: 3 values not a number or infinite, left out" in page.text
    assert "no finite value" in page.text
    [undefined] = [found["undefined"] for found in page.table["columns"] if found["name"] == "objective"]
    assert undefined == [1]  # row 0 has no value at all


def test_lists_words_and_constants_are_told_apart(fabricate):
    n = 30
    frame = study_frame(outcomes(n)).with_columns(
        stiffness=pl.Series([[1.0, 2.0 + i] for i in range(n)]),
        release_angle=pl.lit(0.7),
        tip_mass=pl.Series([f"word {i}" for i in range(n)]),
        peak=pl.Series(["good"] * n),
    )
    page = page_of(fabricate(frame))
    assert "stiffness , it holds several values a trial" in page.text.replace("stiffness,", "stiffness ,")
    assert "release_angle, it did not vary" in page.text and "tip_mass, it has 30 different words" in page.text
    assert "Not numbers, and not shown: peak" in page.text
    assert column(page, "stiffness")[1] == "[1, 3]"


def test_the_study_its_origin_and_its_units_are_on_the_page(fabricate):
    page = page_of(fabricate(study_frame(outcomes(3))))
    for said in (
        "snakemake --cores 8 --config study=pendulum.yaml",
        "0123456789abcdef0123456789abcdef01234567, with changes that were not committed",
        "lab7, AMD EPYC 7B13, 8 cores, Linux-6.1-x86_64",
        "mujoco 3.17.0",
        "2026-01-02 03:04:05+00:00",
        "distribution: uniform",
        "release_angle [rad]",
        f"{SIGNALS[1]} [rad/s]",
        "in the frame world; end of step",
    ):
        assert said in page.text, said


def test_ten_thousand_trials_fit_in_eight_megabytes_and_say_what_was_thinned(fabricate):
    n = 10_000
    frame = study_frame(outcomes(n - 50, failed=50))
    extra = {f"metric_{k}": np.random.default_rng(k).normal(size=n) for k in range(60)}
    layout = fabricate(frame.with_columns(**extra), telemetry=None, metrics=["peak", *extra])
    page = page_of(layout)
    assert layout.report.stat().st_size < 8e6
    assert page.table["rows"] == n
    assert "1 500 of 9 950 scored trials are drawn" in page.text
    assert "Columns left out to keep the page small: metric_" in page.text


def test_results_that_are_not_joined_yet_are_an_error_that_says_so(tmp_path):
    with pytest.raises(TrialError, match=r"study\.json' is not there, so there is nothing to report: freezing"):
        write_report(StudyLayout(tmp_path))


def test_a_table_without_roles_still_makes_a_page(fabricate):
    layout = fabricate(study_frame(outcomes(3)))
    pq.write_table(pq.read_table(layout.trials_table).replace_schema_metadata(None), layout.trials_table)
    assert "3 of 3 trials succeeded" in page_of(layout).text


def test_units_in_the_fields_of_the_table_are_shown(fabricate):
    layout = fabricate(study_frame(outcomes(3)), units={})
    table = pq.read_table(layout.trials_table)
    index = table.schema.get_field_index("tip_mass")
    field = table.schema.field(index).with_metadata({"unit": "kg"})
    pq.write_table(table.cast(table.schema.set(index, field)), layout.trials_table)
    assert "tip_mass [kg]" in page_of(layout).text


def test_a_study_without_failures_and_words_waits_for_no_library_that_it_does_not_need(fabricate):
    numbers = {name: spec for name, spec in PARAMETERS.items() if name != "surface"}
    layout = fabricate(study_frame(outcomes(12)).drop("surface"), study={"parameters": numbers})
    slow = {"optuna", "scipy.stats", "pandas", "mujoco"}
    program = f"""
import sys, pathlib, mojo.layout, mojo.report.write
mojo.report.write.write_report(mojo.layout.StudyLayout(pathlib.Path({str(layout.root)!r})))
print(*sorted({slow!r} & set(sys.modules)))"""
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert loaded.stdout.split() == []


def test_the_script_in_pages_is_of_the_version_that_figures_are_made_for():
    made_for = get_plotlyjs_version().split(".")[0]
    assert re.search(r"plotly\.js \(cartesian - minified\) v(\d+)", plotly_js())[1] == made_for
