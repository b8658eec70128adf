"""Optimize studies: what they hold, and what is refused."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mojo.errors import StudyError
from mojo.study.loading import load_study
from mojo.study.optimize import Constraint, OptimizeStudy

STUDY: dict[str, Any] = {
    "name": "legs",
    "kind": "optimize",
    "generator": "/code/legs.py:generate",
    "duration": 1.0,
    "objective": "/code/legs.py:objective",
    "n_trial": 16,
    "variables": {"stiffness": {"type": "float", "low": 1.0, "high": 10.0, "unit": "N/m"}},
}
TWO = {"objectives": ["shock", "mass"]}
LEGS = {"type": "int", "low": 3, "high": 6}


def study(**changes: Any) -> OptimizeStudy:
    return OptimizeStudy.model_validate(STUDY | changes)


def test_trials_are_designs_times_evaluations_and_the_confirmation():
    legs = study(n_trial=16, batch=4, evals_per_trial=3, confirm={"best": 2, "n_trial": 50})
    assert (legs.own_batch_size, legs.search_trials, legs.trial_count) == (12, 48, 148)


def test_a_batch_is_decided_by_all_before_it_and_the_confirmation_by_the_search():
    legs = study(n_trial=16, batch=4, confirm={"best": 2, "n_trial": 50})
    assert [legs.decided_by(batch) for batch in (0, 1, 3, 4, 9)] == [range(0), range(1), range(3), range(4), range(4)]


def test_an_overridden_variable_is_not_searched():
    legs = study(variables=STUDY["variables"] | {"legs": LEGS}, overrides={"stiffness": 2.0})
    assert list(legs.searched) == ["legs"]


@pytest.mark.parametrize(
    ("value", "broken"),
    [(3.0, -1.0), (5.0, 1.0), (0.5, 0.5)],  # limits from 1 to 4: how far beyond the nearer one
)
def test_a_constraint_is_broken_by_how_far_a_value_lies_outside(value: float, broken: float):
    assert Constraint(min=1.0, max=4.0).broken_by(value) == broken


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"variables": {}}, "at least 1 item"),
        (
            {"variables": {"x": {"type": "float", "low": 2.0, "high": 2.0}}},
            "`low < high` must hold, but got low=2, high=2",
        ),
        ({"variables": {"x": {"type": "int", "low": 3, "high": 3}}}, "`low < high` must hold, but got low=3, high=3"),
        (
            {"variables": {"x": {"type": "float", "low": 0.0, "high": 2.0, "log": True}}},
            "`0 < low where log` must hold",
        ),
        (
            {"variables": {"x": {"type": "float", "low": 0.0, "high": 1.0, "step": 0.3}}},
            "`high is a whole number of steps above low` must hold, but got high=1, step=0.3",
        ),
        (
            {"variables": {"x": {"type": "float", "low": 0.0, "high": 1.0, "nominal": 1.5}}},
            "`0 <= nominal <= 1` must hold, but got nominal=1.5",
        ),
        ({"variables": {"x": {"type": "categorical", "values": ["a"]}}}, "`at least two values` must hold"),
        ({"variables": {"x": {"type": "flot", "low": 0.0, "high": 1.0}}}, "'flot'"),
        ({"variables": {"trial": LEGS}}, "'trial' cannot name a variable: it is a column of the tables already"),
        (TWO, "every objective needs a direction, but got 1 for 2 (shock, mass)"),
        (TWO, "Write for example direction: [minimize, minimize]"),
        ({"objectives": ["shock", "shock"]}, "`objectives` must differ, but got shock, shock"),
        (
            TWO | {"direction": ["minimize"] * 2, "sampler": "cmaes"},
            "the sampler cmaes needs one objective, but got 2: shock, mass. Take tpe, nsgaii or nsgaiii",
        ),
        (TWO | {"direction": ["minimize"] * 2, "confirm": {"n_trial": 9}}, "`confirm` needs one objective, but got 2"),
        ({"n_trial": 20}, "n_trial=20, batch=8. Take n_trial: 16 or 24"),
        ({"n_trial": 5}, "n_trial=5, batch=8. Take n_trial: 8"),
        ({"batch_size": 5}, "`batch_size` of a search is `batch` times `evals_per_trial`, 8, but got 5"),
        ({"confirm": {"best": 17, "n_trial": 9}}, "`confirm.best <= n_trial` must hold, but got 17 and 16"),
        ({"objective": None}, "a search needs an `objective`"),
        ({"overrides": {"stiffness": 2.0}}, "overrides fix every variable, so there is nothing to search: stiffness"),
        ({"sampler": "grid"}, "the sampler grid needs a `step` for: stiffness"),
        ({"sampler": "grid", "variables": {"legs": LEGS}}, "the grid has 4 points, but n_trial is 16"),
        (
            {"parameters": {"stiffness": {"distribution": "normal", "mean": 0.0, "std": 1.0}}},
            "'stiffness' is both a variable that is searched and a parameter that is uncertain",
        ),
        ({"constraints": {"shock": {}}}, "a constraint needs `min` or `max`, but got neither"),
        ({"constraints": {"shock": {"min": 2.0, "max": 1.0}}}, "`min <= max` must hold, but got min=2, max=1"),
        ({"refine_search_factor": 1.0}, "less than 1"),
        ({"sampler": "bayes"}, "'tpe', 'cmaes'"),
    ],
)
def test_what_no_search_could_do_is_refused(changes: dict[str, Any], says: str):
    with pytest.raises(ValidationError, match=re.escape(says)):
        study(**changes)


def test_several_mistakes_come_at_once_in_the_words_of_the_study_file(study_file: Callable[..., Path]):
    keys = "kind: optimize\nobjective: drop.py:objective\nsampler: bayes\nn_trials: 9\nvariables: {k: {type: float}}"
    with pytest.raises(StudyError) as caught:
        load_study(study_file(keys))
    for says in ("sampler: ", "n_trials: is not a key of an optimize study", "variables.k.low: is missing"):
        assert says in str(caught.value)
