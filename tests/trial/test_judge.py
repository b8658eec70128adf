"""One trial meets a requirement when its number lies within the limits, at every instant where it is a signal."""

import math
from typing import Any

import polars as pl
import pytest
from pydantic import TypeAdapter

from mojo.errors import TrialError
from mojo.study.requirements import LimitRequirement, Requirement
from mojo.trial.judge import Judgement, judge_by_function, judge_by_limits

TELEMETRY = pl.DataFrame(
    {
        "time": [0.0, 0.1, 0.2, 0.3],
        "Bodies/tip/xpos:z": [0.5, 0.2, 0.3, 0.4],
        "broken": [0.0, math.nan, 0.0, 0.0],
        "posted": [None, 2.0, None, None],
        "never": pl.Series([None] * 4, dtype=pl.Float64),
    }
)


def limits(**keys: Any) -> LimitRequirement:
    return TypeAdapter(Requirement).validate_python(keys)


def judge(scores: dict[str, Any] | None = None, **keys: Any) -> Judgement:
    return judge_by_limits("x", limits(**keys), scores or {}, lambda: TELEMETRY)


@pytest.mark.parametrize(
    ("value", "met"),
    [(2.0, True), (1.0, True), (2.0000001, False), (0.999, False), (math.inf, False), (True, True), (False, False)],
)
def test_a_metric_must_lie_within_its_limits_which_belong_to_them(value: float, met: bool):
    assert judge({"peak": value}, metric="peak", min=1.0, max=2.0) == Judgement(met, float(value))


@pytest.mark.parametrize("value", [None, math.nan])
def test_what_is_no_number_lies_within_no_limits(value: float | None):
    found = judge({"peak": value}, metric="peak", max=1e300)
    assert not found.met
    assert found.value is not None and math.isnan(found.value)


@pytest.mark.parametrize(
    ("keys", "met", "worst"),
    [
        ({"min": 0.2}, True, 0.2),
        ({"min": 0.25}, False, 0.2),  # one instant is enough
        ({"max": 0.45}, False, 0.5),
        ({"min": 0.1, "max": 0.8}, True, 0.2),  # 0.1 inside from below, 0.3 from above
        ({"max": 0.6, "quantile": 0.99}, True, 0.5),
        ({"min": 0.1, "quantile": 0.01}, True, 0.2),
    ],
)
def test_a_signal_is_judged_by_its_worst_instant(keys: dict[str, float], met: bool, worst: float):
    assert judge(signal="Bodies/tip/xpos:z", **keys) == Judgement(met, worst)
    assert judge(signal="Bodies/tip:xpos:z", **keys) == Judgement(met, worst)  # ':' and '/' are alike, as in `signals`


@pytest.mark.parametrize(
    ("keys", "met", "value"),
    [
        ({"min": 0.4}, True, 0.4),  # the last of 0.5, 0.2, 0.3, 0.4
        ({"max": 0.35}, False, 0.4),
        ({"min": 0.3, "hold": 0.1}, True, 0.3),  # 0.3 and 0.4, at 0.2 s and 0.3 s
        ({"min": 0.25, "hold": 0.2}, False, 0.2),
        ({"min": 0.1, "hold": 99.0}, True, 0.2),  # all that there is
    ],
)
def test_over_the_end_the_last_instants_count(keys: dict[str, float], met: bool, value: float):
    assert judge(signal="Bodies/tip/xpos:z", over="end", **keys) == Judgement(met, value)


def test_the_end_of_a_posted_signal_is_its_last_post():
    assert judge(signal="posted", over="end", max=2.0, hold=0.05) == Judgement(True, 2.0)


def test_instants_without_a_posted_value_do_not_count_and_nan_counts_as_outside():
    assert judge(signal="posted", min=2.0) == Judgement(True, 2.0)
    assert not judge(signal="broken", max=1e300).met


def test_a_metric_that_the_trial_does_not_have_is_named_with_those_it_has():
    scores = {"objective": 1.0, "peak": 2.0}
    with pytest.raises(TrialError, match="Metric 'paek' is not in what the objective function returned, but") as error:
        judge(scores, metric="paek", max=1)
    assert "requirement 'x' judges it. Did you mean 'peak'? It has: objective, peak." in str(error.value)


def test_a_signal_that_the_trial_does_not_have_is_named_with_those_it_has():
    with pytest.raises(TrialError, match=r"Signal 'Bodies/tip/xpos:zz' is not in the trial's telemetry, but") as error:
        judge(signal="Bodies/tip/xpos:zz", max=1)
    assert "record it with `signals`. Did you mean 'Bodies/tip/xpos:z'? It has: " in str(error.value)


def test_a_metric_that_is_text_and_a_signal_without_a_value_are_told():
    with pytest.raises(TrialError, match="Requirement 'x': the metric 'ground' must be a number, but is 'ice'"):
        judge({"ground": "ice"}, metric="ground", max=1)
    with pytest.raises(TrialError, match="the signal 'never' has no value at any recorded instant"):
        judge(signal="never", max=1)


def test_a_function_says_true_or_false_and_nothing_else():
    assert judge_by_function("x", lambda: pl.Series([1.0]).max() == 1.0) == Judgement(True, None)
    assert not judge_by_function("x", lambda: False).met
    for returned in (None, 1, "yes", 0.5):
        with pytest.raises(TrialError, match="Requirement 'x': its function must return true or false, but returned"):
            judge_by_function("x", lambda returned=returned: returned)
