"""BatchSimulation: the order of a step, over many simulations side by side."""

from collections.abc import Callable, Container, Sequence

import mujoco
import numpy as np
from mujoco.batch import Batch

from mojo.errors import TrialError
from mojo.runtime.batch.closed import ClosedBatch
from mojo.runtime.batch.plant import BatchPlant
from mojo.runtime.batch.recording import BatchRecording
from mojo.runtime.batch.stacked import VELOCITY_STAGE
from mojo.runtime.batch.sticking import BatchSticking
from mojo.runtime.batch.stops import BatchStops, Ending
from mojo.runtime.batch.watch import BatchWatch
from mojo.runtime.end_state import metadata_of_state
from mojo.runtime.inputs import APPLIED
from mojo.runtime.loads import Load, in_order
from mojo.runtime.proximity import Proximity
from mojo.runtime.signals import TIME, Chosen, SignalManager
from mojo.runtime.stops import StopCondition
from mojo.runtime.telemetry import TelemetryWriter

_ALONE = "Those that stand side by side share a clock, so each of these must be run by itself."
ACCELERATION_STAGE = int(mujoco.mjtStage.mjSTAGE_ACC)


def new_batch(models: Sequence[mujoco.MjModel], persistent: bool, keyframe: int = -1) -> Batch:
    """Return a batch with one simulation a model, each at a keyframe of its model, or at its initial state."""
    batch = ClosedBatch(models[0], len(models), nthread=1, persistent=persistent)
    batch.set_models(models)
    batch.reset(keyframe=keyframe, stage=int(mujoco.mjtStage.mjSTAGE_NONE))
    return batch


def known_bad(accelerations: np.ndarray) -> np.ndarray:
    """Return which accelerations mj_checkAcc refuses, any shape."""
    return ~(np.abs(accelerations) <= mujoco.mjMAXVAL)


