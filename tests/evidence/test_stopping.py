"""A study stops when the requirement that it waits for is known well enough."""

import polars as pl
import pytest

from mojo.evidence.stopping import fewest_trials, is_known, seen
from mojo.evidence.verdicts import verdicts
from mojo.evidence.words import stopping
from mojo.study.requirements import MetricRequirement
from mojo.study.stopping import StopWhen

WAIT = StopWhen(requirement="settles", half_width=0.05)
SETTLES = MetricRequirement(metric="settling_time", max=2.0)


def trials(passed: int, missed: int = 0, unfinished: int = 0) -> pl.DataFrame:
    met = [True] * passed + [False] * missed + [None] * unfinished
    outcomes = ["success"] * (passed + missed) + ["crashed"] * unfinished
    return pl.DataFrame({"trial": range(len(met)), "outcome": outcomes, "requirement:settles": met})


def test_trials_that_did_not_finish_did_not_pass_and_the_nominal_one_is_no_draw():
    found = seen(WAIT, SETTLES, trials(60, 3, 2), nominal=0)
    assert (found.passed, found.trials) == (59, 64)


def test_nothing_is_known_where_no_trial_was_judged():
    assert not is_known(seen(WAIT, SETTLES, trials(0).drop("requirement:settles"), None))
    assert seen(WAIT, SETTLES, trials(0, 0, 9).drop("requirement:settles"), None).passed == 0


@pytest.mark.parametrize("half_width", [0.02, 0.1, 0.3])
def test_the_earliest_stop_is_after_trials_that_all_pass(half_width: float):
    wait = StopWhen(requirement="settles", half_width=half_width)
    fewest = fewest_trials(wait, 0.9)
    assert is_known(seen(wait, SETTLES, trials(fewest), None))
    assert not is_known(seen(wait, SETTLES, trials(fewest - 1), None))


def test_words_say_whether_it_stopped_and_what_was_waited_for():
    # all of 100 pass: p is rejected while ((1 + p)/(2p))^100 >= 1/(0.9·0.05), so up to 0.9407, half of 5.9 % from 1
    for passed, said in (
        (100, "Stopped after 100 of at most 300 trials: the share that meets 'settles' is known to within ± 3.0 %"),
        (20, "Ran 20 of at most 300 trials without stopping: the share that meets 'settles' is known to within ± 16 %"),
    ):
        judged = verdicts({"settles": SETTLES}, trials(passed), None, WAIT)
        told = stopping(WAIT, judged, 300)
        assert told.startswith(said), told
        assert told.endswith("(90 % interval; asked: ± 5.0 %)")
