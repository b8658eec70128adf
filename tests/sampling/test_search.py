"""A search that is rebuilt from what it noted is the search that was never interrupted."""

import importlib.util
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from mojo.errors import StudyError
from mojo.sampling.search import Search, ask, make_sampler
from mojo.sampling.space import Space, shrunk
from mojo.sampling.told import Attributes, Design, Told

SPACE: Space = {
    "stiffness": FloatDistribution(1.0, 1000.0, log=True),
    "damping": FloatDistribution(0.0, 2.0),
    "legs": IntDistribution(3, 8),
}
MIXED: Space = SPACE | {"shape": CategoricalDistribution(["ball", "pad"])}
BATCH, BATCHES = 6, 6
SMALL_POPULATION = {"nsgaii": {"population_size": 6}, "nsgaiii": {"population_size": 6}}
HAS_TORCH = importlib.util.find_spec("torch") is not None
GP = pytest.param("gp", marks=pytest.mark.skipif(not HAS_TORCH, reason="the sampler gp needs torch"))
SAMPLERS = ("tpe", "cmaes", "random", "nsgaii", "nsgaiii", "qmc", GP)


def search(sampler: str, **changes: Any) -> Search:
    options = SMALL_POPULATION.get(sampler, {})
    keys = {"sampler": sampler, "space": SPACE, "directions": ["minimize"], "seed": 5, "options": options}
    return Search(**(keys | changes))


def score(parameters: Any) -> float:
    return (parameters["damping"] - 0.7) ** 2 + (parameters["stiffness"] / 100 - 1) ** 2 + parameters["legs"]


def from_disk(design: Design) -> Design:
    """Return the design as it comes back from a table, where what the sampler noted is text."""
    noted = json.loads(json.dumps({"trial": design.attributes.trial, "study": design.attributes.study}))
    return Design(dict(design.parameters), Attributes(noted["trial"], noted["study"]))


def outcome(design: Design, number: int, values: Callable[[Any], Sequence[float]]) -> Told:
    return Told(design, "failed") if number % 5 == 3 else Told(design, "complete", values(design.parameters))


def run(asked: Search, values: Callable[[Any], Sequence[float]] = lambda parameters: [score(parameters)]) -> list[Told]:
    history: list[Told] = []
    for batch in range(BATCHES):
        designs = map(from_disk, ask(asked, history, batch, BATCH))
        history += [outcome(design, len(history) + place, values) for place, design in enumerate(designs)]
    return history


def never_closed(asked: Search, values: Callable[[Any], Sequence[float]]) -> list[dict[str, Any]]:
    """Return the designs of one Optuna study that lives from beginning to end, its sampler seeded batch by batch."""
    study = optuna.create_study(directions=list(asked.directions))
    for batch in range(BATCHES):
        study.sampler = make_sampler(asked, batch)
        trials = [study.ask(asked.space) for _ in range(BATCH)]
        for trial in trials:
            if trial.number % 5 == 3:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, values(trial.params))
    return [trial.params for trial in study.trials]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_study_rebuilt_for_each_batch_asks_what_one_that_is_never_closed_asks(sampler: str):
    asked = search(sampler)
    designs = [dict(told.design.parameters) for told in run(asked)]
    assert designs == never_closed(asked, lambda parameters: [score(parameters)])


@pytest.mark.parametrize("sampler", ["tpe", "nsgaii", "nsgaiii", "random"])
def test_the_same_holds_with_two_objectives_and_categories(sampler: str):
    asked = search(sampler, space=MIXED, directions=["minimize", "maximize"])

    def values(parameters: Any) -> list[float]:
        return [score(parameters), parameters["damping"] - (parameters["shape"] == "pad")]

    assert [dict(told.design.parameters) for told in run(asked, values)] == never_closed(asked, values)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_batch_may_be_asked_for_again_and_in_part(sampler: str):
    asked, history = search(sampler), run(search(sampler))
    whole = ask(asked, history, BATCHES, BATCH)
    assert ask(asked, history, BATCHES, BATCH) == whole
    assert ask(asked, history, BATCHES, 2) == whole[:2]


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "random", "qmc"])  # genetic samplers may pass on a whole parent
def test_no_design_comes_twice_and_another_seed_gives_others(sampler: str):
    designs = [tuple(told.design.parameters.values()) for told in run(search(sampler))]
    assert len(set(designs)) == len(designs)
    if sampler != "qmc":  # Sobol points that are not scrambled have no seed
        others = {tuple(told.design.parameters.values()) for told in run(search(sampler, seed=6))}
        assert others.isdisjoint(designs)


