"""Sweeps run through Snakemake: every combination with every seed, each trial once."""

from typing import Any

import pytest

from tests.workflow.conftest import RunningStudy

EXPERIMENTS: list[dict[str, Any]] = [
    {"name": "light", "grid": {"mass": [0.5, 1.0]}},
    {"name": "heavy", "values": {"mass": 4.0}},
]


@pytest.fixture
def sweep(study: RunningStudy) -> RunningStudy:
    """Three masses, with two seeds each that decide how far the spring is drawn."""
    study.edit_module(
        "    mojo_model.spec = spec\n",
        "    mojo_model.spec = spec\n"
        "    mojo_model.draw('stretch', {'distribution': 'uniform', 'low': 0.4, 'high': 0.6})\n",
    )
    study.edit_module("mj_data.qpos[0] = 0.5", "mj_data.qpos[0] = mojo_model['stretch']")
    study.write(kind="sweep", parameters=None, n_trial=None, experiments=EXPERIMENTS, evals_per_trial=2)
    return study


def test_all_combinations_run_with_the_same_seeds_and_more_seeds_add_trials(sweep: RunningStudy):
    sweep.run()
    table = sweep.table()
    assert table["name"].to_list() == [
        *("light mass=0.5 #1", "light mass=1 #1", "heavy #1"),
        *("light mass=0.5 #2", "light mass=1 #2", "heavy #2"),
    ]
    assert table["mass"].to_list() == [0.5, 1.0, 4.0] * 2
    stretch = table["stretch"].to_list()
    assert stretch[0] == stretch[1] == stretch[2] != stretch[3] == stretch[4] == stretch[5]
    page = sweep.layout.report.read_text()
    assert "Cells and main effects" in page
    assert "light mass=0.5 #1" in page
    sweep.assert_nothing_to_do()

    sweep.write(evals_per_trial=3, experiment_suffix="_b")
    sweep.run()
    assert sweep.counters() == dict.fromkeys(range(9), 1)  # six were there: a new name alone runs nothing
    assert sweep.table()["name"].to_list()[-1] == "heavy_b #3"
    assert sweep.table()["stretch"].to_list()[:6] == stretch
    sweep.assert_nothing_to_do()


def test_a_key_of_the_study_can_be_given_on_the_command_line(sweep: RunningStudy):
    sweep.write(experiments=[EXPERIMENTS[0]])
    sweep.run(config=("evals_per_trial=1",))
    assert sweep.table()["name"].to_list() == ["light mass=0.5", "light mass=1"]


@pytest.mark.parametrize(
    ("experiments", "message"),
    [
        ([{"name": "a", "grid": {}}], "experiments.0: `grid` is empty"),
        ([EXPERIMENTS[0], EXPERIMENTS[0]], "experiments: two have the name 'light'"),
    ],
)
def test_experiments_that_make_no_sense_are_refused_before_any_job(
    sweep: RunningStudy, experiments: list[dict[str, Any]], message: str
):
    sweep.write(experiments=experiments)
    assert message in sweep.run(ok=False)
    assert not sweep.layout.root.exists()
