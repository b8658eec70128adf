"""A results folder as a campaign leaves it, without running one."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from mojo.files import write_json
from mojo.layout import StudyLayout

PARAMETERS = {
    "stiffness": {"distribution": "normal", "mean": 40.0, "std": 4.0, "nominal": 40.0, "unit": "N/m"},
    "release_angle": {"distribution": "uniform", "low": 0.2, "high": 1.2, "nominal": 0.7, "unit": "rad"},
    "surface": {"distribution": "categorical", "values": ["ice", "rubber", "wood"], "nominal": "wood"},
}
UNITS = {"stiffness": "N/m", "release_angle": "rad", "tip_mass": "kg", "objective": "J", "peak": "rad"}
PROVENANCE = {
    "versions": {"python": "3.11.2", "mujoco": "3.17.0", "mojo": "0.1.0", "numpy": "2.4.0"},
    "git": {"commit": "0123456789abcdef0123456789abcdef01234567", "dirty": True},
    "machine": {"host": "lab7", "cpu_model": "AMD EPYC 7B13", "cores": 8, "platform": "Linux-6.1-x86_64"},
    "command": "snakemake --cores 8 --config study=pendulum.yaml",
    "created": "2026-01-02T03:04:05+00:00",
}
REASONS = {
    "failed": ("simulate", "ValueError: the gripper let go"),
    "diverged": ("simulate", "MuJoCo warning BADQACC at 0.42 s"),
    "invalid": ("simulate", "MuJoCo's warning CONTACTFULL at t = 0.1 s"),
    "timeout": ("simulate", "took longer than 60 s"),
    "crashed": ("simulate", "the worker died of SIGSEGV"),
}
SIGNALS = ("Joints/hinge:qpos", "Joints/hinge:qvel", "Sensors/load_cell:x")


def study_frame(outcomes: Sequence[str], seed: int = 1) -> pl.DataFrame:
    """Return a table with a row for each of `outcomes`, with values that a pendulum could have."""
    n = len(outcomes)
    rng = np.random.default_rng(seed)
    angle, stiffness = rng.uniform(0.2, 1.2, n), rng.normal(40, 4, n)
    objective = 0.5 * stiffness * angle**2 + rng.normal(0, 0.3, n)
    good = np.array([outcome == "success" for outcome in outcomes], dtype=bool)
    nulls = pl.Series([None] * n, dtype=pl.Float64)
    scored = pl.Series(good)
    frame = pl.DataFrame(
        {
            "trial": np.arange(n),
            "batch": np.arange(n) // 64,
            "seed": rng.integers(0, 2**63, n),
            "stiffness": stiffness,
            "release_angle": angle,
            "surface": rng.choice(["ice", "rubber", "wood"], n),
            "tip_mass": rng.normal(0.2, 0.01, n),
            "outcome": pl.Series(outcomes, dtype=pl.String),
            "stage": pl.Series([REASONS.get(o, ("score", ""))[0] for o in outcomes], dtype=pl.String),
            "error": pl.Series([REASONS[o][1] if o in REASONS else None for o in outcomes], dtype=pl.String),
            "steps": np.full(n, 2000),
            "simulated_seconds": np.full(n, 2.0),
            "wall_seconds": rng.gamma(9, 0.01, n),
            "generate_seconds": rng.gamma(9, 0.001, n),
            "warnings": pl.Series([None] * n, dtype=pl.String),
            "solver_at_cap": np.zeros(n, dtype=int),
            "host": ["lab7"] * n,
            "cpu_model": ["AMD EPYC 7B13"] * n,
            "model_hash": [f"{i:064x}" for i in range(n)],
            "objective": objective,
            "peak": np.abs(angle) + 0.01,
            "bounces": rng.poisson(3, n).astype(float),
        }
    )
    return frame.with_columns(
        pl.when(scored).then(pl.col(name)).otherwise(nulls).alias(name) for name in ("objective", "peak", "bounces")
    )


def recording(trial: int, rows: int = 200, dt: float = 0.01, columns: Sequence[str] = SIGNALS) -> pa.Table:
    """Return the telemetry of one trial: damped swings whose frequency depends on the trial."""
    time = np.arange(rows) * dt
    rate = 2 + 0.2 * np.sin(trial)
    data = [np.cos(rate * time * (1 + 0.1 * k)) * np.exp(-0.3 * time) for k in range(len(columns))]
    units = ["rad", "rad/s", "N"]
    fields = [pa.field("time", pa.float64(), metadata={"unit": "s"})] + [
        pa.field(name, pa.float64(), metadata={"unit": units[k % 3], "frame": "world", "instant": "end of step"})
        for k, name in enumerate(columns)
    ]
    return pa.table([time, *data], schema=pa.schema(fields))


def write_results(
    layout: StudyLayout,
    frame: pl.DataFrame,
    telemetry: Callable[[int], pa.Table] | None = recording,
    study: Mapping[str, Any] = {},
    metrics: Sequence[str] = ("peak", "bounces"),
    named: Sequence[str] = ("tip_mass",),
    units: Mapping[str, str] = UNITS,
) -> None:
    """Write the results folder of a study whose joined table is `frame`."""
    plain = {"name": "pendulum", "kind": "monte-carlo", "n_trial": frame.height, "seed": 42}
    plain |= {"parameters": PARAMETERS, "signals": ["Joints/*:qpos"]} | dict(study)
    write_json(layout.study, {"study": plain, "units": dict(units), "provenance": PROVENANCE})
    roles = {"parameters": list(plain["parameters"]), "named": list(named), "metrics": list(metrics)}
    table = frame.to_arrow().replace_schema_metadata({"mojo": json.dumps(roles)})
    pq.write_table(table, layout.trials_table)
    for trial, outcome in frame.select("trial", "outcome").iter_rows():
        layout.trial(trial).folder.mkdir(parents=True)
        if telemetry is not None and outcome == "success":
            pq.write_table(telemetry(trial), layout.trial(trial).telemetry, use_dictionary=False)
