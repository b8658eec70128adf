"""Score: hand the telemetry and the end of the run to the user's objective, and judge the requirements."""

import time
from collections.abc import Callable
from dataclasses import asdict
from functools import cached_property
from typing import Any

import mujoco
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from mojo import digest
from mojo.errors import TrialError, unknown
from mojo.layout import TrialLayout
from mojo.model import user_data
from mojo.model.mojo_model import MojoModel
from mojo.model.named import plain
from mojo.runtime.end_state import end_state, restore
from mojo.study.frozen import function_role
from mojo.study.requirements import FunctionRequirement
from mojo.trial.command import read_metrics
from mojo.trial.context import Context, never_reads
from mojo.trial.handover import check_kept, take_over
from mojo.trial.judge import Judgement, judge_by_function, judge_by_limits
from mojo.trial.simulate import load_mojo_model
from mojo.trial.user_files import UserFiles

MODEL_AND_DATA = (2, 3)  # where mj_model and mj_data stand among the parameters of a function that judges


def fingerprint(context: Context, status: dict[str, Any]) -> str:
    """Return the digest of everything that the score of a simulated trial depends on."""
    return digest.of_value([context.frozen.digests["score"], status["simulate"]["fingerprint"]])


class EndedTrial:
    """A simulated trial, as the user's functions that judge it see it; what none of them asks for is not loaded."""

    def __init__(self, trial: TrialLayout) -> None:
        self._trial = trial
        self.own = UserFiles(trial, "score")

    @cached_property
    def telemetry(self) -> pl.DataFrame:
        return read_telemetry(self._trial)

    @cached_property
    def _loaded(self) -> tuple[mujoco.MjModel, mujoco.MjData, np.ndarray]:
        mj_model = mujoco.MjModel.from_xml_path(str(self._trial.model))
        return mj_model, mujoco.MjData(mj_model), end_state(self._trial.telemetry)

    @cached_property
    def _mojo_model(self) -> MojoModel:
        mojo_model = take_over(self._trial, load_mojo_model(self._trial))
        mojo_model.keep_files_in(self.own.open)
        return mojo_model

    @cached_property
    def _handed(self) -> dict[str, Any]:
        return user_data.encode(self._mojo_model.user_data)

    def call(self, function: Callable[..., Any], role: str) -> Any:
        """Call the function with the trial, its state as it was at the end of the run.

        Compiling the model again takes long, so a function that cannot look at it gets none.

        Args:
            function: The function.
            role: What it is to the study; each has random numbers of its own.
        """
        mojo_model, telemetry, handed = self._mojo_model, self.telemetry, self._handed
        mj_model, mj_data = None, None
        if not never_reads(function, *MODEL_AND_DATA):
            mj_model, mj_data, state = self._loaded
            restore(mj_model, mj_data, state)
        mojo_model.begin_stage(role)
        returned = function(mojo_model, telemetry, mj_model, mj_data)
        check_kept(mojo_model, handed)
        return returned


def score(context: Context, trial: TrialLayout) -> dict[str, Any]:
    """Return what status.json says of the trial's score: objective, metrics, requirements, seconds.

    Raises:
        TrialError: A function returned what it must not, or a requirement's metric or signal is not there.
    """
    started = time.perf_counter()
    ended = EndedTrial(trial)
    objective, metrics = _scores(context, trial, ended)
    judged = {
        name: asdict(_judge(context, name, ended, {"objective": objective} | metrics))
        for name in context.frozen.study.requirements
    }
    left = ended.own.left()
    ended.own.close()
    return {
        "objective": objective,
        "metrics": metrics,
        "requirements": judged,
        "files": left,
        "seconds": time.perf_counter() - started,
    }


def _scores(context: Context, trial: TrialLayout, ended: EndedTrial) -> tuple[float | None, dict[str, Any]]:
    """Return the objective and the metrics: what the objective function returns, or what the command has left."""
    command = context.frozen.study.command
    if command is not None:
        return checked(read_metrics(trial), trial.metrics.name) if command.score else (None, {})
    return (None, {}) if context.objective is None else checked(ended.call(context.objective, "objective"))


def _judge(context: Context, name: str, ended: EndedTrial, scores: dict[str, Any]) -> Judgement:
    requirement = context.frozen.study.requirements[name]
    if isinstance(requirement, FunctionRequirement):
        function = context.requirement_functions[name]
        return judge_by_function(name, lambda: ended.call(function, function_role(name)))
    return judge_by_limits(name, requirement, scores, lambda: ended.telemetry)


def read_telemetry(trial: TrialLayout) -> pl.DataFrame:
    """Return the trial's telemetry; of a short one, Polars' own reader takes twice as long."""
    content = pa.BufferReader(trial.telemetry.read_bytes())
    telemetry = pl.from_arrow(pq.ParquetFile(content, pre_buffer=False).read(use_threads=False))
    assert isinstance(telemetry, pl.DataFrame)
    return telemetry


def checked(returned: Any, source: str = "what the objective function returned") -> tuple[float, dict[str, Any]]:
    """Return the objective and the metrics of what the user's objective function returned, or a command left.

    Raises:
        TrialError: It is neither a number nor a dict of numbers, booleans and texts with the key 'objective'.
    """
    metrics = {str(name): plain(value) for name, value in returned.items()} if isinstance(returned, dict) else {}
    if isinstance(returned, dict) and "objective" not in metrics:
        raise TrialError(unknown("Key", "objective", metrics, owner=source))
    objective = metrics.pop("objective", plain(returned))
    if not isinstance(objective, float | int):
        raise TrialError(
            f"The score must be a number, or a dict of metrics with the key 'objective', but {source} is {objective!r}."
        )
    for name, value in metrics.items():
        if not isinstance(value, float | int | str) and value is not None:
            raise TrialError(f"Metric '{name}' must be a number, a boolean or a text, but is {value!r}.")
    return float(objective), metrics
