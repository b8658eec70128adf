"""Exploit and explore: who copies from whom, and what changes."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from mojo.sampling.evolve import Member, best_trial, design_rows, first_generation, next_generation
from mojo.study.frozen import FrozenStudy
from mojo.study.population import PopulationStudy
from tests.study.test_population import STUDY

VARIABLES = {
    "gain": {"type": "float", "low": 0.1, "high": 10.0, "log": True, "nominal": 1.0},
    "teeth": {"type": "int", "low": 1, "high": 40},
    "shape": {"type": "categorical", "values": ["ball", "pad", "skid"]},
}
STILL = {"mutation_probability": 0.0}


def study(**changes: Any) -> PopulationStudy:
    return PopulationStudy.model_validate(STUDY | changes)


def members(*scores: float | None, first: int = 0) -> list[Member]:
    return [Member(first + place, {"gain": 1.0 + place}, score) for place, score in enumerate(scores)]


def test_the_first_generation_lies_within_the_bounds_and_its_first_member_is_nominal():
    mission = study(variables=VARIABLES, population=200)
    first = first_generation(mission, seed=1)
    assert first[0].values["gain"] == 1.0
    gains = np.array([child.values["gain"] for child in first[1:]])
    assert ((gains >= 0.1) & (gains <= 10.0)).all()
    # under `log` half of the draws lie below 1, the middle of two decades: 99.5 ± 4.9·√(199/4) covers all but 1e-6
    assert 65 < (gains < 1.0).sum() < 134
    assert {child.values["shape"] for child in first} == {"ball", "pad", "skid"}
    assert first_generation(mission, seed=1) == first != first_generation(mission, seed=2)


def test_the_worst_eighth_copies_from_the_best_three_tenths():
    children = next_generation(study(**STILL), members(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0), seed=1)
    assert [child.copied for child in children] == [False] * 7 + [True]
    assert [child.parent for child in children[:7]] == list(range(7))
    assert children[7].parent in (0, 1, 2)  # of 8 members 0.3 are 2.4, so 3
    assert children[7].values == {"gain": 1.0 + children[7].parent}


def test_the_greatest_are_copied_where_the_objective_is_maximised():
    children = next_generation(study(direction="maximize", **STILL), members(*range(8)), seed=1)
    assert [child.copied for child in children] == [True] + [False] * 7
    assert children[0].parent in (5, 6, 7)


@pytest.mark.parametrize(
    ("scores", "copies"),
    [
        # 100 is beaten by 4.2 % of the other's score, though by 3 standard deviations of 1.3
        ((96.0,) * 7 + (100.0,), False),
        ((94.0,) * 7 + (100.0,), True),
        # 12 lies 3 deviations of 0.66 behind, and by 21 % of the other's score
        ((9.9, 9.9, 9.9, 10.0, 10.0, 10.0, 10.0, 12.0), True),
    ],
)
def test_a_copy_needs_half_a_deviation_and_five_percent(scores: tuple[float, ...], copies: bool):
    assert next_generation(study(**STILL), members(*scores), seed=1)[7].copied == copies


def test_less_than_half_a_deviation_is_no_reason_to_copy():
    # worst 2.0 against best 1.0: the gain of 1 exceeds 5 %, but not 3 deviations of at least 0.33
    wide = study(exploit_deviations=3.0, **STILL)
    assert not next_generation(wide, members(1.0, 1.0, 1.0, 1.4, 1.5, 1.6, 1.8, 2.0), seed=1)[7].copied


def test_a_member_without_a_score_goes_on_from_a_better_one():
    children = next_generation(study(**STILL), members(1.0, None, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0), seed=1)
    assert children[1].copied and children[1].parent is not None and children[1].parent != 1


def test_where_nobody_has_a_score_all_begin_anew():
    children = next_generation(study(**STILL), members(*[None] * 8), seed=1)
    assert [child.parent for child in children] == [None] * 8
    assert not any(child.copied for child in children)


def test_values_mutate_by_the_factor_either_way_as_often_as_asked():
    mission = study(population=1000, variables={"gain": {"type": "float", "low": 1e-6, "high": 1e6}})
    same = [Member(place, {"gain": 1.0}, 1.0) for place in range(1000)]
    gains = np.array([child.values["gain"] for child in next_generation(mission, same, seed=3)])
    changed = gains[gains != 1.0]
    assert 95 < changed.size < 210  # 150 expected, ± 4.9 standard deviations of √(1000·0.15·0.85) = 11.3
    factors = np.maximum(changed, 1 / changed)
    assert factors.min() >= 1.1 and factors.max() <= 1.5
    assert 0.3 < (changed > 1).mean() < 0.7


def test_mutations_stay_within_the_bounds_and_whole_numbers_move():
    mission = study(variables=VARIABLES, population=400, mutation_probability=1.0)
    edge = {"gain": 10.0, "teeth": 2, "shape": "pad"}
    children = next_generation(mission, [Member(place, edge, 1.0) for place in range(400)], seed=3)
    assert {child.values["gain"] == 10.0 for child in children} == {True, False}
    assert max(child.values["gain"] for child in children) == 10.0
    assert {child.values["teeth"] for child in children} == {1, 3}
    assert {child.values["shape"] for child in children} == {"ball", "skid"}


def test_an_overridden_variable_never_changes():
    mission = study(variables=VARIABLES, overrides={"gain": 3.0}, mutation_probability=1.0)
    more = {"study_file": "m.yaml", "code": {}, "inputs": {}, "digests": {}, "units": {}}
    frozen = FrozenStudy(study=mission.model_copy(update={"seed": 1, "batch_size": 8}), **more)
    first = design_rows(frozen, range(8), None)
    scored = first.with_columns(outcome=pl.lit("success"), objective=pl.col("trial").cast(pl.Float64))
    second = design_rows(frozen, range(8, 16), scored)
    assert set(first["gain"]) == set(second["gain"]) == {3.0}
    assert second["evaluation"].to_list() == [1] * 8
    assert second["parent"].to_list()[:7] == list(range(7))


def test_the_best_trial_is_the_best_of_all_generations():
    rows = pl.DataFrame(
        {"trial": [0, 1, 2], "outcome": ["success", "failed", "success"], "objective": [2.0, None, 1.0]}
    )
    lowest, highest = best_trial(study(), rows), best_trial(study(direction="maximize"), rows)
    assert lowest is not None and highest is not None
    assert (lowest["trial"], highest["trial"]) == (2, 0)
    assert best_trial(study(), rows.with_columns(objective=pl.lit(None))) is None
