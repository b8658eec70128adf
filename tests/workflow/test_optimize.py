"""Searches through real Snakemake: the same search, whatever happens to it on the way."""

import json
import re
import signal
import sqlite3
from pathlib import Path
from typing import Any

import optuna
import polars as pl
import pytest

from tests.workflow.conftest import RunningStudy, wait_for

COLUMNS = ["trial", "mass", "drag", "wind", "design_id", "evaluation", "objective", "outcome"]
OPTIONS: dict[str, dict[str, Any]] = {"tpe": {"n_startup_trials": 3}, "nsgaii": {"population_size": 4}}
OBJECTIVE = """
def objective(mojo_model, telemetry, mj_model, mj_data):
    error = (mojo_model["mass"] - 1.2) ** 2 + (mojo_model["drag"] - 0.3) ** 2
    return {"objective": error + 0.01 * mojo_model["wind"], "weight": mojo_model["mass"]}
"""
FAILING = """    if mojo_model["mass"] > 1.8:
        raise ValueError("too heavy")
"""


@pytest.fixture
def search(study: RunningStudy) -> RunningStudy:
    """A search of 12 designs, 4 at a time, each in 2 trials."""
    study.module.write_text(study.module.read_text() + OBJECTIVE)
    study.write(
        kind="optimize",
        n_trial=12,
        batch=4,
        batch_size=None,
        evals_per_trial=2,
        variables={
            "mass": {"type": "float", "low": 0.5, "high": 2.0, "nominal": 1.0, "unit": "kg"},
            "drag": {"type": "float", "low": 0.0, "high": 1.0, "nominal": 0.5},
        },
        parameters={"wind": {"distribution": "normal", "mean": 0.0, "std": 1.0}},
    )
    return study


def results(search: RunningStudy) -> pl.DataFrame:
    return search.table().select(COLUMNS)


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "nsgaii", "random"])
def test_a_search_that_is_killed_twice_is_the_one_that_never_was(search: RunningStudy, sampler: str):
    search.write(sampler=sampler, sampler_options=OPTIONS.get(sampler, {}))
    search.run(cores=1)
    undisturbed, best = results(search), search.layout.best.read_text()
    search.run("clean")
    search.edit_module("    mj_data.qpos[0] = 0.5", "    time.sleep(0.15)\n    mj_data.qpos[0] = 0.5")
    for trials in (3, 13):  # in the first batch, and in the second
        process = search.start(cores=2)
        wait_for(lambda trials=trials: len(search.simulated()) >= trials)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(search.simulated()) < 24
    search.run(cores=2)
    assert results(search).equals(undisturbed)
    assert search.layout.best.read_text() == best
    assert set(search.counters().values()) == {1}
    search.assert_nothing_to_do()


def test_the_search_finds_its_way_and_best_json_fixes_another_study(search: RunningStudy):
    search.write(n_trial=40, evals_per_trial=1)
    search.run()
    best = json.loads(search.layout.best.read_text())
    first = search.table()["objective"][0]  # of the nominal design: 0.2² + 0.2²
    assert search.table()["objective"].min() < first / 3
    assert set(best) == {"mass", "drag"}
    search.write(
        name="fixed",
        kind="monte-carlo",
        overrides="results/spring/best.json",
        n_trial=3,
        batch=None,
        variables=None,
        evals_per_trial=None,
        batch_size=3,
        parameters={name: {"distribution": "uniform", "low": 0.0, "high": 2.0} for name in ("mass", "drag", "wind")},
    )
    search.run()
    fixed = pl.read_parquet(search.layout.root.with_name("fixed") / "trials.parquet")
    assert fixed["mass"].to_list() == [best["mass"]] * 3


def test_a_grown_search_keeps_its_designs_and_confirms_anew(search: RunningStudy):
    search.write(confirm={"best": 2, "n_trial": 5}, refine_search_factor=0.3)
    search.run()
    small = results(search)
    assert small["evaluation"].to_list()[24:] == [2, 3, 4, 5, 6] * 2
    search.write(n_trial=20)
    search.run()
    grown = results(search)
    assert grown.height == 40 + 10
    assert grown.head(24).equals(small.head(24))
    assert json.loads(search.layout.study.read_text())["n_trial_before"] == [12]
    narrow = grown.slice(24, 16)
    assert narrow["drag"].max() - narrow["drag"].min() <= 0.3 + 1e-9
    search.layout.table("design", 4).unlink()  # comes back as it was, in its narrower bounds
    search.run()
    assert results(search).equals(grown)
    search.assert_nothing_to_do()


def test_failed_trials_are_told_and_not_tried_again_once_the_search_went_on(search: RunningStudy):
    search.edit_module("    error = (", FAILING + "    error = (")
    search.write(sampler="random")
    search.run()
    table = results(search)
    failed = table.filter(pl.col("mass") > 1.8)
    assert failed.height > 0
    assert set(failed["outcome"]) == {"failed"}
    assert set(failed["objective"]) == {None}
    assert json.loads(search.layout.best.read_text())["mass"] <= 1.8
    runs = search.counters("score")
    output = search.run()
    last = {trial for trial in failed["trial"] if trial >= 16}
    assert {trial for trial in runs if search.counters("score")[trial] > runs[trial]} == last
    assert ("Nothing to be done" in output) == (not last)


