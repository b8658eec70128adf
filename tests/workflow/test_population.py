"""Populations through real Snakemake: checkpoints from parent to child, whatever happens on the way."""

import json
import signal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.workflow.conftest import RunningStudy, wait_for

RUNTIME = """
def train(mojo_model, runtime_manager, mj_model, mj_data):
    import json
    past = []
    if mojo_model.parent_checkpoint is not None:
        past = json.loads((mojo_model.parent_checkpoint / "past.json").read_text())
    past.append([mojo_model.trial_num, mojo_model["gain"]])
    runtime_manager.step(mj_model, mj_data)
    (mojo_model.checkpoint / "past.json").write_text(json.dumps(past))
    total = sum(gain for _, gain in past)
    mojo_model.named.set("steps_of_line", len(past))
    runtime_manager.signals.post(total, "Line", attr="total")
    runtime_manager.step(mj_model, mj_data)


def judge(mojo_model, telemetry, mj_model, mj_data):
    return telemetry["Line:total"].drop_nulls()[-1]
"""
COLUMNS = ["trial", "gain", "member", "parent", "copied", "objective", "outcome"]


@pytest.fixture
def population(study: RunningStudy) -> RunningStudy:
    """A population of 4 members for 5 generations; each adds its gain to what its line of descent has gathered."""
    study.module.write_text(study.module.read_text() + RUNTIME)
    study.edit_module('spec.geom("ball").mass = mojo_model["mass"]', 'spec.geom("ball").mass = 1.0')
    study.write(
        kind="population",
        n_trial=None,
        batch_size=None,
        parameters=None,
        runtime="code/spring.py:train",
        objective="code/spring.py:judge",
        population=4,
        generations=5,
        mutation_probability=0.5,
        variables={"gain": {"type": "float", "low": 0.1, "high": 10.0, "log": True, "nominal": 1.0}},
    )
    return study


def results(population: RunningStudy) -> pl.DataFrame:
    return population.table().select(COLUMNS)


def past(population: RunningStudy, trial: int) -> Any:
    return json.loads((population.layout.trial(trial).checkpoint / "past.json").read_text())


def kept(population: RunningStudy) -> set[int]:
    return {int(path.parent.name) for path in population.layout.trials.glob("*/checkpoint")}


def test_children_run_with_the_recorded_gains_from_the_recorded_parents(population: RunningStudy):
    population.write(keep_checkpoints="all")
    population.run()
    table = results(population)
    assert table["copied"].sum() > 0
    for trial, gain, parent in table.select("trial", "gain", "parent").iter_rows():
        line = past(population, trial)  # what the runtimes wrote down themselves
        assert line[-1] == [trial, gain]
        assert line[:-1] == ([] if parent is None else past(population, parent))
        assert population.layout.trial(trial).config.exists()
    assert table["objective"].to_list() == pytest.approx(
        [sum(gain for _, gain in past(population, trial)) for trial in range(20)]
    )
    population.assert_nothing_to_do()


def test_a_population_that_is_killed_is_the_one_that_never_was(population: RunningStudy):
    population.run(cores=1)
    undisturbed, best = results(population), population.layout.best.read_text()
    population.run("clean")
    population.edit_module("    import json\n    past = []", "    import json\n    time.sleep(0.2)\n    past = []")
    for trials in (2, 9):
        process = population.start()
        wait_for(lambda trials=trials: len(population.simulated()) >= trials)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(population.simulated()) < 20
    population.run()
    assert results(population).equals(undisturbed)
    assert population.layout.best.read_text() == best
    assert set(population.counters().values()) == {1}
    population.assert_nothing_to_do()


def test_checkpoints_of_two_generations_and_of_the_best_stay(population: RunningStudy):
    population.write(requirements={"enough": {"metric": "objective", "min": 0.0}})
    assert "requirements: The trials of a population are no draws, so none of them counts" in population.run()
    best = results(population).sort("objective", "trial")["trial"][0]
    assert kept(population) == {best} | set(range(12, 20))
    page = population.layout.report.read_text()
    for words in (
        "At the end: ",
        "enough: passed by 20 of 20 trials.",
        "Lineage",
        "gain over generations",
        "Objective over generations",
        "best.json",
    ):
        assert words in page


def test_more_generations_go_on_from_the_last(population: RunningStudy):
    population.run()
    before = results(population)
    population.write(generations=7)
    population.run()
    assert results(population).head(20).equals(before)
    assert set(population.counters().values()) == {1}
    assert results(population).height == 28


def test_a_member_that_fails_goes_on_from_another(population: RunningStudy):
    fault = '    if mojo_model.trial_num == 5:\n        raise ValueError("lost")\n'
    population.edit_module("    import json\n    past = []", fault + "    import json\n    past = []")
    population.run()
    table = results(population)
    assert table["outcome"][5] == "failed"
    assert table["copied"][9] and table["parent"][9] in (4, 6, 7)
    population.assert_nothing_to_do()


def test_a_runtime_that_leaves_nothing_is_told_so(population: RunningStudy, tmp_path: Path):
    population.edit_module('    (mojo_model.checkpoint / "past.json").write_text(json.dumps(past))\n', "")
    output = population.run(ok=False)
    assert "No design of 'spring' has a score" in output
    assert "The runtime left no file in mojo_model.checkpoint" in population.status(0)["error"]


TRAINER = """
import json, sys
from pathlib import Path
gain, parent, own = sys.argv[1:]
past = json.loads((Path(parent) / "past.json").read_text()) if parent else []
past.append(float(gain))
if sum(past) < 99:
    (Path(own) / "past.json").write_text(json.dumps(past))
    Path("metrics.json").write_text(json.dumps({"objective": sum(past)}))
"""


def test_a_command_goes_on_from_its_parents_checkpoint_and_leaves_its_own(population: RunningStudy):
    (population.folder / "train.py").write_text(TRAINER)
    line = ["{python}", "train.py", "{gain}", "{parent_checkpoint}", "{checkpoint}"]
    nothing = dict.fromkeys(("generator", "runtime", "objective"))
    population.write(command=line, keep_checkpoints="all", direction="maximize", generations=3, **nothing)
    population.run()
    table = results(population)
    for trial, gain, parent in table.select("trial", "gain", "parent").iter_rows():
        assert past(population, trial) == [*([] if parent is None else past(population, parent)), gain]
    assert table["copied"].sum() > 0
    population.assert_nothing_to_do()


def test_a_population_of_two_is_refused(population: RunningStudy):
    population.write(population=2)
    assert "`population >= 4` must hold, but got 2" in population.run(ok=False)
    assert not population.layout.study.exists()
