"""The page says first whether the requirements are met, how sure that is, and which trials are the worst."""

from typing import Any

import polars as pl
import pytest

from mojo.report.write import write_report
from tests.report.fabricated import PARAMETERS, study_frame
from tests.report.test_write import EVIL, Page, outcomes, page_of

LIMIT = {"metric": "peak", "max": 1.0, "unit": "rad", "description": "It stays in its case"}
DRAWN = {name: {key: value for key, value in spec.items() if key != "nominal"} for name, spec in PARAMETERS.items()}


def judged(frame: pl.DataFrame, requirements: dict[str, Any], values: list[float] | None = None) -> pl.DataFrame:
    """Return the table with the columns of requirements whose limit is `max`; a function's hold where peak is below."""
    for name, asked in requirements.items():
        value = pl.col("peak") if values is None else pl.Series(values)
        value = pl.when(pl.col("outcome") == "success").then(value)
        passed = value <= asked.get("max", 1.0)
        has_value = "function" not in asked
        frame = frame.with_columns(
            passed.alias(f"requirement:{name}"),
            (value if has_value else pl.lit(None)).alias(f"requirement value:{name}"),
        )
    return frame


def page(fabricate, ended: list[str], values: list[float], asked: dict[str, Any] = LIMIT, **study: Any) -> Page:
    requirements = {"stays": asked}
    frame = judged(study_frame(ended), requirements, values)
    more = {"requirements": requirements, "parameters": DRAWN} | study
    return page_of(fabricate(frame, study=more, telemetry=None))


def test_the_verdict_stands_first_with_its_counts_bounds_and_words(fabricate):
    found = page(fabricate, outcomes(77), [0.5] * 76 + [1.25])
    assert found.ids[0] == "requirements"
    assert "The requirement 'stays' is met 77 of 77 trials succeeded" in found.text
    said = (
        "MET",
        "peak at most 1 rad, in at least 95 % of trials",
        "It stays in its case",
        "76 of 77 (98.7 %)",
        "1 failure would be allowed",  # P(at most 1 of 77 fail | 5 %) = 0.097
        "at least 95.0 % pass, with 90 % confidence",  # 0.9504
        "90 % interval: 93.9 % to 99.934 % (Clopper-Pearson), 94.3 % to 99.71 % (Wilson)",  # SciPy's binomtest
        "76 (1.25 rad) ✗",
    )
    for text in said:
        assert text in found.text, text
    assert "trials/000076/" in found.links
    assert "assume independent draws" not in found.text


def test_what_is_missing_to_a_verdict_is_said(fabricate):
    found = page(fabricate, outcomes(40), [0.5] * 40)
    assert "The requirement 'stays' needs more trials 40 of 40 trials succeeded" in found.text
    assert "NOT ENOUGH TRIALS" in found.text and "5 more trials would be enough, if all of them pass" in found.text
    assert "too few even without a failure" in found.text


def test_both_countings_of_trials_that_did_not_finish_are_shown(fabricate):
    found = page(fabricate, outcomes(45, crashed=5), [0.5] * 50)
    assert "The requirement 'stays' needs more trials 5 of 50 trials crashed" in found.text
    assert "45 of 50 (90.0 %)" in found.text and "45 of 45 (100 %) of those that finished" in found.text
    assert "counts as one that does not pass (5 trials here)" in found.text


def test_the_nominal_trial_is_told_and_does_not_count(fabricate):
    found = page(fabricate, outcomes(46), [2.0] + [0.5] * 45, parameters=PARAMETERS)
    assert "45 of 45 (100 %)" in found.text
    assert "The nominal trial 0 misses: stays; it is no draw, and does not count" in found.text


@pytest.mark.parametrize(("probability", "tone"), [(0.93, ""), (0.99, "bad")])
def test_what_is_met_although_a_trial_failed_is_not_told_in_red(fabricate, probability: float, tone: str):
    # 1 of 61 fails: 0.93^61 + 61·0.07·0.93^60 = 0.067 <= 0.1, so that 93 % pass with 90 % confidence, but not 99 %
    requirements = {"stays": LIMIT | {"probability": probability}}
    frame = judged(study_frame(outcomes(60, crashed=1)), requirements, [0.5] * 61)
    layout = fabricate(frame, study={"requirements": requirements, "parameters": DRAWN}, telemetry=None)
    write_report(layout)
    assert f'<header class="{tone}">' in layout.report.read_text()


