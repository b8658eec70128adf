"""Cells and main effects: means over seeds with their interval, means over cells along each input."""

import numpy as np
import polars as pl
import pytest

from mojo.report.data import gather
from mojo.report.figures.effects import Effect
from mojo.report.sections import sweep
from mojo.report.statistics import Summary, summarise
from tests.report.test_write import page_of

# mass and surface in every combination, three seeds each; the objective is 10·mass + 1 on ice, plus -1, 0, +1
CELLS = [(mass, surface) for mass in (1, 2) for surface in ("ice", "wood")]
ROWS = [
    {
        "trial": seed * len(CELLS) + number,
        "name": f"a mass={mass}, surface={surface} #{seed + 1}",
        "experiment": "a",
        "outcome": "success",
        "error": None,
        "mass": mass,
        "surface": surface,
        "objective": 10.0 * mass + (surface == "ice") + seed - 1,
    }
    for seed in range(3)
    for number, (mass, surface) in enumerate(CELLS)
]
STUDY = {"kind": "sweep", "evals_per_trial": 3, "parameters": {"mass": {}, "surface": {}}}


OPTIONS = {"telemetry": None, "study": STUDY, "metrics": (), "named": (), "units": {"mass": "kg"}}


@pytest.fixture
def section_of(fabricate):
    def build(rows):
        found = sweep.section(gather(fabricate(pl.DataFrame(rows), **OPTIONS)))
        assert found is not None
        return found.values

    return build


def test_a_cell_is_the_mean_over_its_seeds_with_students_interval(section_of):
    first, *_ = rows = section_of(ROWS)["rows"]
    assert len(rows) == 4
    # values 10, 11, 12: mean 11, s = 1, t(0.975, 2) = 4.3027, so 11 ± 4.3027/√3 = 11 ± 2.4841
    assert first == {
        "name": "a mass=1, surface=ice",
        "planned": 3,
        "size": 3,
        "mean": "11.00",
        "interval": "8.52 to 13.48",
    }


def test_a_cell_without_success_says_so_and_the_others_stay(section_of):
    lost = [
        row | {"outcome": "failed", "objective": None} if "mass=1, surface=ice" in row["name"] else row for row in ROWS
    ]
    rows = section_of(lost)["rows"]
    assert [row["size"] for row in rows] == [0, 3, 3, 3]


def test_the_main_effect_of_an_input_is_the_mean_over_the_others():
    effect = Effect("a", ["ice", "wood", "ice", "wood"], np.array([11.0, 10.0, 21.0, 20.0]))
    levels, means = effect.main()
    assert levels == ["ice", "wood"]
    np.testing.assert_allclose(means, [16.0, 15.0])


def test_every_input_that_varies_has_its_figure(section_of):
    plots = section_of(ROWS)["plots"]
    assert [plot.title for plot in plots] == ["mass [kg]", "surface"]
    _, line = plots[0].figure.data
    assert (list(line["x"]), list(line["y"])) == ([1, 2], [10.5, 20.5])  # means over ice and wood


def test_one_value_has_no_interval():
    summary = summarise(np.array([1.0]))
    assert isinstance(summary, Summary)
    assert sweep.interval(summary) == (None, None)


def test_the_page_shows_cells_figures_and_the_names_of_all_trials(fabricate):
    run = {"stage": "score", "warnings": None, "solver_at_cap": 0, "steps": 9, "simulated_seconds": 1.0}
    run |= {"wall_seconds": 0.1, "generate_seconds": 0.1, "host": "lab7", "cpu_model": "AMD", "model_hash": "0"}
    page = page_of(fabricate(pl.DataFrame([row | run for row in ROWS]), **OPTIONS))
    assert "a mass=1, surface=ice" in page.text
    assert "8.52 to 13.48" in page.text
    assert "one line an experiment" in page.text
    names = next(column for column in page.table["columns"] if column["name"] == "name")
    assert names["words"] == [row["name"] for row in ROWS]
