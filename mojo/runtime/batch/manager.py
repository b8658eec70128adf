"""BatchRuntimeManager: steps many simulations with their loads, for runtimes that are declared @vectorized."""

import operator
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from mujoco.batch import Batch

from mojo.attributes import ClosedAttributes, ListField, SealableList
from mojo.errors import ModelError, TrialError
from mojo.runtime.batch.closed import ClosedBatch
from mojo.runtime.batch.draws import Draws
from mojo.runtime.batch.frames import BatchFrameTaker
from mojo.runtime.batch.grouping import stack
from mojo.runtime.batch.simulation import BatchSimulation
from mojo.runtime.faults import checked
from mojo.runtime.frames import FrameWriter
from mojo.runtime.loads import Load
from mojo.runtime.loads.base import LOADS_ARE_READ
from mojo.runtime.proximity import Proximity
from mojo.runtime.recorder import Recorder
from mojo.runtime.signals import SignalManager, resolve_signals
from mojo.runtime.stops import StopCondition
from mojo.runtime.telemetry import TelemetryWriter

# Parts of the state from which positions and velocities do not follow.
_INPUTS = mujoco.mjtState.mjSTATE_WARMSTART | mujoco.mjtState.mjSTATE_CTRL
_INPUTS |= mujoco.mjtState.mjSTATE_QFRC_APPLIED | mujoco.mjtState.mjSTATE_XFRC_APPLIED

_MODELS_ARE_FOLLOWED = (
    "A BatchRuntimeManager follows one batch and its mj_models, from its first step on. Change the models themselves, "
    "and call batch.set_models(mj_models)."
)


