"""Advice before a Monte Carlo study begins."""

import pytest

from mojo.sampling.monte_carlo import advice
from mojo.study.frozen import FrozenStudy
from mojo.study.monte_carlo import MonteCarloStudy

UNIFORM = {"distribution": "uniform", "low": 0.0, "high": 1.0}


@pytest.mark.parametrize(
    ("design", "n_trial", "words"),
    [
        ("saltelli", 17, "Of fewer than 8 blocks indices are not told, and there are 4: take n_trial: 33."),
        ("morris", 13, "Of fewer than 8 blocks effects have no intervals, and there are 4: take n_trial: 25."),
        ("saltelli", 33, ""),
        ("random", 5, ""),
    ],
)
def test_designs_of_few_blocks_are_advised_against(design: str, n_trial: int, words: str):
    keys = {"name": "a", "kind": "monte-carlo", "generator": "a.py:g", "duration": 1.0, "seed": 1, "design": design}
    study = MonteCarloStudy.model_validate(keys | {"n_trial": n_trial, "parameters": {"x": UNIFORM, "y": UNIFORM}})
    frozen = FrozenStudy(study=study, study_file="a.yaml", code={}, inputs={}, digests={}, units={})
    assert advice(frozen) == ([words] if words else [])
