"""Which trials a report counts."""

from mojo.report.data import gather
from tests.report.fabricated import study_frame


def test_the_nominal_trial_is_no_draw_and_enters_no_average(fabricate):
    data = gather(fabricate(study_frame(["success"] * 4)))
    assert data.nominal == 0
    assert data.sampled["trial"].to_list() == [1, 2, 3]


def test_a_nominal_trial_alone_is_shown_as_it_is(fabricate):
    data = gather(fabricate(study_frame(["success"])))
    assert data.sampled["trial"].to_list() == [0]


def test_scores_have_the_units_of_requirements_and_those_of_the_reports_keys(fabricate):
    limits = {"low": {"metric": "peak", "max": 1.0, "unit": "rad"}, "mine": {"function": "a.py:b"}}
    study = {"requirements": limits, "report": {"units": {"objective": "J"}}}
    data = gather(fabricate(study_frame(["success"] * 3), study=study))
    assert (data.unit("peak"), data.unit("objective"), data.unit("outcome")) == ("rad", "J", None)