class BatchRuntimeManager(ClosedAttributes):
    """Steps many simulations with their loads, and records each.

    Args:
        loads: The loads of each simulation, alike but for their numbers.
        proximities: The proximities of each, likewise.
        signals: Names and patterns of what to record; empty for the default.
        writers: A telemetry file for each.
        record_decimation: Every how many steps a row is recorded.
        frames: The file for the states from which films are made, of a batch of one; None to save none.
        recorders: What is to be filmed.
        conditions: What ends each simulation.
        rngs: The method `rng` of each trial's MojoModel.
        allow_warnings: MuJoCo's warnings after which a simulation goes on, e.g. ["CONTACTFULL"]; they are counted.
        clear_applied: Whether xfrc_applied and qfrc_applied are set to 0 before each step; see RuntimeManager.

    Attributes:
        loads: The loads; a number that differs between the simulations is an array, shape (nsim,). The list may be
            changed before the first step, `active` of a load between two steps.
    """

    loads = ListField[Load]("loads")

    def __init__(
        self,
        loads: Sequence[Sequence[Load]],
        proximities: Sequence[Sequence[Proximity]],
        signals: Sequence[str],
        writers: Sequence[TelemetryWriter],
        record_decimation: int = 1,
        frames: Path | None = None,
        recorders: Sequence[Recorder] = (),
        conditions: Sequence[StopCondition] = (),
        rngs: Sequence[Callable[[str], np.random.Generator]] = (),
        allow_warnings: Sequence[str] = (),
        clear_applied: bool = False,
    ) -> None:
        self.loads = stack(loads)
        self._signals = SignalManager(signals, (len(writers),))
        self._clear_applied = clear_applied
        self._proximities = proximities
        self._writers = writers
        self._decimation = record_decimation
        self._simulation: BatchSimulation | None = None
        self._models: Sequence[mujoco.MjModel] = ()
        self._left, self._moving = np.empty(0), np.empty(0, dtype=bool)
        self._frames, self._recorders, self._conditions = frames, recorders, conditions
        self._allowed = checked(tuple(allow_warnings))
        self._taker: BatchFrameTaker | None = None
        self._broke = False  # whether the last step could not be taken, of which no film may show a frame
        self._rngs, self._draws = rngs, dict[str, Draws]()

    @property
    def signals(self) -> SignalManager:
        """The SignalManager; request(...) asks for more before the first step, post(...) records values (nsim, ...)."""
        return self._signals

    @property
    def clear_applied(self) -> bool:
        """Whether xfrc_applied and qfrc_applied are set to 0 before each step; it may be changed between two steps."""
        return self._clear_applied

    @clear_applied.setter
    def clear_applied(self, clear: bool) -> None:
        self._clear_applied = clear
        if self._simulation is not None:
            self._simulation.clear_applied = clear

    @property
    def simulation(self) -> BatchSimulation:
        """What is stepped.

        Raises:
            TrialError: No step was taken.
        """
        if self._simulation is None:
            raise TrialError("The runtime took no step: call runtime_manager.step(mj_models, batch) in its loop.")
        return self._simulation

    def rng(self, name: str) -> Draws:
        """Return the random generators of all trials for `name`, as one that gives an array with a row for each.

        They are those of `mojo_models[i].rng(name)`: a trial's numbers do not depend on the trials beside it.

        Raises:
            ModelError: The manager was made without MojoModels.
        """
        if not self._rngs:
            raise ModelError("Random numbers need an address. Give BatchRuntimeManager each MojoModel's rng as `rngs`.")
        if name not in self._draws:
            self._draws[name] = Draws([rng(name) for rng in self._rngs])
        return self._draws[name]

    def step(self, mj_models: Sequence[mujoco.MjModel], batch: Batch) -> None:
        """Apply the loads, record the row of this instant, integrate, and take the loads away, all side by side.

        Raises:
            ModelError: A name is not in the models, or this is not the batch of the first step.
            TrialError: A user's function gave something else than numbers.
        """
        if self._simulation is None:
            batch.set_models(list(mj_models))  # a runtime may have changed them
            self._begin(mj_models, batch)
        elif self._simulation.batch is not batch or not self._follows(mj_models):
            raise ModelError(_MODELS_ARE_FOLLOWED)
        else:
            self._follow(self._simulation, batch)
        self._broke = True
        self.simulation.step()
        self._broke = False
        self._left = self._state(batch)

    def _follow(self, simulation: BatchSimulation, batch: Batch) -> None:
        """Take notice of what user code has changed since the last step."""
        models = _take_notice(batch)
        if models is not None:
            if not self._follows(models):
                raise ModelError(f"batch.set_models was given others. {_MODELS_ARE_FOLLOWED}")
            simulation.follow_models()
        if models is not None or not np.array_equal(self._state(batch), self._left):
            simulation.evaluate_again()

    def _follows(self, models: Sequence[mujoco.MjModel]) -> bool:
        """Return whether these are the models of the first step."""
        own = self._models
        return models is own or (len(models) == len(own) and all(map(operator.is_, models, own)))

    def run(self, mj_models: Sequence[mujoco.MjModel], batch: Batch, steps: int) -> None:
        """Take some steps, between which nobody touches the state: the built-in runtime; raises as `step`."""
        self._begin(mj_models, batch)
        self._broke = True
        for _ in range(steps):
            self.simulation.step()
            if self.simulation.over:
                break
        self._broke = False

    def _begin(self, models: Sequence[mujoco.MjModel], batch: Batch) -> None:
        known: dict[str, Any] = {"proximities": self._proximities[0]}
        chosen = resolve_signals(models[0], self.loads, self.signals.patterns, self.signals.requested, **known)
        if isinstance(models, SealableList):
            models.seal(_MODELS_ARE_FOLLOWED)
            self._models = models
        else:
            self._models = tuple(models)
        self._moving = ~_columns(models[0], int(_INPUTS))
        self._simulation = BatchSimulation(
            models,
            batch,
            self.loads,
            self._proximities,
            chosen,
            self._writers,
            self.signals,
            self._decimation,
            self._conditions,
            self._allowed,
        )
        _take_notice(batch)
        self._simulation.clear_applied = self._clear_applied
        self.loads.seal(LOADS_ARE_READ)
        if self._frames is not None:
            writer = FrameWriter(self._frames, models[0], self.loads, self._recorders, self._simulation.time)
            self._taker = BatchFrameTaker(batch, self._simulation.hands, writer)
            self._simulation.on_applied = self._taker.look

    def finish(self) -> None:
        """Evaluate the last state, and finish the files; raises as `BatchSimulation.finish`."""
        self._broke = True
        if self._taker is not None:
            self._taker.is_last = True
        try:
            self.simulation.finish()
            if self._taker is not None and 0 in self.simulation.endings:
                self._taker.take(self.simulation.endings[0].at, self.simulation.end_states[0])
            self._broke = False
        finally:
            self._close_frames()

    def close(self) -> None:
        """Finish the files with what there is, after an error."""
        if self._simulation is not None:
            self._simulation.close()
        self._close_frames()

    def _close_frames(self) -> None:
        if self._taker is not None:
            self._taker.close(is_whole=not self._broke)
            self._taker = None

    def _state(self, batch: Batch) -> np.ndarray:
        """Return the state from which positions and velocities follow."""
        return batch.state[:, self._moving]


def _take_notice(batch: Batch) -> Sequence[mujoco.MjModel] | None:
    """Return the models that were set since this was asked last, if any were."""
    if not isinstance(batch, ClosedBatch):
        return None
    models, batch.new_models = batch.new_models, None
    return models


def _columns(model: mujoco.MjModel, spec: int) -> np.ndarray:
    """Return which numbers of a state row belong to the components `spec`."""
    whole, found = int(mujoco.mjtState.mjSTATE_INTEGRATION), []
    for bit in (1 << place for place in range(whole.bit_length())):
        if whole & bit:
            found += [bool(spec & bit)] * mujoco.mj_stateSize(model, bit)
    return np.array(found)
