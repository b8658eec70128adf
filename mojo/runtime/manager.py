"""RuntimeManager: steps a simulation with its loads, and records it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import mujoco
import numpy as np

from mojo.attributes import ClosedAttributes, ListField
from mojo.errors import ModelError
from mojo.runtime.duration import step_count
from mojo.runtime.faults import Broken, Diverged, Invalid, checked
from mojo.runtime.loads import Load
from mojo.runtime.loads.base import LOADS_ARE_READ, Hand
from mojo.runtime.pace import Pace
from mojo.runtime.proximity import Proximity
from mojo.runtime.recorder import Recorder
from mojo.runtime.run import Run, Setup
from mojo.runtime.signals import SignalManager
from mojo.runtime.stops import Ended, StopCondition

__all__ = ["Diverged", "Ended", "Invalid", "RuntimeManager", "StopCondition"]

Watcher = Callable[[mujoco.MjModel, mujoco.MjData], None]


class RuntimeManager(ClosedAttributes):
    """Steps a simulation with its loads, and records it.

    with RuntimeManager(telemetry=path, loads=loads) as rm:
        while mj_data.time < 5.0 and not rm.stopped:
            rm.step(mj_model, mj_data)

    Leaving the block records the last state and closes the telemetry, the latter also after an error. Without a
    block, call `close`.

    Args:
        telemetry: The Parquet file to write; None to record nothing.
        loads: What acts on the model.
        signals: Names and patterns of what to record; empty for the default.
        record_decimation: Every how many steps a row is recorded.
        proximities: Distances to measure, where they are recorded.
        conditions: What ends the run, looked at in recorded rows; the row that decides is then the last one.
        duration: Simulated time [s] after which the run is `stopped`, rounded to whole timesteps; None for no end.
        on_step: Called as on_step(mj_model, mj_data) after every step, for a viewer.
        playback_speed: Simulated seconds a second that somebody who watches through `on_step` is to see; None for as
            fast as it goes. Without `on_step` nobody watches, and nothing waits.
        frames: The file for the states from which films are made; None to save none.
        recorders: What is to be filmed.
        rng: The method `rng` of the trial's MojoModel; None where no random numbers are needed.
        allow_warnings: MuJoCo's warnings after which the run goes on, e.g. ["CONTACTFULL"]; they are counted.
        clear_applied: Whether xfrc_applied and qfrc_applied are set to 0 before each step, so that only loads and what
            MuJoCo's callbacks write act. Else what user code has written stays and acts, as in MuJoCo, until it is
            overwritten; loads act on top of it.

    Attributes:
        loads: The loads; the list may be changed before the first step, `active` of a load between two steps.
        proximities, conditions: Distances and stop conditions; the lists may be changed before the first step.
        on_step: It may be changed between two steps, and so may `playback_speed` and `clear_applied`.
        failure: Whether the run was ended as a failure.
    """

    loads = ListField[Load]("loads")
    proximities = ListField[Proximity]("proximities")
    conditions = ListField[StopCondition]("stop conditions")

    def __init__(
        self,
        telemetry: Path | str | None = None,
        loads: Sequence[Load] = (),
        signals: Sequence[str] = (),
        record_decimation: int = 1,
        proximities: Sequence[Proximity] = (),
        conditions: Sequence[StopCondition] = (),
        duration: float | None = None,
        on_step: Watcher | None = None,
        playback_speed: float | None = None,
        frames: Path | None = None,
        recorders: Sequence[Recorder] = (),
        rng: Callable[[str], np.random.Generator] | None = None,
        allow_warnings: Sequence[str] = (),
        clear_applied: bool = False,
    ) -> None:
        if record_decimation < 1:
            raise ModelError(f"record_decimation must be at least 1, but got {record_decimation}.")
        if playback_speed is not None and not playback_speed > 0:
            raise ModelError(f"playback_speed must be above 0, but got {playback_speed:g}.")
        self.loads, self.proximities, self.conditions = loads, proximities, conditions
        self._duration, self._clear_applied = duration, clear_applied
        self.on_step, self.playback_speed = on_step, playback_speed
        self._signals = SignalManager(signals)
        self._telemetry = None if telemetry is None else Path(telemetry)
        self._decimation = record_decimation
        self._frames, self._recorders = frames, list(recorders)
        self._rng = rng
        self._allowed = checked(tuple(allow_warnings))
        self._run: Run | None = None
        self._recording = telemetry is not None
        self._stop_reason: str | None = None
        self.failure = False
        self._pace = Pace()
        self._failed = self._closed = False

    @property
    def signals(self) -> SignalManager:
        """The SignalManager; request(...) asks for signals before the first step, post(...) records a value."""
        return self._signals

    @property
    def duration(self) -> float | None:
        """Simulated time [s] after which the run is `stopped`; it may be changed between two steps."""
        return self._duration

    @duration.setter
    def duration(self, duration: float | None) -> None:
        self._duration = duration
        if self._run:
            self._run.last(duration)

    @property
    def clear_applied(self) -> bool:
        """Whether xfrc_applied and qfrc_applied are set to 0 before each step."""
        return self._clear_applied

    @clear_applied.setter
    def clear_applied(self, clear: bool) -> None:
        self._clear_applied = clear
        if self._run:
            self._run.clear_applied = clear

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
    def fault(self) -> Broken | None:
        """The Diverged or Invalid that a step raised first, also where user code caught it; None where none did."""
        return self._run.watch.fault if self._run else None

    @property
    def solver_at_cap(self) -> int:
        """Steps in which the constraint solver stopped at its iteration limit."""
        return self._run.watch.solver_at_cap if self._run else 0

    @property
    def hands(self) -> list[Hand]:
        """The loads as they act on the simulation, with what each applied in the last step; none before the first."""
        return self._run.hands if self._run else []

    @property
    def recording(self) -> bool:
        """Whether steps are recorded. While it is False there are no rows, and the column `time` tells the gap."""
        return self._recording

    @recording.setter
    def recording(self, on: bool) -> None:
        if on and self._telemetry is None:
            raise ModelError("Nothing can be recorded without a file. Give RuntimeManager a `telemetry`.")
        self._recording = on
        if self._run:
            self._run.record(on)

    def rng(self, name: str) -> np.random.Generator:
        """Return the random generator of this trial for `name`, which is `mojo_model.rng(name)`.

        Raises:
            ModelError: The manager was made without a MojoModel.
        """
        if self._rng is None:
            raise ModelError(
                "Random numbers need an address. Give RuntimeManager the MojoModel's as `rng=mojo_model.rng`."
            )
        return self._rng(name)

    @property
    def stopped(self) -> bool:
        """Whether the run is over: by `stop`, by a stop condition or after `duration`."""
        return self._run.ended if self._run else self._stop_reason is not None

    @property
    def ended_by(self) -> str | None:
        """What ended the run before its time: the name of a condition, or the reason given to `stop`."""
        return self._run.ended_by if self._run else self._stop_reason

    def stop(self, reason: str, failure: bool = False) -> None:
        """End the run after this step, with its telemetry whole; `reason` is told with the trial.

        Args:
            reason: Why.
            failure: Whether the trial then counts as failed. If not, it is a regular end, and the trial is scored.
        """
        if not self.stopped:
            self.failure = failure
        if self._run:
            self._run.end(reason)
        elif self._stop_reason is None:
            self._stop_reason = reason

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._failed = self._failed or not (error is None or isinstance(error, Ended))
        self.close()

    def run(self, mj_model: mujoco.MjModel, mj_data: mujoco.MjData, duration: float) -> None:
        """Step for `duration` [s], rounded to whole timesteps, or until it is `stopped`: the built-in runtime.

        Raises:
            ModelError: The duration is less than half a timestep; or see `step`.
            TrialError: See `step`.
        """
        for _ in range(step_count(mj_model, duration)):
            self.step(mj_model, mj_data)
            if self.stopped:
                break

    def step(self, mj_model: mujoco.MjModel, mj_data: mujoco.MjData) -> None:
        """Apply the loads, record the row of this instant, integrate, and take the loads away again.

        Raises:
            ModelError: A name is not in the model, two sites coincide, or this is not the data of the first step.
            TrialError: A user's function gave something else than a finite number.
            Diverged: The simulation has diverged; a kind of TrialError.
            Invalid: MuJoCo warned that it goes on without contacts, constraints or controls; a kind of TrialError.
            Ended: The run is over; a kind of TrialError.
        """
        run = self._run
        if run is None or run.data is not mj_data or run.model is not mj_model or run.ended:
            run = self._begin(mj_model, mj_data)
        run.step()
        if self.on_step is not None:
            self._show(self.on_step, mj_model, mj_data)

    def _show(self, on_step: Watcher, mj_model: mujoco.MjModel, mj_data: mujoco.MjData) -> None:
        on_step(mj_model, mj_data)
        if self.playback_speed is not None:
            self._pace.wait(mj_data.time, self.playback_speed)

    def _begin(self, mj_model: mujoco.MjModel, mj_data: mujoco.MjData) -> Run:
        if self.stopped:
            by = f" by '{self.ended_by}'" if self.ended_by else ""
            raise Ended(
                f"The run was ended{by} at t = {mj_data.time:.6g} s, so there is no further step. "
                "Loop `while not runtime_manager.stopped`."
            )
        if self._run is not None or self._closed:
            raise ModelError(
                "A RuntimeManager follows one mj_model and one mj_data, from its first step until it is closed. Change "
                "the mj_model itself, or take another RuntimeManager."
            )
        setup = Setup(
            self.loads,
            self.proximities,
            self.signals,
            self._telemetry,
            self._decimation,
            self.conditions,
            self.duration,
            self._frames,
            self._recorders,
            self._allowed,
        )
        self._run = Run(mj_model, mj_data, setup)
        self._run.clear_applied = self.clear_applied
        self._run.record(self._recording)
        self.loads.seal(LOADS_ARE_READ)
        self.proximities.seal("They are laid out with the first step. Add them before it.")
        self.conditions.seal("They are looked up with the first step. Add them before it, or call `stop` at any time.")
        return self._run

    def close(self) -> None:
        """Record the last state, unless the run has failed, and finish the telemetry file.

        Raises:
            Diverged: The last step led to a state from which the simulation cannot go on.
            Invalid: MuJoCo warned of the last state, as in `step`.
        """
        was_closed, self._closed = self._closed, True
        if was_closed or self._run is None:
            return
        if self._failed or self._run.failed:
            self._run.close_telemetry({})
        else:
            self._run.finish()
