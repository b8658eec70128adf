"""A frozen study of two batches in a results folder, without trials."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mojo.layout import StudyLayout
from mojo.runtime.warnings import print_warnings
from mojo.study.frozen import Code, FrozenStudy
from mojo.study.monte_carlo import MonteCarloStudy
from tests.browser import browser, open_page  # noqa: F401 - fixtures; one browser serves all tests of a process

print_warnings()  # tests that let a simulation diverge leave no MUJOCO_LOG.TXT where they are run

Freeze = Callable[..., FrozenStudy]

STUDY = {
    "name": "drop",
    "kind": "monte-carlo",
    "generator": "/code/drop.py:generate",
    "duration": 1.0,
    "seed": 1,
    "n_trial": 4,
    "batch_size": 2,
    "parameters": {"height": {"distribution": "uniform", "low": 0.0, "high": 1.0, "unit": "m"}},
}


@pytest.fixture
def layout(tmp_path: Path) -> StudyLayout:
    return StudyLayout(tmp_path / "results" / "drop")


@pytest.fixture
def freeze(layout: StudyLayout) -> Freeze:
    """Return a function that writes study.json with some keys changed, and returns the study."""

    def write(**changes: Any) -> FrozenStudy:
        study = MonteCarloStudy.model_validate(STUDY | changes)
        code = {"generator": Code(reference=study.generator, files={"/code/drop.py": "d"})}
        digests = dict.fromkeys(("design", "generate", "simulate", "score", "report"), "d")
        frozen = FrozenStudy(
            study=study, study_file="drop.yaml", code=code, inputs={}, digests=digests, units=study.parameter_units()
        )
        frozen.write(layout)
        return frozen

    return write
