"""Population studies: what they hold, and what is refused."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from mojo.study.population import PopulationStudy

STUDY: dict[str, Any] = {
    "name": "mission",
    "kind": "population",
    "generator": "/code/satellite.py:generate",
    "runtime": "/code/satellite.py:run",
    "objective": "/code/satellite.py:objective",
    "population": 8,
    "generations": 3,
    "variables": {"gain": {"type": "float", "low": 0.1, "high": 10.0, "unit": "N/m"}},
}
COMMAND = dict.fromkeys(("generator", "runtime", "objective"))


def study(**changes: Any) -> PopulationStudy:
    return PopulationStudy.model_validate(STUDY | changes)


def test_a_generation_is_a_batch_and_a_member_a_trial_of_it():
    mission = study()
    assert (mission.own_batch_size, mission.trial_count) == (8, 24)
    assert mission.decided_by(2) == range(2)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"population": 2}, "`population >= 4` must hold, but got 2: the worst are to learn from others"),
        ({"worst_fraction": 0.8}, "`worst_fraction + best_fraction <= 1` must hold, but got 0.8 and 0.3"),
        ({"mutation_factor": [0.9, 1.5]}, "`1 < least <= greatest mutation_factor` must hold, but got [0.9, 1.5]"),
        ({"n_trial": 20}, "`n_trial` is population times generations, 24, but got 20. Leave it out"),
        ({"batch_size": 4}, "`batch_size` is the population, 8, but got 4. Leave it out"),
        (
            {"variables": {"gain": {"type": "float", "low": 0.0, "high": 1.0}}},
            "`low > 0` must hold for 'gain', which mutations multiply, but got 0",
        ),
        (
            {"variables": {"gain": {"type": "float", "low": 1.0, "high": 1.0}}},
            "`low < high` must hold, but got low=1, high=1",
        ),
        ({"objective": None}, "a population needs an `objective`"),
        ({"runtime": None, "duration": 1.0}, "a population needs a `runtime`, which goes on from a checkpoint"),
        (COMMAND | {"command": ["train", "{gain}"]}, "a command of a population needs the place {checkpoint}"),
        (COMMAND | {"command": ["train", "{gian}", "{checkpoint}"]}, "Place '{gian}' is not in use. Did you mean"),
        (
            COMMAND | {"command": {"run": ["train", "{checkpoint}"], "score": False}},
            "a population needs a score of each member, but command.score is false",
        ),
        ({"overrides": {"gain": 1.0}}, "overrides fix every variable, so members do not differ: gain"),
    ],
)
def test_what_no_population_could_do_is_refused(changes: dict[str, Any], says: str):
    with pytest.raises(ValidationError, match=re.escape(says)):
        study(**changes)
