"""The page tells how the trials ran, and says near the verdicts what they rest on."""

import json

import polars as pl

from mojo.report.write import write_report
from tests.report.fabricated import study_frame
from tests.report.test_write import Page

OUTCOMES = ["success"] * 20 + ["invalid"] * 2 + ["diverged"]
NEEDS = {"holds": {"metric": "objective", "max": 90.0}}


def page_of(fabricate, frame, **study):
    layout = fabricate(frame, study={"requirements": NEEDS} | study)
    write_report(layout)
    return layout, Page(layout.report.read_text())


def judged(frame):
    """Return a table in which every trial that succeeded met the requirement."""
    good = pl.col("outcome") == "success"
    value = pl.col("objective").alias("requirement value:holds")
    return frame.with_columns(pl.when(good).then(pl.lit(True)).alias("requirement:holds"), value)


def warned(trials, text, **more):
    """Return a table in which some trials had warnings."""
    had = pl.when(pl.col("trial").is_in(list(trials))).then(pl.lit(text)).alias("warnings")
    return judged(study_frame(OUTCOMES)).with_columns(had, **{name: pl.lit(value) for name, value in more.items()})


def test_warnings_solver_time_and_machines_are_told(fabricate):
    layout, page = page_of(fabricate, warned([3, 20], "CONTACTFULL 4", solver_at_cap=50))
    assert "health" in page.ids
    assert "CONTACTFULL2813contacts were left out" in page.text
    assert "It stopped at its iteration limit in 23 trials; in more than 1 % of the steps in 23 trials" in page.text
    assert "A trial took" in page.text
    assert "lab7AMD EPYC 7B1323" in page.text
    assert "4 things amiss" in page.text  # invalid, diverged, allowed, solver
    found = json.loads(layout.evidence.read_text())["health"]
    assert found["warnings"][0] == {"name": "CONTACTFULL", "trials": 2, "events": 8, "counted": 1, "example": 3}
    assert found["solver"]["often"] == 23


def test_invalid_trials_are_counted_and_shown_by_themselves(fabricate):
    _, page = page_of(fabricate, warned([20], "CONTACTFULL 4"))
    assert "3 of 23 trials did not succeed: 1 diverged, 2 ended invalid" in page.text
    assert "invalid 2 8.7 % MuJoCo left physics out, or was given what is not finite" in page.text
    assert "19 of 22 (86.4 %)" in page.text.replace("\u00a0", " ")  # draws that pass; the nominal trial is none


def test_what_allow_warnings_lets_pass_is_said_beside_the_statement_and_the_verdicts(fabricate):
    _, page = page_of(fabricate, warned([3, 4, 20], "CONTACTFULL 4"))
    sentence = "These count although MuJoCo warned (allow_warnings): CONTACTFULL in 2 trials"
    assert page.text.count(sentence) == 2
    assert "Their verdicts rest on physics from which MuJoCo left something out" in page.text


def test_a_warning_that_ended_its_trials_was_not_let_pass(fabricate):
    _, page = page_of(fabricate, warned([20], "CONTACTFULL 4"))
    assert "(allow_warnings)" not in page.text


def test_a_study_that_ran_well_says_so(fabricate):
    frame = study_frame(["success"] * 20)
    _, page = page_of(fabricate, judged(frame))
    assert "nothing amiss" in page.text
    assert "It never stopped at its iteration limit" in page.text


def test_commands_have_neither_warnings_nor_a_solver(fabricate):
    _, page = page_of(fabricate, study_frame(["success"] * 20), requirements={}, command="python train.py")
    assert "health" in page.ids
    assert "iteration limit" not in page.text
