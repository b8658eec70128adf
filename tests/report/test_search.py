"""What the report says of a search."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mojo.layout import StudyLayout
from mojo.report.figures.search import Axis, contour_figure, history_figure, parallel_figure
from mojo.report.write import write_report
from tests.report.fabricated import study_frame, write_results
from tests.study.test_optimize import STUDY

NOTES = '{"trial": {}, "study": {}}'
VARIABLES = {
    "stiffness": {"type": "float", "low": 1.0, "high": 100.0, "log": True, "unit": "N/m"},
    "legs": {"type": "int", "low": 3, "high": 6},
    "shape": {"type": "categorical", "values": ["ball", "pad"]},
}
DESIGNS, K = 24, 2


def write(folder: Path, **changes: Any) -> str:
    """Write the report of a fabricated search of 24 designs in 2 trials each, and return it."""
    number = np.arange(DESIGNS * K) // K
    rng = np.random.default_rng(3)
    stiffness = np.exp(rng.uniform(0, np.log(100), DESIGNS))[number]
    columns = {
        "design_id": number,
        "evaluation": np.arange(DESIGNS * K) % K,
        "phase": ["search"] * (DESIGNS * K),
        "sampler_notes": [NOTES] * (DESIGNS * K),
        "stiffness": stiffness,
        "legs": rng.integers(3, 7, DESIGNS)[number],
        "shape": rng.choice(["ball", "pad"], DESIGNS)[number],
        "objective": np.log(stiffness / 10) ** 2 + np.tile([0.1, -0.1], DESIGNS),
        "peak": stiffness,
    }
    outcomes = ["success"] * (DESIGNS * K - 1) + ["diverged"]
    frame = (
        study_frame(outcomes).drop("release_angle", "surface").with_columns(pl.Series(k, v) for k, v in columns.items())
    )
    score = pl.when(pl.col("outcome") == "success").then("objective").alias("objective")
    study = STUDY | {"n_trial": DESIGNS, "evals_per_trial": K, "variables": VARIABLES, "parameters": {}} | changes
    layout = StudyLayout(folder / "results" / "legs")
    write_results(layout, frame.with_columns(score), study=study)
    write_report(layout)
    return layout.report.read_text()


def titles(page: str) -> list[str]:
    return re.findall(r"<figcaption>(.*?)</figcaption>", page.partition('id="search"')[2].partition('id="metrics"')[0])


def test_a_search_has_its_winner_and_its_figures(tmp_path: Path):
    page = write(tmp_path)
    assert re.search(r"Best: <a [^>]*>design \d+</a> with", page)
    assert "best.json" in page
    assert "1 design without a score, since a trial did not succeed; told as failed." in page
    expected = ["History of objective", "Importance", "Parallel coordinates", "objective over stiffness and legs"]
    assert titles(page) == expected or titles(page) == [*expected[:3], "objective over legs and stiffness"]


def test_the_winner_has_the_least_mean_of_all(tmp_path: Path):
    page = write(tmp_path)
    table = pl.read_parquet(tmp_path / "results" / "legs" / "trials.parquet").filter(pl.col("design_id") < DESIGNS - 1)
    means = table.group_by("design_id").agg(pl.col("objective").mean()).sort("objective")
    assert f">design {means['design_id'][0]}</a> with" in page


def test_two_objectives_have_a_front(tmp_path: Path):
    page = write(tmp_path, objectives=["objective", "peak"], direction=["minimize", "minimize"])
    assert titles(page)[0] == "Pareto front of objective and peak"
    assert "On the Pareto front: " in page


def test_the_history_keeps_the_best_so_far_and_marks_what_failed():
    values, kept = np.array([3.0, 1.0, np.nan, 2.0]), np.array([True, False, True, True])
    figure = history_figure(Axis("shock", "N", values), np.array([3.0, 3.0, 3.0, 2.0]), kept, np.arange(4))
    good, broken, best, failed = figure.data
    assert (list(good["x"]), list(broken["x"]), list(failed["x"])) == ([0, 3], [1], [2])
    assert list(best["y"]) == [3.0, 3.0, 3.0, 2.0]


def test_parallel_coordinates_run_from_the_least_to_the_greatest_value():
    axes = [
        Axis("k", None, np.array([1.0, 10.0, 100.0, 1.0]), log=True),
        Axis("f", None, np.array([4.0, 3.0, 2.0, 1.0])),
    ]
    lines = [trace for trace in parallel_figure(axes, np.array([3, 2, 1, 0])).data if trace["mode"] == "lines"]
    best = lines[-1]  # drawn last, on top
    assert best["name"] == "best quarter"
    assert list(best["y"][:2]) == [0.0, 0.0]
    assert list(lines[-3]["y"][:2]) == pytest.approx([0.5, 2 / 3])  # of 10 between 1 and 100, and of 3 between 1 and 4


def test_contours_follow_a_plane():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 1, 60), rng.uniform(0, 1, 60)
    figure = contour_figure(Axis("x", None, x), Axis("y", None, y), Axis("f", None, 2 * x + y), 5)
    contour = figure.data[0]
    assert contour["type"] == "contour"
    middle = (contour["x"][20], contour["y"][20])
    assert contour["z"][20, 20] == pytest.approx(2 * middle[0] + middle[1], rel=1e-4)


def test_the_page_begins_with_the_score_of_the_best_design(tmp_path: Path):
    page = write(tmp_path)
    best = re.search(r"Best: <a [^>]*>design (\d+)</a>", page)
    assert best is not None
    assert f"Best: design {best[1]}, objective " in page