def test_a_search_without_any_score_ends_with_an_error_that_says_so(search: RunningStudy):
    search.edit_module("    error = (", FAILING.replace("1.8", "0.0") + "    error = (")
    output = search.run(ok=False)
    assert "No design of 'spring' has a score" in output


def test_after_its_time_no_batch_is_asked_for_until_the_limit_changes(search: RunningStudy):
    search.edit_module("    mj_data.qpos[0] = 0.5", "    time.sleep(0.2)\n    mj_data.qpos[0] = 0.5")
    search.write(search_timeout=0.3, confirm={"best": 1, "n_trial": 4})
    search.run()
    stopped = results(search)
    assert stopped["design_id"].n_unique() < 12
    assert stopped.height == stopped["design_id"].n_unique() * 2 + 4  # the confirmation is still made
    page = search.layout.report.read_text()
    assert re.search(r"The search ended at its time limit of 300 ms \(search_timeout\), after \d+ of 12 designs", page)
    search.assert_nothing_to_do()
    search.write(search_timeout=1000.0)
    output = search.run()
    assert "is asked for: the time limit of the search has changed" in output
    assert results(search).height == 24 + 4
    assert results(search).head(8).equals(stopped.head(8))
    search.assert_nothing_to_do()


def test_every_design_is_copied_to_the_storage(search: RunningStudy, tmp_path: Path):
    search.write(storage=f"sqlite:///{tmp_path}/copy.db")
    search.run()
    copy = optuna.load_study(study_name="spring", storage=f"sqlite:///{tmp_path}/copy.db")
    means = search.table().group_by("design_id", maintain_order=True).agg(pl.col("objective").mean())["objective"]
    assert [trial.value for trial in copy.trials] == pytest.approx(means.to_list())


def test_a_locked_storage_loses_no_result(search: RunningStudy, tmp_path: Path):
    search.write(storage=f"sqlite:///{tmp_path}/copy.db?timeout=0.2")
    with sqlite3.connect(tmp_path / "copy.db") as holder:
        holder.execute("BEGIN EXCLUSIVE")
        output = search.run()
    assert output.count("mojo: warning: storage: ") == 1
    assert "The search goes on without the copy." in output
    assert results(search).height == 24


PROGRAM = """
import json, sys
mass, wind, seed = sys.argv[1:]
with open("metrics.json", "w") as file:
    json.dump({"objective": (float(mass) - 1.2) ** 2 + 0.01 * float(wind), "seed": seed}, file)
"""


def test_commands_are_searched_over_common_draws_and_the_confirmation_judges_the_winner(search: RunningStudy):
    (search.folder / "program.py").write_text(PROGRAM)
    search.write(
        **dict.fromkeys(("generator", "runtime", "objective")),
        command=["{python}", "-S", "program.py", "{mass}", "{wind}", "{seed}"],
        variables={"mass": search.keys["variables"]["mass"]},
        n_trial=8,
        confirm={"best": 1, "n_trial": 6},
        requirements={"near": {"metric": "objective", "max": 10.0, "probability": 0.5}},
    )
    output = search.run()
    table = search.table()
    for column in ("metric:seed", "wind"):
        assert set(table.group_by("evaluation").agg(pl.col(column).n_unique())[column]) == {1}
    assert table["evaluation"].n_unique() == 2 + 6
    # were half of all trials to fail, 6 of 6 would pass in 1 of 64 cases, which 90 % confidence rules out
    assert "requirement near: MET (objective at most 10, in at least 50 % of trials): 6 of 6 trials pass" in output
    assert json.loads(search.layout.complete.read_text())["requirements"] == {"near": "MET"}
    search.assert_nothing_to_do()
    search.write(confirm=None)
    assert "requirements: The trials of a search chose its best design, so they cannot judge it" in search.run()
    assert json.loads(search.layout.complete.read_text())["requirements"] == {"near": "NOT ENOUGH TRIALS"}
    page = search.layout.report.read_text()
    assert "near: passed by 8 of 8 designs of the search, in all trials of each." in page


def test_all_problems_of_a_search_are_told_before_any_job(search: RunningStudy):
    search.write(
        variables={"mass": {"type": "float", "low": 1.0, "high": 1.0}}, objectives=["objective", "weight"], n_trial=11
    )
    output = search.run(ok=False)
    assert "variables.mass: `low < high` must hold, but got low=1, high=1" in output
    assert not search.layout.study.exists()
    search.write(variables={"mass": {"type": "float", "low": 1.0, "high": 2.0}})
    assert "every objective needs a direction, but got 1 for 2 (objective, weight)" in search.run(ok=False)
    search.write(objectives=None, n_trial=12, sampler_options={"startup": 3})
    assert "Option 'startup' is not in the sampler tpe." in search.run(ok=False)
    assert not search.layout.trials.exists()
