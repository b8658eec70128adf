"""One run: the order of a step, over one MjData."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mujoco

from mojo.runtime.duration import step_count
from mojo.runtime.end_state import metadata_of
from mojo.runtime.frames import FrameTaker, FrameWriter
from mojo.runtime.gauge import check_proximities
from mojo.runtime.inputs import APPLIED, OwnInputs
from mojo.runtime.loads import Load, check_loads, in_order
from mojo.runtime.loads.base import Hand
from mojo.runtime.loads.single import SinglePlant
from mojo.runtime.loads.sticking import Sticking
from mojo.runtime.proximity import Proximity
from mojo.runtime.recorder import Recorder
from mojo.runtime.recording import Recording
from mojo.runtime.signals import SignalManager, resolve_signals
from mojo.runtime.stages import Sleepers, accelerate, may_sleep
from mojo.runtime.stops import StopCondition, Stops
from mojo.runtime.telemetry import TelemetryWriter
from mojo.runtime.watch import Watch


@dataclass(frozen=True)
class Setup:
    """What a run consists of, beside its model and data.

    Attributes:
        loads: What acts on the model.
        proximities: Distances that may be recorded.
        signals: What is to be recorded, and where the user's code posts values.
        telemetry: The file to write, or None.
        decimation: Every how many steps a row is recorded.
        conditions: What ends it, looked at in recorded rows.
        duration: Simulated time [s] after which it is over, rounded to whole timesteps; None for no end.
        frames: The file for the frames of films, or None.
        recorders: What is to be filmed.
        allowed: MuJoCo's warnings after which it goes on.
    """

    loads: Sequence[Load]
    proximities: Sequence[Proximity]
    signals: SignalManager
    telemetry: Path | None
    decimation: int
    conditions: Sequence[StopCondition]
    duration: float | None
    frames: Path | None
    recorders: Sequence[Recorder]
    allowed: Sequence[str]

    def frame_taker(self, model: mujoco.MjModel, data: mujoco.MjData, hands: Sequence[Hand]) -> FrameTaker | None:
        """Return what saves frames of the run, if any are to be saved."""
        if self.frames is None:
            return None
        writer = FrameWriter(self.frames, model, self.loads, self.recorders, data.time)
        return FrameTaker(data, model, hands, writer)


class Run:
    """Steps one MjData, from its first step to its end.

    Args:
        model: The model.
        data: Its data, at the state from which the run starts.
        setup: What else it consists of.

    Attributes:
        steps: Steps taken.
        watch: Counts warnings.
        hands: The loads, as they act on the data.
        clear_applied: Whether xfrc_applied and qfrc_applied are set to 0 before each step.
        ended: Whether it is over, so that it must not step on.
        ended_by: What ended it before its time: a condition's name, or the reason that the user's code gave.

    Raises:
        ModelError: A site, a body or a signal is not in the model, or a condition's signal is not recorded.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, setup: Setup) -> None:
        check_loads(model, setup.loads)
        check_proximities(model, setup.proximities)
        for proximity in setup.proximities:
            proximity.fix("once the run has begun.")
        patterns, requested = setup.signals.patterns, setup.signals.requested
        chosen = resolve_signals(model, setup.loads, patterns, requested, setup.proximities)
        if setup.loads:
            mujoco.mj_kinematics(model, data)  # initial distances need the sites' positions
        self.steps = 0
        self.watch = Watch(model, data, setup.allowed)
        self.model, self.data = model, data
        plant = SinglePlant(model, data)
        self.hands = hands = [load.bind(plant) for load in setup.loads]
        self._frames = setup.frame_taker(model, data, hands)
        # Frames come last, since they show what the loads have applied; without films, nothing is asked.
        wakes = [Sleepers(model, data).wake] if hands and may_sleep(model) else []
        self._loads = in_order(plant, hands, Sticking, wakes) + ([self._frames.look] if self._frames else [])
        self._signals = setup.signals
        self._decimation = setup.decimation
        self._inputs = OwnInputs(data, sorted(plant.touched))
        self.clear_applied = False
        self._start = data.time
        self._failed_at: float | None = None
        self.ended = False
        self.ended_by: str | None = None
        self._taken_back = False
        self._file: Recording | None = None
        if setup.telemetry is None:
            setup.signals.begin(0, ())
        else:
            writer = TelemetryWriter(setup.telemetry)
            self._file = Recording(model, data, hands, setup.proximities, setup.signals, writer, chosen)
        self._recording = self._file  # None while nothing is to be recorded
        self._duration, self._last_step = setup.duration, -1
        self._adapt()
        columns = self._file.columns if self._file else ()
        self._stops = Stops(model, data, setup.conditions, columns) if setup.conditions else None

    def _adapt(self) -> None:
        """Follow what the model's options say, which a runtime may change between two steps."""
        option = self._option = self.model.opt
        self._timestep, self._integrator = option.timestep, option.integrator
        self._rk4 = self._integrator == mujoco.mjtIntegrator.mjINT_RK4
        # Where nothing stands between positions and accelerations, a step is one call.
        self._in_two = self._rk4 or bool(self._loads) or (self._file is not None and self._file.needs_positions)
        self._integrate = mujoco.mj_step2 if self._in_two else mujoco.mj_step
        self.last(self._duration)

    def last(self, duration: float | None) -> None:
        """Be over after `duration` [s] since the first step, rounded to whole timesteps; None: have no end.

        Raises:
            ModelError: It is less than half a timestep.
        """
        self._duration, self._last_step = duration, -1
        if duration is not None:
            passed = self.data.time - self._start
            steps = step_count(self.model, duration) if self.steps == 0 else round((duration - passed) / self._timestep)
            self._last_step = self.steps + max(0, steps)
            self.ended = self.ended or self.steps >= self._last_step

    @property
    def simulated(self) -> float:
        """Simulated time [s], up to the step that failed, if one did."""
        return (self.data.time if self._failed_at is None else self._failed_at) - self._start

    @property
    def failed(self) -> bool:
        """Whether a step raised."""
        return self._failed_at is not None

    def record(self, on: bool) -> None:
        """Record the steps from now on, or record none."""
        if on != (self._recording is not None):
            self._signals.record(on)
        self._recording = self._file if on else None

    def end(self, reason: str | None) -> None:
        """Take no further step after the one that is being taken."""
        if not self.ended:
            self.ended, self.ended_by = True, reason

    def step(self) -> None:
        """Apply the loads, record the row of this instant, and integrate; raises as `RuntimeManager.step`."""
        time = self.data.time
        try:
            self._advance(time)
        except BaseException:
            self._inputs.put_back()
            self._failed_at = time
            if self._file:
                self._file.forget_row()
            raise
        self.steps += 1
        if self.steps == self._last_step:
            self.ended = True

    def _advance(self, time: float) -> None:
        model, data, watch, recording = self.model, self.data, self.watch, self._recording
        if self._option.timestep != self._timestep or self._option.integrator != self._integrator:
            self._adapt()
        row = recording if recording is not None and self.steps % self._decimation == 0 else None
        self._apply(time)
        if row:
            row.copy_state(time)
            if self._stops:
                self._stops.save()
        if self._rk4:
            # The stages of RK4 overwrite what belongs to this instant, so it is computed and copied before them.
            if row:
                accelerate(model, data)
                with self._inputs.shown():
                    row.copy_derived()
            applied = self._inputs.present()
            mujoco.mj_step(model, data)
            watch.look_at_warnings(time)
            self._inputs.check_untouched(applied)
            self._inputs.put_back()
        else:
            self._integrate(model, data)
            if self._loads:
                self._inputs.put_back()
            watch.look_at_warnings(time)
            if row:
                row.copy_derived()
        watch.look_at_solver()
        if row:
            if self._stops:
                self._decide(self._stops, row, time)
            row.commit()
        elif recording:
            self._signals.forget_row()

    def _decide(self, stops: Stops, row: Recording, time: float) -> None:
        """Take the step back if the row's instant is where the run ends: then the row is the last one."""
        condition = stops.decided(row.value, time)
        if condition is not None and not self.ended:
            self.end(condition.name)
            stops.restore()
            self._inputs.put_back()
            self.steps -= 1
            self._taken_back = True

    def _apply(self, time: float) -> None:
        """Compute what must be known before the accelerations, and put the loads where MuJoCo looks for them."""
        if self._loads:
            self._inputs.forget()
        if self.clear_applied:
            for name in APPLIED:
                getattr(self.data, name)[:] = 0.0
        if self._in_two:
            mujoco.mj_step1(self.model, self.data)
        if self._loads:
            self.watch.look_at_warnings(time)
            self._inputs.keep()
            for apply in self._loads:
                apply(time)

    def finish(self) -> None:
        """Evaluate the last state with its loads, record it, and finish the telemetry file.

        Raises:
            Diverged: The last step led to a state from which the simulation cannot go on.
            Invalid: MuJoCo warned of the last state.
        """
        time = self.data.time
        try:
            metadata = self._last_row(time)
        except BaseException:
            self._inputs.put_back()
            self._failed_at = time
            self.close_telemetry({})
            raise
        self.close_telemetry(metadata)

    def _last_row(self, time: float) -> dict[str, str]:
        model, data = self.model, self.data
        recording = None if self._taken_back else self._recording
        self._in_two = True  # the last instant has a first half alone
        if self._frames:
            self._frames.is_last = True
        self._apply(time)
        # Before the accelerations are computed, so that who restores it and calls mj_forward gets the same bits.
        metadata = metadata_of(model, data)
        if recording:
            recording.copy_state(time)
        accelerate(model, data)
        mujoco.mj_checkAcc(model, data)
        self._inputs.put_back()
        self.watch.look_at_warnings(time)
        if recording:
            recording.copy_derived()
            recording.commit()
        return metadata

    def close_telemetry(self, metadata: dict[str, str]) -> None:
        """Finish the telemetry file with the rows that there are."""
        if self._frames:
            self._frames.close(math.inf if self._failed_at is None else self._failed_at)
        if self._file:
            self._file.close(metadata)
