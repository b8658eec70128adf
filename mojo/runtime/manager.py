"""RuntimeManager: steps a simulation with its loads, and records it."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import mujoco

from mojo.errors import ModelError
from mojo.runtime.loads import Load
from mojo.runtime.proximity import Proximity
from mojo.runtime.run import Run
from mojo.runtime.signals import SignalManager
from mojo.runtime.watch import Diverged

__all__ = ["Diverged", "RuntimeManager"]


class RuntimeManager:
    """Steps a simulation with its loads, and records it.

    with RuntimeManager(telemetry=path, loads=loads) as rm:
        while mj_data.time < 5.0:
            rm.step(mj_model, mj_data)

    Leaving the block records the last state and closes the telemetry, the latter also after an error. Without a
    block, call `close`.

    Args:
        telemetry: The Parquet file to write; None to record nothing.
        loads: What acts on the model.
        signals: Names and patterns of what to record; empty for the default.
        record_decimation: Every how many steps a row is recorded.
        proximities: Distances to measure, where they are recorded.

    Attributes:
        loads: The loads; more may be added before the first step, `active` may be changed between two steps.
        proximities: The proximities; more may be added before the first step.
        signals: The SignalManager, to request signals before the first step, and to post values during one.
    """

    def __init__(
        self,
        telemetry: Path | str | None = None,
        loads: Sequence[Load] = (),
        signals: Sequence[str] = (),
        record_decimation: int = 1,
        proximities: Sequence[Proximity] = (),
    ) -> None:
        if record_decimation < 1:
            raise ModelError(f"record_decimation must be at least 1, but got {record_decimation}.")
        self.loads, self.proximities = list(loads), list(proximities)
        self.signals = SignalManager(signals)
        self._telemetry = None if telemetry is None else Path(telemetry)
        self._decimation = record_decimation
        self._run: Run | None = None
        self._failed = self._closed = False

    @property
    def steps(self) -> int:
        """Steps taken."""
        return self._run.steps if self._run else 0

    @property
    def simulated(self) -> float:
        """Simulated time [s], up to the step that failed, if one did."""
        return self._run.simulated if self._run else 0.0

    @property
    def warnings(self) -> dict[str, int]:
        """How often MuJoCo warned, by the name of the warning, e.g. {"CONTACTFULL": 3}."""
        return self._run.watch.warnings if self._run else {}

    @property
    def solver_at_cap(self) -> int:
        """Steps in which the constraint solver stopped at its iteration limit."""
        return self._run.watch.solver_at_cap if self._run else 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._failed = self._failed or error is not None
        self.close()

    def run(self, mj_model: mujoco.MjModel, mj_data: mujoco.MjData, duration: float) -> None:
        """Step for `duration` [s], rounded to whole timesteps: the built-in runtime.

        Raises:
            ModelError: The duration is less than half a timestep; or see `step`.
            TrialError: See `step`.
        """
        for _ in range(step_count(mj_model, duration)):
            self.step(mj_model, mj_data)

    def step(self, mj_model: mujoco.MjModel, mj_data: mujoco.MjData) -> None:
        """Clear applied forces, apply the loads, record the row of this instant, and integrate.

        Raises:
            ModelError: A name is not in the model, two sites coincide, or this is not the data of the first step.
            TrialError: A user's function gave something else than a finite number.
            Diverged: The simulation has diverged; a kind of TrialError.
        """
        run = self._run
        if run is None or run.data is not mj_data:
            run = self._begin(mj_model, mj_data)
        run.step()

    def _begin(self, mj_model: mujoco.MjModel, mj_data: mujoco.MjData) -> Run:
        if self._run is not None or self._closed:
            raise ModelError("A RuntimeManager follows one mj_data, from its first step until it is closed.")
        self._run = Run(
            mj_model, mj_data, self.loads, self.proximities, self.signals, self._telemetry, self._decimation
        )
        return self._run

    def close(self) -> None:
        """Record the last state, unless the run has failed, and finish the telemetry file.

        Raises:
            Diverged: The last step led to a state from which the simulation cannot go on.
        """
        if self._closed or self._run is None:
            self._closed = True
            return
        self._closed = True
        if self._failed or self._run.failed:
            self._run.close_telemetry({})
        else:
            self._run.finish()


def step_count(mj_model: mujoco.MjModel, duration: float) -> int:
    """Return how many steps make `duration` [s], rounded to whole timesteps.

    Raises:
        ModelError: The duration is less than half a timestep.
    """
    timestep = mj_model.opt.timestep
    count = round(duration / timestep)
    if count < 1:
        raise ModelError(f"duration must be at least one timestep of {timestep:g} s, but got {duration:g} s.")
    return count
