"""One run: the order of a step, over one MjData."""

from collections.abc import Sequence
from pathlib import Path

import mujoco
import numpy as np

from mojo.runtime.end_state import metadata_of
from mojo.runtime.gauge import check_proximities
from mojo.runtime.loads import Load, check_loads, in_order
from mojo.runtime.loads.single import SinglePlant
from mojo.runtime.proximity import Proximity
from mojo.runtime.recording import Recording
from mojo.runtime.signals import SignalManager, resolve_signals
from mojo.runtime.telemetry import TelemetryWriter
from mojo.runtime.watch import Watch

_VELOCITY_STAGE = int(mujoco.mjtStage.mjSTAGE_VEL)


class Run:
    """Steps one MjData, from its first step to its end.

    Args:
        model: The model.
        data: Its data, at the state from which the run starts.
        loads: What acts on it.
        proximities: Distances that may be recorded.
        signals: What is to be recorded, and where the user's code posts values.
        telemetry: The file to write, or None.
        decimation: Every how many steps a row is recorded.

    Attributes:
        steps: Steps taken.
        watch: Counts warnings.

    Raises:
        ModelError: A site, a body or a signal is not in the model.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        data: mujoco.MjData,
        loads: Sequence[Load],
        proximities: Sequence[Proximity],
        signals: SignalManager,
        telemetry: Path | None,
        decimation: int,
    ) -> None:
        check_loads(model, loads)
        check_proximities(model, proximities)
        chosen = resolve_signals(model, loads, signals.patterns, signals.requested, proximities)
        if loads:
            mujoco.mj_kinematics(model, data)  # initial distances need the sites' positions
        self.steps = 0
        self.watch = Watch(model, data)
        self.model, self.data = model, data
        plant = SinglePlant(model, data)
        hands = [load.bind(plant) for load in loads]
        self._loads = in_order(plant, hands)
        self._signals = signals
        self._decimation = decimation
        self._split = model.opt.integrator != mujoco.mjtIntegrator.mjINT_RK4
        # To assign a memoryview takes a third of the time of asking NumPy.
        applied = [array.reshape(-1).data for array in (data.xfrc_applied, data.qfrc_applied)]
        self._applied = [(forces, np.zeros(len(forces)).data) for forces in applied]
        self._start = data.time
        self._failed_at: float | None = None
        self._recording: Recording | None = None
        if telemetry is None:
            signals.begin(0, ())
        else:
            writer = TelemetryWriter(telemetry)
            self._recording = Recording(model, data, hands, proximities, signals, writer, chosen)

    @property
    def simulated(self) -> float:
        """Simulated time [s], up to the step that failed, if one did."""
        return (self.data.time if self._failed_at is None else self._failed_at) - self._start

    @property
    def failed(self) -> bool:
        """Whether a step raised."""
        return self._failed_at is not None

    def step(self) -> None:
        """Apply the loads, record the row of this instant, and integrate; raises as `RuntimeManager.step`."""
        time = self.data.time
        try:
            self._advance(time)
        except BaseException:
            self._failed_at = time
            raise
        self.steps += 1

    def _advance(self, time: float) -> None:
        model, data, watch, recording = self.model, self.data, self.watch, self._recording
        row = recording if recording is not None and self.steps % self._decimation == 0 else None
        self._apply(time)
        if row:
            row.copy_state(time)
        if self._split:
            mujoco.mj_step2(model, data)
            watch.look_at_warnings(time)
            if row:
                row.copy_derived()
        else:
            # The stages of RK4 overwrite what belongs to this instant, so it is computed and copied before them.
            if row:
                mujoco.mj_forwardSkip(model, data, _VELOCITY_STAGE, 0)
                row.copy_derived()
            mujoco.mj_step(model, data)
            watch.look_at_warnings(time)
        watch.look_at_solver()
        if row:
            row.commit()
        elif recording:
            self._signals.forget_row()

    def _apply(self, time: float) -> None:
        """Compute positions and velocities, and put the loads of this instant where MuJoCo looks for them."""
        for forces, none in self._applied:
            forces[:] = none
        mujoco.mj_step1(self.model, self.data)
        if self._loads:
            self.watch.look_at_warnings(time)
            for apply in self._loads:
                apply(time)

    def finish(self) -> None:
        """Evaluate the last state with its loads, record it, and finish the telemetry file.

        Raises:
            Diverged: The last step led to a state from which the simulation cannot go on.
        """
        time = self.data.time
        try:
            metadata = self._last_row(time)
        except BaseException:
            self._failed_at = time
            self.close_telemetry({})
            raise
        self.close_telemetry(metadata)

    def _last_row(self, time: float) -> dict[str, str]:
        model, data, recording = self.model, self.data, self._recording
        self._apply(time)
        # Before the accelerations are computed, so that who restores it and calls mj_forward gets the same bits.
        metadata = metadata_of(model, data)
        if recording:
            recording.copy_state(time)
        mujoco.mj_forwardSkip(model, data, _VELOCITY_STAGE, 0)
        mujoco.mj_checkAcc(model, data)
        self.watch.look_at_warnings(time)
        if recording:
            recording.copy_derived()
            recording.commit()
        return metadata

    def close_telemetry(self, metadata: dict[str, str]) -> None:
        """Finish the telemetry file with the rows that there are."""
        if self._recording:
            self._recording.close(metadata)
