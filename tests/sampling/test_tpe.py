"""The quicker TPE sampler chooses what Optuna's own chooses."""

import random
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import TPESampler

from mojo.sampling import tpe
from mojo.sampling.search import QUICK_TPE_FITS, Search, ask
from mojo.sampling.space import Space
from mojo.sampling.told import State, Told

NUMBERS: Space = {"stiffness": FloatDistribution(1.0, 1000.0, log=True), "damping": FloatDistribution(0.0, 2.0)}
STEPS: Space = {"legs": IntDistribution(3, 8), "cells": IntDistribution(1, 512, log=True)}
MIXED: Space = (
    NUMBERS
    | STEPS
    | {
        "tilt": FloatDistribution(0.0, 1.0, step=0.1),
        "shape": CategoricalDistribution(["ball", "pad", "foot"]),
    }
)
MANY: Space = {f"gain {number}": FloatDistribution(-1.0, 3.0) for number in range(10)}
KNOWN, ASKED = 150, 8


def history(space: Space, objectives: int, constrained: bool) -> list[Told]:
    """Return designs of which some failed, some were pruned, and some break a constraint."""
    found = []
    for number, design in enumerate(ask(Search("random", space, ["minimize"] * objectives, seed=1), [], 0, KNOWN)):
        drawn = random.Random(number)
        states: list[State] = ["complete", "failed", "pruned"]
        [state] = drawn.choices(states, [8, 1, 1])
        values = [drawn.random() for _ in range(objectives)] if state == "complete" else []
        broken = {"limits": drawn.uniform(-1.0, 0.3)} if constrained and values else {}
        found.append(Told(design, state, values, broken))
    return found


@pytest.mark.parametrize(
    ("space", "objectives", "constrained", "options"),
    [
        (NUMBERS, 1, False, {}),
        (NUMBERS, 1, True, {"constant_liar": False}),
        (STEPS, 1, False, {}),
        (MIXED, 1, True, {}),
        (MIXED, 1, False, {"group": True}),
        (MIXED, 1, False, {"multivariate": False}),
        (MIXED, 2, True, {}),
        (MIXED, 2, False, {"multivariate": True}),
        (MANY, 1, False, {}),
    ],
)
def test_it_chooses_what_optunas_own_chooses(
    monkeypatch: pytest.MonkeyPatch, space: Space, objectives: int, constrained: bool, options: dict[str, Any]
):
    known = history(space, objectives, constrained)
    search = Search("tpe", space, ["minimize", "maximize"][:objectives], seed=3, options=options)
    quick = [design.parameters for design in ask(search, known, 20, ASKED)]
    monkeypatch.setattr(tpe, "BatchTPESampler", TPESampler)
    assert quick == [design.parameters for design in ask(search, known, 20, ASKED)]


def test_it_is_tested_with_the_version_that_is_installed():
    assert optuna.__version__.startswith(QUICK_TPE_FITS)