class BatchSimulation:
    """Steps many simulations that share their layout, in the order in which `Run` steps one.

    A simulation in which anything is out of the ordinary (a warning that is not allowed, an error, a number that is
    not finite) becomes a suspect: it is stepped no further, and its neighbours do not feel it.

    Args:
        models: The model of each.
        batch: The simulations, at the states from which they start; it must be persistent.
        loads: Their loads; what differs between the simulations is an array, see `stack`.
        proximities: Those of each.
        chosen: What is recorded.
        writers: A telemetry file for each.
        signals: Where the user's code posts values.
        decimation: Every how many steps a row is recorded.
        conditions: What ends each of them, looked at in recorded rows; the row that decides is then its last one.
        allowed: MuJoCo's warnings that are counted and nothing else.

    Attributes:
        batch: The simulations.
        hands: Their loads, as they act on them.
        on_applied: Called with the time of each instant, when the loads of its step have been applied.
        clear_applied: Whether xfrc_applied and qfrc_applied are set to 0 before each step.
        steps: Steps taken.
        endings: How those ended that came to their end before the others.
        end_states: The states at which they did, with their loads applied, if somebody asks for `on_applied`.
        watch: Counts warnings.
        solver_at_cap: Steps of each in which the constraint solver stopped at its limit, shape (nsim,).
    """

    def __init__(
        self,
        models: Sequence[mujoco.MjModel],
        batch: Batch,
        loads: Sequence[Load],
        proximities: Sequence[Sequence[Proximity]],
        chosen: Sequence[Chosen],
        writers: Sequence[TelemetryWriter],
        signals: SignalManager,
        decimation: int,
        conditions: Sequence[StopCondition] = (),
        allowed: Container[str] = (),
    ) -> None:
        self.batch, self._models = batch, models
        self.plant = BatchPlant(models, batch)
        batch.forward(stage=VELOCITY_STAGE)  # initial distances need the sites' positions
        self.hands = hands = [load.bind(self.plant) for load in loads]
        self._loads = in_order(self.plant, hands, BatchSticking)
        self.on_applied: Callable[[float], None] | None = None
        self.clear_applied = False
        self._recording = BatchRecording(self.plant, models, hands, proximities, chosen, writers, signals)
        self._signals = signals
        self._iterations = memoryview(batch.bind("solver_niter"))
        self._known_iterations = b""
        self._at_cap: np.ndarray | None = None
        self._time = batch.bind("time")
        self._clock = memoryview(self._time)
        self._decimation = decimation
        self.follow_models()
        self.watch = BatchWatch(models, batch, self.plant, allowed)
        columns = [column.name for column in (TIME, *(choice.column for choice in chosen))]
        self._stops = BatchStops(batch, conditions, columns) if conditions else None
        self.endings: dict[int, Ending] = {}
        self.end_states: dict[int, np.ndarray] = {}
        self.steps, self._start = 0, float(batch.time[0])
        self.solver_at_cap = np.zeros(batch.nsim, dtype=int)
        batch.forward(stage=VELOCITY_STAGE)  # fills what the hands and the recording have bound
        self.watch.begin()
        self.check_clock()

    @property
    def time(self) -> float:
        """Simulated time [s], the same in all of them."""
        return self._clock[self.plant.first]

    @property
    def simulated(self) -> float:
        """Simulated time [s] since the first step."""
        return self.time - self._start

    def follow_models(self) -> None:
        """Take notice of models that user code has changed.

        Raises:
            TrialError: They can no longer be stepped side by side.
        """
        options = [model.opt for model in self._models]
        if len({(option.timestep, option.integrator) for option in options}) > 1:
            raise TrialError(f"The runtime gave the simulations timesteps or integrators that differ. {_ALONE}")
        self._split = options[0].integrator != mujoco.mjtIntegrator.mjINT_RK4
        self._cap = int(options[0].iterations)
        self.plant.model.forget()

    def check_clock(self) -> None:
        """Check that all simulations that are stepped have the same time, which is what is recorded.

        Raises:
            TrialError: They have not.
            Invalid: It is not finite; a kind of TrialError.
        """
        times = self._time[~self.plant.stopped]
        self.watch.look_at_times(times)
        if (times != times[:1]).any():
            raise TrialError(f"The runtime gave the simulations times that differ: {times[:5]} s. {_ALONE}")

    def evaluate_again(self) -> None:
        """Evaluate the state, which user code has changed since the last step; raises as `step`."""
        self.check_clock()
        time = self.time
        self.batch.forward(ids=self.plant.running, stage=VELOCITY_STAGE)
        self.watch.look_again(time)

    def step(self) -> None:
        """Apply the loads, record the row of this instant, and integrate.

        Raises:
            TrialError: A user's function gave something else than numbers, or each simulation is a suspect.
            Diverged: The last simulation that was not suspect has diverged; a kind of TrialError.
            Invalid: Or MuJoCo warned that it goes on without something, or a mocap body is nowhere.
        """
        if self.plant.running is not None and self.plant.suspects.all():
            raise TrialError("No simulation can be stepped on: each of them must be run by itself.")
        time = self.time
        row = self.steps % self._decimation == 0
        self._apply(time)
        if row:
            self._recording.copy_state(time)
            if self._stops:
                self._stops.save()
            if not self._split and self._recording.needs_accelerations:
                # The stages of RK4 overwrite what belongs to this instant, so it is computed and copied before them.
                self.batch.forward(stage=ACCELERATION_STAGE)
                with self.plant.without_loads():
                    self._recording.copy_accelerations()
        self._advance(time)
        self.plant.put_back()
        if row:
            if self._split:
                self._recording.copy_accelerations()
            over = self._stops.decided(self._recording.value, time) if self._stops else {}
            self._recording.commit()
            if over and self._stops:
                self._end(self._stops, over, time)
        else:
            self._signals.forget_row()
        self.steps += 1

    def _end(self, stops: BatchStops, over: dict[int, str], time: float) -> None:
        """Finish those that end by the row of this instant, as if the step from it on had not been taken."""
        simulated, stopped = time - self._start, self.plant.stopped
        news = {n: Ending(name, time, simulated, self.steps) for n, name in over.items() if not stopped[n]}
        self._recording.close({number: metadata_of_state(stops.states[number]) for number in news})
        self.endings |= news
        if self.on_applied is not None:
            self.end_states |= {number: stops.states[number].copy() for number in news}
        self.plant.stop(np.isin(np.arange(self.batch.nsim), list(news)))

    def _apply(self, time: float) -> None:
        if self.clear_applied:
            for name in APPLIED:
                self.batch.bind(name).fill(0.0)
        self.plant.begin()
        for apply in self._loads:
            apply(time)
        self.plant.write()
        if self.on_applied is not None:
            self.on_applied(time)

    def _advance(self, time: float) -> None:
        plant = self.plant
        self.batch.step(ids=plant.running, stage=VELOCITY_STAGE)
        self.watch.look(time, self.time)
        if plant.running is not None:
            self._time[plant.stopped] = self.time  # lest a loop waits for one that is no longer stepped
        # To compare bytes takes a tenth of the time of asking NumPy.
        if self._iterations.tobytes() != self._known_iterations:
            self._known_iterations = self._iterations.tobytes()
            most = np.asarray(self._iterations).max(axis=1)
            self._at_cap = most >= self._cap if most.max() >= self._cap else None
        if self._at_cap is not None:
            self.solver_at_cap += self._at_cap & ~plant.stopped

    @property
    def over(self) -> bool:
        """Whether no simulation is to be stepped any more."""
        return self.plant.running is not None and self.plant.running.size == 0

    def finish(self) -> None:
        """Evaluate the last state with its loads, record it, and finish the telemetry of all that are still running.

        Raises:
            Diverged: The last step led all simulations to states from which they cannot go on.
            Invalid: Or MuJoCo warned of the last state, as in `step`.
        """
        if self.over:
            return
        self.check_clock()
        time = self.time
        self._apply(time)
        states = self.batch.state.copy()
        self._recording.copy_state(time)
        self.batch.forward(ids=self.plant.running, stage=ACCELERATION_STAGE)
        self.watch.look_at_accelerations(known_bad(self.batch.bind("qacc")), time)
        self.watch.look(time, time)
        self.plant.put_back()
        self._recording.copy_accelerations()
        self._recording.commit()
        good = np.flatnonzero(~self.plant.stopped).tolist()
        self._recording.close({number: metadata_of_state(states[number]) for number in good})

    def close(self) -> None:
        """Finish the telemetry of all with the rows that there are, after an error."""
        self._recording.close({number: {} for number in range(self.batch.nsim) if number not in self.endings})
