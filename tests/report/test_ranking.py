import polars as pl
import pytest

from mojo.report.data import gather
from mojo.report.ranking import rank
from tests.report.fabricated import study_frame


def scores(*values: float | None, outcome: str = "success") -> pl.DataFrame:
    return study_frame([outcome] * len(values)).with_columns(objective=pl.Series(values, dtype=pl.Float64))


@pytest.mark.parametrize(
    ("study", "worst"),
    [
        ({}, [3, 0]),  # the highest of 5, 1, nan, inf, none, -1
        ({"report": {"worst": 2, "best_is": "highest"}}, [5, 1]),
        ({"direction": "maximize"}, [5, 1]),
        ({"direction": "maximize", "report": {"worst": 2, "best_is": "lowest"}}, [3, 0]),
        ({"objectives": ["peak", "objective"], "direction": ["minimize", "maximize"]}, [5, 1]),
    ],
)
def test_the_worst_are_those_at_the_other_end_of_the_best(fabricate, study, worst):
    frame = scores(5.0, 1.0, float("nan"), float("inf"), None, -1.0)
    ranking = rank(gather(fabricate(frame, telemetry=None, study={"report": {"worst": 2}} | study)))
    assert ranking.worst == worst
    assert ranking.places[worst[0]] == 1 and len(ranking.places) == 4


def test_trials_without_success_or_without_a_metric_have_no_place(fabricate):
    assert rank(gather(fabricate(scores(1.0, 2.0, outcome="failed"), telemetry=None))) is None


def test_nothing_is_ranked_by_a_metric_that_there_is_not(fabricate):
    assert rank(gather(fabricate(scores(1.0, 2.0), telemetry=None, study={"report": {"by": "peek"}}))) is None
