"""Score: hand the telemetry and the end of the run to the user's objective."""

import time
from typing import Any

import mujoco
import polars as pl
import pyarrow.parquet as pq

from mojo import digest
from mojo.errors import TrialError, unknown
from mojo.layout import TrialLayout
from mojo.model.mojo_model import MojoModel
from mojo.model.named import plain
from mojo.runtime.end_state import end_state, restore
from mojo.trial.context import Context
from mojo.trial.simulate import load, load_mojo_model


def fingerprint(context: Context, status: dict[str, Any]) -> str:
    """Return the digest of everything that the score of a simulated trial depends on."""
    return digest.of_value([context.frozen.digests["score"], status["simulate"]["fingerprint"]])


def score(context: Context, trial: TrialLayout) -> dict[str, Any]:
    """Return what status.json says of the trial's score: objective, metrics, seconds.

    Raises:
        TrialError: The objective returned something else than a number or a dict with the key 'objective'.
    """
    started = time.perf_counter()
    if context.objective is None:
        return {"objective": None, "metrics": {}}
    mojo_model, mj_model, mj_data = _at_end(trial) if context.objective_reads_model else _unread(trial)
    returned = context.objective(mojo_model, read_telemetry(trial), mj_model, mj_data)
    objective, metrics = checked(returned)
    return {"objective": objective, "metrics": metrics, "seconds": time.perf_counter() - started}


def _at_end(trial: TrialLayout) -> tuple[MojoModel, mujoco.MjModel, mujoco.MjData]:
    """Return what the trial was simulated with, at the end of its run."""
    mojo_model, mj_model, mj_data = load(trial)
    restore(mj_model, mj_data, end_state(trial.telemetry))
    return mojo_model, mj_model, mj_data


def _unread(trial: TrialLayout) -> tuple[MojoModel, None, None]:
    """Return the same for an objective that reads no more than the MojoModel: to compile it again takes long."""
    return load_mojo_model(trial), None, None


def read_telemetry(trial: TrialLayout) -> pl.DataFrame:
    """Return the trial's telemetry; of a short one, Polars' own reader takes half as long again."""
    telemetry = pl.from_arrow(pq.ParquetFile(trial.telemetry).read(use_threads=False))
    assert isinstance(telemetry, pl.DataFrame)
    return telemetry


def checked(returned: Any) -> tuple[float, dict[str, Any]]:
    """Return the objective and the metrics of what the user's objective function returned.

    Raises:
        TrialError: It is neither a number nor a dict of numbers, booleans and texts with the key 'objective'.
    """
    metrics = {str(name): plain(value) for name, value in returned.items()} if isinstance(returned, dict) else {}
    if isinstance(returned, dict) and "objective" not in metrics:
        raise TrialError(unknown("Key", "objective", metrics, owner="the dict that the objective function returned"))
    objective = metrics.pop("objective", plain(returned))
    if not isinstance(objective, float | int):
        raise TrialError(
            "The objective function must return a number, or a dict of metrics with the key 'objective', but "
            f"returned {objective!r}."
        )
    for name, value in metrics.items():
        if not isinstance(value, float | int | str) and value is not None:
            raise TrialError(f"Metric '{name}' must be a number, a boolean or a text, but is {value!r}.")
    return float(objective), metrics
