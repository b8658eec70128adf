"""What the page says of drivers, and of where trials fail."""

import json

import numpy as np
import polars as pl
import pytest
from scipy import stats

from mojo.layout import StudyLayout
from mojo.report.sections.drivers import is_clear
from mojo.report.write import write_report
from tests.report.fabricated import PARAMETERS, study_frame
from tests.report.test_write import EVIL, outcomes, page_of

UNIFORM = {"distribution": "uniform", "low": 0.0, "high": 1.0, "unit": "m"}


def evidence(layout: StudyLayout) -> dict:
    write_report(layout)
    return json.loads(layout.evidence.read_text())


def test_drivers_are_told_in_words_and_kept_for_scripts(fabricate):
    # the objective is ½·k·angle², and the peak rises with the angle alone
    layout = fabricate(study_frame(outcomes(200)), telemetry=None)
    page = page_of(layout)
    assert "objective: release_angle (rises with it, 0.9" in page.text
    assert "peak: release_angle (rises with it, 1)." in page.text
    found = evidence(layout)["drivers"]["objective"]
    assert found["rank correlation"]["release_angle"]["low"] > 0.9
    assert found["partial rank correlation"]["stiffness"]["low"] > 0.5
    assert found["words"]["surface"]["chance"] > 0.001
    assert found["trials"] == 199  # the nominal trial is no draw


def test_the_mean_of_truth_values_is_a_share_with_an_interval_that_stays_within_0_and_1(fabricate):
    frame = study_frame(outcomes(60)).with_columns(bounces=pl.lit(True))
    layout = fabricate(frame, telemetry=None)
    page = page_of(layout)
    low = 0.025 ** (1 / 59)  # Clopper and Pearson, all of 59 draws: α/2 = pⁿ
    assert evidence(layout)["metrics"]["bounces"]["share"] == {"value": 1.0, "low": pytest.approx(low), "high": 1.0}
    assert "the mean is the share of true ones, with the interval of Clopper and Pearson: bounces." in page.text
    assert "0.939 to 1" in page.text


def test_the_mean_of_ones_and_zeros_is_a_share_too(fabricate):
    frame = study_frame(outcomes(60)).with_columns(bounces=pl.when(pl.col("trial") < 58).then(1.0).otherwise(0.0))
    layout = fabricate(frame, telemetry=None)
    oracle = stats.binomtest(57, 59).proportion_ci(0.95, method="exact")  # of trials 1 to 59, two have a 0
    assert evidence(layout)["metrics"]["bounces"]["share"] == {
        "value": pytest.approx(57 / 59),
        "low": pytest.approx(oracle.low),
        "high": pytest.approx(oracle.high),
    }
    assert "the share of true ones, with the interval of Clopper and Pearson: bounces." in page_of(layout).text


def test_counts_that_are_all_0_are_no_share(fabricate):
    found = evidence(fabricate(study_frame(outcomes(60)).with_columns(bounces=pl.lit(0.0)), telemetry=None))
    assert found["metrics"]["bounces"]["mean"] == {"value": 0.0, "low": None, "high": None}


def test_inputs_that_cannot_be_compared_are_left_out_with_the_reason(fabricate):
    frame = study_frame(outcomes(60)).with_columns(
        copy=pl.col("stiffness") * 2,
        same=pl.lit(1.0),
        some=pl.when(pl.col("trial") > 30).then(1.5),
        several=pl.concat_list("stiffness", "tip_mass"),
        label=pl.col("trial").cast(pl.String),
    )
    layout = fabricate(frame, telemetry=None, named=["copy", "same", "some", "several", "label"])
    assert evidence(layout)["inputs left out"] == {
        "copy": "it follows from the inputs before it",
        "same": "it did not vary",
        "some": "some trials have no finite value of it",
        "several": "it holds several values a trial",
        "label": "it has 59 different words",
    }


def test_inputs_that_act_together_are_drawn_together(fabricate):
    frame = study_frame(outcomes(600))
    away = (pl.col("stiffness") - 40) / 4
    frame = frame.with_columns(objective=away * (pl.col("release_angle") - 0.7))
    page = page_of(fabricate(frame, telemetry=None))
    assert "stiffness and release_angle together" in page.text
    assert "objective over stiffness and release_angle" in page.text


