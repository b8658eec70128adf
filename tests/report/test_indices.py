"""What the page says of designs that vary one input at a time."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from mojo.evidence.interactions import interactions
from mojo.layout import StudyLayout
from mojo.report.data import gather
from mojo.sampling.sensitivity import block_points
from tests.extras import needs
from tests.report.fabricated import study_frame
from tests.report.test_findings import UNIFORM, evidence
from tests.report.test_write import page_of

pytestmark = needs("SALib", "sensitivity")


def sensitivity_study(
    fabricate, design: str, block: int, blocks: int, lost: tuple[int, ...] = (), **keys: Any
) -> StudyLayout:
    size = 1 + block * blocks
    points = block_points(design, 3, 42, range(block * blocks), 1)
    x, y, z = np.concatenate([[[0.5] * 3], points]).T
    ended = ["diverged" if trial in lost else "success" for trial in range(size)]
    frame = study_frame(ended).select("trial", "outcome", "stage", "error", "simulated_seconds", "wall_seconds", "host")
    frame = frame.with_columns(x=x, y=y, z=z, objective=x + 2 * y)
    value = pl.when(pl.col("outcome") == "success").then("objective")
    frame = frame.with_columns((value <= 1.5).alias("requirement:low"), value.alias("requirement value:low"))
    parameters = dict.fromkeys("xyz", UNIFORM) | {"k": {"distribution": "constant", "value": 1.0}}
    study = {"parameters": parameters, "design": design, "seed": 42} | keys
    return fabricate(frame.with_columns(k=pl.lit(1.0)), telemetry=None, study=study, named=[], metrics=[], units={})


def test_sobol_indices_are_of_whole_blocks(fabricate):
    layout = sensitivity_study(fabricate, "saltelli", block=5, blocks=256, lost=(7, 8, 1280))
    page = page_of(layout)
    assert "A block of which a trial did not succeed is dropped whole: objective: 2 blocks." in page.text
    found = re.search(r"objective: y explains \S+\s% \(\S+ to \S+\) alone, (\d+)\s% \((\d+) to (\d+)\) with", page.text)
    total, low, high = (int(number) for number in found.groups())
    assert low < total < high and low <= 80 <= high  # 2²/(1 + 2²) = 80 % of the variance
    found = evidence(layout)["indices"]["objective"]
    assert (found["blocks"], found["blocks dropped"]) == (254, 2)  # trials 7 and 8 are of one block
    assert found["total"]["y"]["value"] == pytest.approx(0.8, abs=0.05)
    assert found["first order"]["x"]["value"] == pytest.approx(0.2, abs=0.05)
    assert found["total"]["z"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_morris_effects_are_of_whole_trajectories(fabricate):
    layout = sensitivity_study(fabricate, "morris", block=4, blocks=12, lost=(4,))
    assert "y changes it by" in page_of(layout).text
    found = evidence(layout)["indices"]["objective"]
    assert (found["blocks"], found["blocks dropped"]) == (11, 1)
    # levels are the middles of quarters, so the range that an effect is scaled to is ¾ of the input's
    assert found["mu*"]["y"]["value"] == pytest.approx(2 * 0.75)
    assert found["mu"]["x"] == pytest.approx(0.75) and found["sigma"]["x"] == pytest.approx(0, abs=1e-9)


def test_effects_of_few_trajectories_have_no_interval(fabricate):
    # by 60 seeds, bootstrapped 95 % intervals of mu* covered it in 53 % with 2 blocks, 74 % with 4, 90 % with 8
    layout = sensitivity_study(fabricate, "morris", block=4, blocks=4)
    assert "y changes it by 1.5; x changes it by 0.75" in (text := page_of(layout).text)
    assert "Intervals take at least 8 whole blocks." in text
    assert evidence(layout)["indices"]["objective"]["mu*"]["y"] == {"value": 1.5, "low": None, "high": None}


def test_a_design_whose_blocks_are_all_broken_says_so(fabricate):
    lost = tuple(range(1, 21, 5))
    page = page_of(sensitivity_study(fabricate, "saltelli", block=5, blocks=4, lost=lost))
    assert "objective: too few whole blocks (0, and it takes 8)." in page.text


def test_blocks_are_kept_together(fabricate):
    layout = sensitivity_study(fabricate, "saltelli", block=5, blocks=4)
    assert gather(layout).blocks(np.arange(1, 21)).tolist() == np.repeat(range(4), 5).tolist()


def test_the_page_judges_by_the_two_trials_of_a_block_that_were_drawn(fabricate):
    limits = {"low": {"metric": "objective", "max": 1.5}}
    data = gather(sensitivity_study(fabricate, "saltelli", block=5, blocks=4, lost=(1, 2), requirements=limits))
    [verdict] = data.verdicts
    low = data.table["requirement:low"]  # by trial: 1 to 5 are the first block, of which 1 and 5 were drawn
    passed = sum(low[trial] is True for trial in (1, 5, 6, 10, 11, 15, 16, 20))
    assert (verdict.counted.trials, verdict.counted.passed, verdict.unfinished) == (8, passed, 1)


def test_tests_count_trials_that_share_no_inputs(fabricate):
    # whether a trial meets the requirement is by chance, but all trials of a block do the same
    layout = sensitivity_study(fabricate, "morris", block=4, blocks=40, requirements={"low": {"metric": "x", "max": 1}})
    luck = pl.col("trial").sub(1).floordiv(4).hash(1) % 2 == 0
    table = pl.read_parquet(layout.trials_table).with_columns(luck.alias("requirement:low"))
    data = replace(gather(layout), table=table)
    [divided] = data.findings.splits
    first = table.filter(pl.col("trial") % 4 == 1)
    assert divided.compared == first.height == 40
    failed, passed = (first.filter(pl.col("requirement:low") == good)["x"] for good in (False, True))
    split = next(split for split in divided.splits if split.name == "x")
    assert (split.failed, split.passed) == (failed.median(), passed.median())
    assert divided.failed + divided.passed == 161  # the points are all trials


def test_inputs_act_together_by_trials_that_share_no_inputs():
    # within a block the output stays the same, so that 40 numbers look like 360
    rng = np.random.default_rng(1)
    inputs, blocks = block_points("morris", 8, 42, range(9 * 40), 1), np.repeat(np.arange(40), 9)
    output = rng.normal(size=40)[blocks].reshape(-1, 1)
    assert len(interactions(inputs, output)[0]) > 0
    apart = np.arange(0, 360, 9)
    assert interactions(inputs[apart], output[apart]) == [[]]
