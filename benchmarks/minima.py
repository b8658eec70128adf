"""Functions with known minima, as studies whose trials only score: for benchmarks/search.py."""

import math
from collections.abc import Mapping
from typing import Any

import mujoco
import numpy as np

MODEL = '<mujoco><worldbody><body><joint type="slide"/><geom size="0.1"/></body></worldbody></mujoco>'
_WEIGHTS = np.array([1.0, 1.2, 3.0, 3.2])
_SCALES = np.array(
    [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
)
_CENTRES = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def branin(x: Mapping[str, float]) -> float:
    """Return Branin's function of two variables; its minimum is 0.3979."""
    a, b = x["a"], x["b"]
    valley = b - 5.1 * a**2 / (4 * math.pi**2) + 5 * a / math.pi - 6
    return valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10


def hartmann(x: Mapping[str, float]) -> float:
    """Return Hartmann's function of six variables; its minimum is -3.3224."""
    point = np.array([x[f"x{number}"] for number in range(6)])
    return -float(_WEIGHTS @ np.exp(-(_SCALES * (point - _CENTRES) ** 2).sum(axis=1)))


VARIABLES: dict[str, dict[str, Any]] = {
    "branin": {"a": {"type": "float", "low": -5, "high": 10}, "b": {"type": "float", "low": 0, "high": 15}},
    "hartmann": {f"x{number}": {"type": "float", "low": 0, "high": 1} for number in range(6)},
}


def generate(mojo_model: Any, overrides: Any, variables: list[str]) -> Any:
    """Make a model that has nothing to do, and ask for the values."""
    mojo_model.spec = mujoco.MjSpec.from_string(MODEL)
    for name in variables:
        mojo_model[name]
    return mojo_model


def score_branin(mojo_model: Any, telemetry: Any, mj_model: Any, mj_data: Any) -> float:
    return branin({name: mojo_model[name] for name in VARIABLES["branin"]})


def score_hartmann(mojo_model: Any, telemetry: Any, mj_model: Any, mj_data: Any) -> float:
    return hartmann({name: mojo_model[name] for name in VARIABLES["hartmann"]})