def test_trials_that_diverge_enter_no_average_and_are_shown_where_they_fell(fabricate):
    frame = study_frame(outcomes(180, diverged=20))
    diverged = pl.col("outcome") == "diverged"
    frame = frame.with_columns(
        stiffness=pl.when(diverged).then(60 + pl.col("trial") / 100).otherwise("stiffness"),
        objective=pl.when(diverged).then(1e9).otherwise("objective"),
    )
    layout = fabricate(frame, telemetry=None)
    page = page_of(layout)
    assert "Diverged: 20 trials of 199" in page.text
    assert "Differs clearly from the others in: stiffness (larger)." in page.text
    found = evidence(layout)
    assert found["metrics"]["objective"]["greatest"] < 100
    split = found["where trials fail"]["Diverged"]["inputs"]["stiffness"]
    assert split["larger in these"] == 1.0 and split["chance"] < 1e-6
    points = [trace for figure in page.figures for trace in figure["data"] if trace.get("customdata")]
    assert any(trace["marker"].get("symbol") == "x-thin-open" for trace in points if "marker" in trace)


def test_trials_that_miss_a_requirement_are_split_too(fabricate):
    frame = study_frame(outcomes(100))
    met = pl.col("release_angle") < 1.0
    frame = frame.with_columns(met.alias("requirement:stays"), pl.col("peak").alias("requirement value:stays"))
    asked = {"stays": {"metric": "peak", "max": 1.0}}
    page = page_of(fabricate(frame, telemetry=None, study={"requirements": asked}))
    assert "Does not meet “stays”" in page.text and "release_angle (larger)" in page.text


@pytest.mark.parametrize("size", [0, 1, 2, 3, 9])
@pytest.mark.parametrize("outcome", ["success", "diverged"])
def test_few_trials_have_a_page_and_evidence(fabricate, size: int, outcome: str):
    layout = fabricate(study_frame([outcome] * size), telemetry=None)
    page = page_of(layout)
    assert evidence(layout)["drivers"] == {}
    if outcome == "success" and size:
        draws = max(1, size - 1)  # the nominal trial counts where there is no other
        assert f"takes at least 10 successful draws to say; there {'is' if draws == 1 else 'are'} {draws}" in page.text


def test_hostile_names_words_and_values_do_no_harm(fabricate):
    frame = study_frame(outcomes(60, failed=5))
    frame = frame.rename({"surface": EVIL}).with_columns(pl.col(EVIL).replace({"ice": EVIL + "word"}))
    frame = frame.with_columns(bounces=pl.Series([np.nan, np.inf] * 32 + [1.0]), fails=pl.col("stiffness") * 1e300)
    parameters = {EVIL if name == "surface" else name: spec for name, spec in PARAMETERS.items()}
    layout = fabricate(frame, telemetry=None, study={"parameters": parameters}, named=["fails"])
    page = page_of(layout)
    assert "<script>alert(1)" in page.text and "splits" in page.ids
    json.loads(layout.evidence.read_text(), parse_constant=lambda text: pytest.fail(f"{text} is no JSON"))


def test_an_input_is_named_as_a_driver_where_its_interval_allows_for_the_number_of_inputs():
    # an interval of 2.5 standard errors: on Fisher's scale 0.25 ± 1.96·0.1, and 20 inputs take ± 3.02·0.1
    estimate = 0.25, *np.tanh([np.arctanh(0.25) - 0.196, np.arctanh(0.25) + 0.196])
    assert is_clear(estimate, 1) and not is_clear(estimate, 20)
    assert is_clear((1.0, 1.0, 1.0), 20) and not is_clear((0.5, np.nan, np.nan), 1)


def test_a_study_that_could_stop_early_says_what_its_intervals_leave_out(fabricate):
    peak = pl.col("peak")
    frame = study_frame(outcomes(30)).with_columns(
        (peak < 2).alias("requirement:low"), peak.alias("requirement value:low")
    )
    study = {
        "requirements": {"low": {"metric": "peak", "max": 2}},
        "stop_when": {"requirement": "low", "half_width": 0.2},
    }
    page = page_of(fabricate(frame, telemetry=None, study=study))
    assert "only the verdicts allow for the looks on the way" in page.text
    assert "bound that holds at every look" in page.text