def test_several_requirements_are_counted_in_the_headline_and_in_the_tone(fabricate):
    requirements = {"stays": LIMIT, "tight": LIMIT | {"max": 0.1}, "mine": {"function": "/code/checks.py:upright"}}
    frame = judged(study_frame(outcomes(60)), requirements, [0.5] * 60)
    layout = fabricate(frame, study={"requirements": requirements, "parameters": DRAWN}, telemetry=None)
    found = page_of(layout)
    assert "3 requirements: 2 are met, 1 is not met 60 of 60 trials succeeded" in found.text
    assert '<header class="bad">' in layout.report.read_text()
    assert "checks.py:upright returns true, in at least 95 % of trials" in found.text
    assert "Each verdict stands alone" in found.text
    columns = [column["name"] for column in found.table["columns"]]
    assert columns[:5] == ["trial", "outcome", "requirement:stays", "requirement:tight", "requirement:mine"]


@pytest.mark.parametrize(
    ("values", "limit", "bound"),
    [
        # at most 97 of 100 draws lie below the 95 % quantile with 88 %, at most 98 with 96 %: x(99) is above it
        (100, 99.0, "the quantile is at most 99 rad, with 90 % confidence"),
        # at least 92 lie below it with 94 %, at least 93 with 87 %: x(92) is below it
        (100, 50.0, "the quantile is at least 92 rad, with 90 % confidence"),
        (44, 99.0, "no bound with 90 % confidence: that takes 45 trials"),
    ],
)
def test_a_quantile_has_a_bound_in_its_unit(fabricate, values: int, limit: float, bound: str):
    asked = {"metric": "peak", "quantile": 0.95, "max": limit, "unit": "rad"}
    found = page(fabricate, outcomes(values), [float(value + 1) for value in range(values)], asked)
    assert bound in found.text


@pytest.mark.parametrize("design", ["lhs", "sobol", "halton", {"type": "grid", "levels": {"stiffness": 60}}])
def test_designs_whose_trials_are_not_independent_say_so_and_get_bootstrap_bounds(fabricate, design: Any):
    asked = {"metric": "peak", "quantile": 0.95, "max": 99.0, "unit": "rad"}
    found = page(fabricate, outcomes(60), [float(value + 1) for value in range(60)], asked, design=design)
    assert "These bounds and intervals assume independent draws." in found.text
    assert "rad (bootstrap, 90 % confidence, approximate)" in found.text
    assert "Bounds of quantiles by order statistics do not hold for this design" in found.text


def test_of_mirrored_pairs_one_counts_so_that_verdicts_and_quantiles_have_exact_bounds(fabricate):
    # 89 draws: trials 1, 3, ..., 89 count, which are 45; all of them pass, as few as 95 % with 90 % confidence take
    asked = {"metric": "peak", "quantile": 0.95, "max": 99.0, "unit": "rad"}
    found = page(fabricate, outcomes(90), [float(trial) for trial in range(90)], asked, design="antithetic")
    assert "45 of 45" in found.text and "MET" in found.text
    assert "the first one of each pair alone counts here" in found.text
    assert "the quantile is at most 89 rad, with 90 % confidence" in found.text


def test_a_list_is_taken_for_draws_and_says_on_what_condition(fabricate):
    found = page(fabricate, outcomes(60), [0.5] * 60, design={"type": "list", "file": "points.csv"})
    assert "if the rows of the list are independent draws" in found.text
    assert "bootstrap bounds" not in found.text


@pytest.mark.parametrize("count", [1, 2, 30])
def test_studies_in_which_nothing_finished_have_a_verdict(fabricate, count: int):
    found = page(fabricate, outcomes(0, failed=count), [0.5] * count, LIMIT | {"metric": "gone"})
    assert "0 of " in found.text and "The requirement 'stays' is not met" in found.text


def test_a_study_without_an_ended_trial_shows_what_is_asked(fabricate):
    frame = study_frame(outcomes(3)).with_columns(outcome=pl.lit(None, dtype=pl.String))
    frame = judged(frame, {"stays": LIMIT})
    found = page_of(fabricate(frame, study={"requirements": {"stays": LIMIT}}, telemetry=None))
    assert "None of 3 planned trials has run yet" in found.text
    assert "no trial that counts has ended" in found.text
    assert "45 more trials would be enough" in found.text


def test_hostile_names_of_requirements_are_shown_as_they_are(fabricate):
    requirements = {EVIL: LIMIT | {"unit": EVIL, "description": EVIL, "metric": EVIL}}
    frame = judged(study_frame(outcomes(50)), requirements)
    found = page_of(fabricate(frame, study={"requirements": requirements}, telemetry=None))
    assert found.text.count("<script>alert(1)</script>") >= 4
