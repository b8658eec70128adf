"""Which trials a study films."""

import pytest

from mojo.errors import StudyError
from mojo.film.picks import pick
from mojo.study.films import Films

OUTCOMES = ["success", "success", "failed", "success", "diverged", "success", "skipped", "invalid"]
OBJECTIVE = [3.0, 1.0, None, float("nan"), None, 2.0, None, None]
ROWS = [
    {"trial": trial, "outcome": outcome, "objective": value, "peak": -(value or 0.0)}
    for trial, (outcome, value) in enumerate(zip(OUTCOMES, OBJECTIVE, strict=True))
]


@pytest.mark.parametrize(
    ("asked", "picked"),
    [
        ("none", []),
        ("all", [0, 1, 2, 3, 4, 5, 7]),  # 6 was never simulated
        ("failed", [2, 4, 7]),
        ([5, 0], [0, 5]),
        ({"first": 2}, [0, 1]),
        ({"worst": 1}, [0]),  # a low objective is a good one
        ({"worst": 2}, [0, 5]),  # the trial without a number has no rank
        ({"best": 1}, [1]),
        ({"worst": 1, "best_is": "highest"}, [1]),
        ({"worst": 1, "by": "peak", "best_is": "highest"}, [0]),
        ({"failed": 1}, [2]),
        ({"failed": True, "best": 1, "trials": [5]}, [1, 2, 4, 5, 7]),
        ({"worst": 99}, [0, 1, 5]),
    ],
)
def test_everything_that_a_key_picks_is_filmed(asked, picked):
    assert pick(Films.model_validate(asked), ROWS) == picked


def test_an_unknown_metric_is_named():
    with pytest.raises(StudyError, match=r"films\.by: Metric 'paek' is not in .* Did you mean 'peak'"):
        pick(Films(worst=1, by="paek"), ROWS)
