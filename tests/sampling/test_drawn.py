"""Which trials a verdict rests on."""

import polars as pl
import pytest

from mojo.sampling.drawn import design_name, drawn_trials, why_no_verdict
from mojo.study.monte_carlo import MonteCarloStudy
from mojo.study.optimize import OptimizeStudy
from tests.sampling.test_history import trials
from tests.study.test_optimize import STUDY

LIMITS = {"requirements": {"soft": {"metric": "objective", "max": 3.0}}}
CONFIRM = {"confirm": {"best": 2, "n_trial": 3}}


def study(**changes: object) -> OptimizeStudy:
    return OptimizeStudy.model_validate(STUDY | LIMITS | {"evals_per_trial": 2} | changes)


def test_those_count_in_which_the_winner_of_a_search_was_confirmed():
    searched = trials((1.0, 1.0), (2.0, 2.0))
    confirmed = trials((9.0, 9.0, 9.0), (3.0, 2.0, 4.0), phase="confirm")  # design 1 wins, though 0 came first
    drawn = drawn_trials(study(**CONFIRM), pl.concat([searched, confirmed]))
    assert drawn["objective"].to_list() == [3.0, 2.0, 4.0]


def test_a_trial_of_the_confirmation_that_failed_counts_too():
    known = pl.concat([trials((1.0, 1.0)), trials((3.0, None, 4.0), phase="confirm")])
    assert drawn_trials(study(**CONFIRM), known)["objective"].to_list() == [3.0, None, 4.0]


def test_the_trials_that_chose_a_design_do_not_judge_it():
    assert drawn_trials(study(), trials((1.0, 1.0), (2.0, 2.0))).is_empty()
    assert "Ask for one, as in confirm" in why_no_verdict(study())
    assert why_no_verdict(study(**CONFIRM)) == ""
    assert why_no_verdict(study(requirements={})) == ""


def test_elsewhere_all_but_the_nominal_trial_count():
    keys = {"name": "drop", "kind": "monte-carlo", "generator": "a.py:b", "n_trial": 3}
    mass = {"mass": {"distribution": "uniform", "low": 0, "high": 1, "nominal": 0.5}}
    known = pl.DataFrame({"trial": [0, 1, 2]})
    assert drawn_trials(MonteCarloStudy.model_validate(keys | {"parameters": mass}), known)["trial"].to_list() == [1, 2]
    assert drawn_trials(MonteCarloStudy.model_validate(keys), known)["trial"].to_list() == [0, 1, 2]


def test_of_a_block_of_saltelli_the_two_points_count_that_were_drawn_and_of_morris_the_first():
    inputs = {name: {"distribution": "uniform", "low": 0, "high": 1} for name in ("a", "b")}  # so 4 trials a block
    keys = {"name": "drop", "kind": "monte-carlo", "generator": "a.py:b", "n_trial": 8, "nominal_trial": False}
    known = pl.DataFrame({"trial": range(8)})
    study = MonteCarloStudy.model_validate(keys | {"parameters": inputs, "design": "saltelli"})
    assert drawn_trials(study, known)["trial"].to_list() == [0, 3, 4, 7]
    first = MonteCarloStudy.model_validate(keys | {"parameters": inputs, "design": "morris", "n_trial": 9})
    assert drawn_trials(first, pl.DataFrame({"trial": range(9)}))["trial"].to_list() == [0, 3, 6]  # 3 trials a block
    after_nominal = MonteCarloStudy.model_validate(
        keys
        | {"parameters": {name: spec | {"nominal": 0.5} for name, spec in inputs.items()}}
        | {"design": "saltelli", "n_trial": 9, "nominal_trial": True}
    )
    assert drawn_trials(after_nominal, pl.DataFrame({"trial": range(9)}))["trial"].to_list() == [1, 4, 5, 8]


def test_of_a_mirrored_pair_the_first_one_counts():
    inputs = {"a": {"distribution": "uniform", "low": 0, "high": 1, "nominal": 0.5}}
    keys = {"name": "drop", "kind": "monte-carlo", "generator": "a.py:b", "n_trial": 7, "design": "antithetic"}
    pairs = MonteCarloStudy.model_validate(keys | {"parameters": inputs})  # (1, 2), (3, 4), (5, 6)
    assert drawn_trials(pairs, pl.DataFrame({"trial": range(7)}))["trial"].to_list() == [1, 3, 5]
    drawn = MonteCarloStudy.model_validate(keys | {"parameters": inputs, "n_trial": 6, "nominal_trial": False})
    assert drawn_trials(drawn, pl.DataFrame({"trial": range(6)}))["trial"].to_list() == [0, 2, 4]


@pytest.mark.parametrize(
    ("changes", "name"), [({"design": "lhs"}, "lhs"), ({"design": {"type": "grid", "values": {"a": [1]}}}, "grid")]
)
def test_a_design_is_known_by_its_name(changes: dict[str, object], name: str):
    inputs = {"a": {"distribution": "uniform", "low": 0, "high": 1, "nominal": 0.5}}
    keys = {"name": "drop", "kind": "monte-carlo", "generator": "a.py:b", "n_trial": 2, "parameters": inputs}
    assert design_name(MonteCarloStudy.model_validate(keys | changes)) == name
    assert design_name(study()) == "random"
