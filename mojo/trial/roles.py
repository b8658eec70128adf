"""The functions that a user writes, as types."""

from typing import Any, Protocol

import mujoco
import polars as pl

from mojo.model.mojo_model import MojoModel, Overrides
from mojo.runtime.manager import RuntimeManager


class MojoGenerator(Protocol):
    """Makes the model of one trial.

    It gets the MojoModel with the trial's parameters as named values, the study's overrides, `gen_args` and
    `gen_kwargs`, and returns the MojoModel, an MjSpec, MJCF text or the path of an MJCF file.
    """

    def __call__(self, mojo_model: MojoModel, overrides: Overrides, /, *args: Any, **kwargs: Any) -> Any: ...


class MojoRuntime(Protocol):
    """Runs one trial: calls runtime_manager.step(mj_model, mj_data) until it is over.

    It gets `run_args` and `run_kwargs` too, and returns the MojoModel or nothing.
    """

    def __call__(
        self,
        mojo_model: MojoModel,
        runtime_manager: RuntimeManager,
        mj_model: mujoco.MjModel,
        mj_data: mujoco.MjData,
        /,
        *args: Any,
        **kwargs: Any,
    ) -> MojoModel | None: ...


class MojoObjective(Protocol):
    """Judges one trial by its telemetry, and by `mj_data` at the end of the run.

    It returns a number, or a dict of metrics with the key "objective".
    """

    def __call__(
        self, mojo_model: MojoModel, telemetry: pl.DataFrame, mj_model: mujoco.MjModel, mj_data: mujoco.MjData, /
    ) -> float | dict[str, Any]: ...
