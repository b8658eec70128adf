"""A study passes when no more trials failed than it allows, and says which did."""

import polars as pl
import pytest

from mojo.campaign.failures import Tally, tally
from mojo.layout import StudyLayout
from tests.conftest import Freeze


def ended(layout: StudyLayout, outcomes: list[str]) -> None:
    errors = [None if outcome == "success" else f"{outcome} for a reason" for outcome in outcomes]
    layout.root.mkdir(parents=True, exist_ok=True)
    frame = pl.DataFrame({"trial": range(len(outcomes)), "outcome": outcomes, "error": errors})
    frame.write_parquet(layout.trials_table)


def tallied(layout: StudyLayout, freeze: Freeze, outcomes: list[str], allowed: int | str = 0) -> Tally:
    ended(layout, outcomes)
    return tally(layout, freeze(n_trial=len(outcomes), max_failures=allowed))


def test_a_study_without_failures_passes_in_one_line(layout: StudyLayout, freeze: Freeze):
    found = tallied(layout, freeze, ["success"] * 3)
    assert found.passed
    assert found.lines(layout) == [f"3 trials: 3 success. Report: {layout.report}"]


def test_failed_trials_are_told_with_reason_and_log(layout: StudyLayout, freeze: Freeze):
    found = tallied(layout, freeze, ["success", "failed", "success", "crashed", "timeout"])
    assert not found.passed
    assert found.lines(layout) == [
        f"5 trials: 2 success, 1 failed, 1 crashed, 1 timeout. Report: {layout.report}",
        f"trial 000001 failed: failed for a reason (see {layout.trial(1).log})",
        f"trial 000003 crashed: crashed for a reason (see {layout.trial(3).log})",
        f"trial 000004 timeout: timeout for a reason (see {layout.trial(4).log})",
        "3 of 5 trials failed, and the study allows 0 (max_failures). The next run tries just these again.",
    ]


def test_diverged_and_skipped_trials_are_no_failures(layout: StudyLayout, freeze: Freeze):
    assert tallied(layout, freeze, ["diverged", "skipped", "success"]).passed


@pytest.mark.parametrize(
    ("allowed", "passes"), [(0, False), (2, False), (3, True), ("14%", False), ("15%", True), ("15.5 %", True)]
)
def test_as_many_may_fail_as_the_study_allows(layout: StudyLayout, freeze: Freeze, allowed: int | str, passes: bool):
    # 3 of 20 are 15 %; a share is rounded down, so 14 % of 20 are 2
    assert tallied(layout, freeze, ["failed"] * 3 + ["success"] * 17, allowed).passed is passes


def test_a_long_list_is_cut_and_says_where_to_find_the_rest(layout: StudyLayout, freeze: Freeze):
    lines = tallied(layout, freeze, ["failed"] * 25, 25).lines(layout)
    assert len(lines) == 22
    assert lines[-1] == f"and 5 more failed trials: python -m mojo status {layout.root}"
