"""A verdict counts the draws that ended, those that did not finish as failures, and says what is missing."""

from typing import Any

import polars as pl
import pytest

from mojo.evidence.verdicts import Verdict, verdicts
from mojo.evidence.words import line, percent, summary
from mojo.study.monte_carlo import MonteCarloStudy
from tests.conftest import STUDY

LIMIT = {"metric": "tilt", "max": 30.0, "unit": "°"}


def judged(requirement: dict[str, Any], passed: list[bool | None], nominal: int | None = None) -> Verdict:
    """Return the verdict on a requirement that these trials meet, miss, or did not come to (None)."""
    changes = {"objective": "/code/drop.py:objective", "requirements": {"upright": requirement}}
    study = MonteCarloStudy.model_validate(STUDY | changes)
    outcomes = ["crashed" if met is None else "success" for met in passed]
    table = pl.DataFrame({"trial": range(len(passed)), "outcome": outcomes})
    table = table.with_columns(
        pl.Series("requirement:upright", passed, dtype=pl.Boolean),
        pl.Series("requirement value:upright", [None if m is None else 10.0 if m else 50.0 for m in passed]),
    )
    [found] = verdicts(study.requirements, table, nominal)
    return found


@pytest.mark.parametrize(
    ("passed", "failed", "state", "more"),
    [
        (45, 0, "MET", 0),  # 0.95^45 = 0.0994 <= 0.1
        (44, 0, "NOT ENOUGH TRIALS", 1),
        (76, 1, "MET", 0),
        (75, 1, "NOT ENOUGH TRIALS", 1),
        (0, 0, "NOT ENOUGH TRIALS", 45),
        (0, 1, "NOT MET", 76),  # whatever share of 95 % passes, one failure in one trial has a chance of 5 % < 10 %
        (17, 3, "NOT MET", None),  # P(at least 3 of 20 fail | 5 %) = 0.0755
        (18, 2, "NOT ENOUGH TRIALS", None),  # P(at least 2 of 20 fail | 5 %) = 0.264
    ],
)
def test_a_state_follows_from_the_counts(passed: int, failed: int, state: str, more: int | None):
    found = judged(LIMIT, [True] * passed + [False] * failed)
    assert found.state == state
    if more is not None:
        assert found.more_trials == more
    if state == "NOT ENOUGH TRIALS":
        assert judged(LIMIT, [True] * (passed + found.more_trials) + [False] * failed).state == "MET"
        fewer = judged(LIMIT, [True] * (passed + found.more_trials - 1) + [False] * failed)
        assert fewer.state == "NOT ENOUGH TRIALS"


def test_trials_that_did_not_finish_count_as_failures_and_both_countings_are_there():
    found = judged(LIMIT, [True] * 45 + [None] * 5)
    assert (found.counted.passed, found.counted.trials) == (45, 50)
    assert (found.finished.passed, found.finished.trials) == (45, 45)
    assert (found.state, found.unfinished) == ("NOT ENOUGH TRIALS", 5)
    assert "5 of them did not finish, which counts as not passed" in line(found)


def test_the_nominal_trial_is_no_draw():
    found = judged(LIMIT, [False] + [True] * 45, nominal=0)
    assert (found.counted.passed, found.counted.trials, found.state) == (45, 45, "MET")


def test_a_study_in_which_no_trial_was_scored_has_a_verdict():
    study = MonteCarloStudy.model_validate(
        STUDY | {"objective": "/code/drop.py:objective", "requirements": {"upright": LIMIT}}
    )
    table = pl.DataFrame({"trial": range(60), "outcome": ["failed"] * 60})
    [found] = verdicts(study.requirements, table, None)
    assert (found.state, found.finished.trials) == ("NOT MET", 0)


@pytest.mark.parametrize(("limit", "quantile"), [("max", 0.95), ("min", 0.05)])
def test_a_quantile_is_judged_by_the_share_that_lies_within_its_limit(limit: str, quantile: float):
    requirement = {"metric": "tilt", limit: 30.0, "quantile": quantile}
    assert judged(requirement, [True] * 45).state == "MET"
    assert judged(requirement, [True] * 44).state == "NOT ENOUGH TRIALS"
    assert judged(requirement, [True] * 17 + [False] * 3).state == "NOT MET"


def test_a_line_says_the_verdict_the_counts_and_the_bound():
    assert line(judged(LIMIT, [True] * 44)) == (
        "requirement upright: NOT ENOUGH TRIALS (tilt at most 30 °, in at least 95 % of trials): 44 of 44 trials pass; "
        "at least 94.9 % pass, with 90 % confidence; 1 more trial would be enough, if all of them pass"
    )  # 0.1^(1/44) = 0.9490
    assert "NOT MET" in (told := line(judged(LIMIT, [False] * 3)))
    assert "0 of 3 trials pass; at most 53.6 % pass, with 90 % confidence" in told  # 1 - 0.1^(1/3) = 0.5358


def test_a_summary_counts_what_is_met():
    met, open_, unmet = (judged(LIMIT, passed) for passed in ([True] * 45, [True], [False] * 9))
    assert summary([met, met, unmet]) == "3 requirements: 2 are met, 1 is not met"
    assert summary([open_, met, open_]) == "3 requirements: 1 is met, 2 need more trials"
    assert summary([met, met]) == "Both requirements are met"
    assert summary([unmet]) == "The requirement 'upright' is not met"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (1.0, "100 %"), (0.5, "50.0 %"), (0.974, "97.4 %"), (0.99964, "99.964 %"), (0.003, "0.30 %")],
)
def test_shares_have_the_digits_that_tell_them_from_none_and_all(share: float, text: str):
    assert percent(share) == text