def test_cmaes_carries_its_covariance_from_batch_to_batch():
    generations = [told.design.attributes.trial.get("cma:generation") for told in run(search("cmaes"))]
    assert generations[-1] >= 1
    assert any("cma:optimizer:0" in told.design.attributes.trial for told in run(search("cmaes")))


def test_the_nominal_design_comes_first():
    first, second = ask(search("tpe", nominal={"stiffness": 40.0, "damping": 0.5, "legs": 4}), [], 0, 2)
    assert first.parameters == {"stiffness": 40.0, "damping": 0.5, "legs": 4}
    assert second.parameters != first.parameters


def test_variables_without_a_nominal_are_sampled_in_the_first_design():
    [first] = ask(search("tpe", nominal={"legs": 4}), [], 0, 1)
    assert first.parameters["legs"] == 4
    assert 1.0 < first.parameters["stiffness"] < 1000.0


def test_a_grid_visits_every_point_once():
    space: Space = {"legs": IntDistribution(3, 8), "damping": FloatDistribution(0.0, 1.0, step=0.5)}
    asked, history = search("grid", space=space), []
    for batch in range(3):  # 18 points
        history += [Told(design, "complete", [1.0]) for design in map(from_disk, ask(asked, history, batch, 6))]
    points = {tuple(sorted(told.design.parameters.items())) for told in history}
    assert points == {(("damping", d), ("legs", n)) for n in range(3, 9) for d in (0.0, 0.5, 1.0)}


def test_failed_designs_are_never_numbers_to_the_sampler():
    # with every design failed there is nothing to learn, so TPE draws at random, as the random sampler does
    history: list[Told] = []
    for batch in range(4):
        history += [Told(design, "failed") for design in ask(search("tpe"), history, batch, 8)]
    assert [told.design.parameters for told in history[:8]] == [
        design.parameters for design in ask(search("random"), [], 0, 8)
    ]
    tpe, random = (ask(search(sampler), history, 4, 3) for sampler in ("tpe", "random"))
    assert [design.parameters for design in tpe] == [design.parameters for design in random]


def test_pruned_designs_drive_tpe_away():
    def share_below(state: str) -> float:
        history: list[Told] = []
        for batch in range(10):
            for design in ask(search("tpe"), history, batch, 8):
                good = design.parameters["damping"] > 1.0
                history.append(Told(design, "complete", [1.0]) if good else Told(design, state))
        return sum(told.design.parameters["damping"] < 1.0 for told in history[40:]) / 40

    assert share_below("pruned") < 0.6 * share_below("failed")


def test_broken_constraints_count_more_than_the_objective():
    # the least value lies at damping 0, which the constraint damping >= 1 forbids
    history: list[Told] = []
    for batch in range(12):
        for design in ask(search("tpe"), history, batch, 8):
            value = design.parameters["damping"]
            history.append(Told(design, "complete", [value], {"limits": 1.0 - value}))
    late = [told.design.parameters["damping"] for told in history[48:]]
    assert 1.0 < sorted(late)[len(late) // 2] < 1.4


def test_a_smaller_space_keeps_what_lies_inside_and_forgets_what_the_sampler_noted():
    history = run(search("cmaes"))
    best = min((told for told in history if told.state == "complete"), key=lambda told: told.values[0])
    space = shrunk(SPACE, best.design.parameters, 0.25)
    designs = ask(search("cmaes", space=space), history, BATCHES, 20, restart=len(history))
    for name, distribution in space.items():
        assert all(distribution.low <= design.parameters[name] <= distribution.high for design in designs)


def test_an_option_that_the_sampler_does_not_have_is_an_error():
    with pytest.raises(StudyError, match=r"Option 'popsiz' is not in the sampler cmaes\. Did you mean 'popsize'\?"):
        make_sampler(search("cmaes", options={"popsiz": 4}), 0)


def test_a_population_of_one_is_an_error():
    with pytest.raises(StudyError, match=r"nsgaii cannot be made with .*`population_size` must be greater than"):
        make_sampler(search("nsgaii", options={"population_size": 1}), 0)


def test_a_sampler_whose_library_is_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(StudyError, match="The sampler gp needs the library torch, which is not installed: pip install"):
        make_sampler(search("gp"), 0)
