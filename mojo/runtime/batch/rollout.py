"""Rollout: many simulations that need no Python between their steps, in blocks of steps."""

from collections.abc import Callable, Sequence

import mujoco
import numpy as np
from mujoco.batch import Batch

from mojo.runtime.batch.simulation import ACCELERATION_STAGE, known_bad
from mojo.runtime.computed import POINTS, PointVelocities, asked_points
from mojo.runtime.end_state import metadata_of_state
from mojo.runtime.loads import Load
from mojo.runtime.proximity import Proximity
from mojo.runtime.recording import record_batch
from mojo.runtime.signals import Chosen
from mojo.runtime.spans import Span, spans
from mojo.runtime.telemetry import TelemetryWriter

# The parts of the state that may be recorded, in the order in which mj_getState lays them out.
_STATE = {
    "time": mujoco.mjtState.mjSTATE_TIME,
    "qpos": mujoco.mjtState.mjSTATE_QPOS,
    "qvel": mujoco.mjtState.mjSTATE_QVEL,
    "act": mujoco.mjtState.mjSTATE_ACT,
    "ctrl": mujoco.mjtState.mjSTATE_CTRL,
}
_BLOCK_BYTES = 20_000_000
_KEPT_BYTES = 40_000_000

Arrays = dict[str, np.ndarray]


def needs_no_python(model: mujoco.MjModel, loads: Sequence[Load], proximities: Sequence[Proximity]) -> bool:
    """Return whether trials like this may be rolled out.

    The stages of RK4 overwrite what belongs to the instant before the step, so it would be lost within a block.
    """
    return not loads and not proximities and model.opt.integrator != mujoco.mjtIntegrator.mjINT_RK4


class RolloutPlan:
    """What a rollout must record, and where it stands in a row of telemetry.

    Attributes:
        fields: The arrays of MjData that are recorded.
        width: Numbers in a row.
    """

    def __init__(self, model: mujoco.MjModel, chosen: Sequence[Chosen]) -> None:
        self._model = model
        asked = {choice.address for choice in chosen}
        points = {category: asked_points(category, asked) for category in POINTS}
        self._points = {category: ids for category, (ids, _) in points.items() if ids}
        computed = [address for ids, addresses in points.values() if ids for address in addresses]
        found, places = spans([("time", 0), *asked.difference(computed)])
        self._spans: list[Span] = found
        self._computed_from = sum(end - begin for _, begin, end in found)
        places |= {address: self._computed_from + number for number, address in enumerate(computed)}
        self.width = self._computed_from + len(computed)
        self.places = [places["time", 0], *(places[choice.address] for choice in chosen)]
        needed = {array for array, _, _ in found}
        if self._points:
            needed |= {*PointVelocities.needs, *(POINTS[category] for category in self._points)}
        self.fields = sorted(needed - _STATE.keys())
        self.spec = int(sum(bit for bit in _STATE.values()))

    def bytes_a_step(self, model: mujoco.MjModel, data: mujoco.MjData) -> int:
        """Return how much a rollout records of one step of one simulation."""
        sizes = [getattr(data, name).size for name in self.fields]
        return 8 * (mujoco.mj_stateSize(model, self.spec) + sum(sizes) + mujoco.mjNISLAND)

    def split_state(self, states: np.ndarray) -> Arrays:
        """Return the parts of recorded states, shape (..., size of spec), by their names."""
        ends = np.cumsum([mujoco.mj_stateSize(self._model, int(bit)) for bit in _STATE.values()])
        return dict(zip(_STATE, np.split(states, ends[:-1], axis=-1), strict=True))

    def fill(self, values: np.ndarray, arrays: Arrays) -> None:
        """Put what was recorded into rows of telemetry.

        Args:
            values: Shape (nsim, width, rows).
            arrays: Each with shape (nsim, rows, ...).
        """
        place = 0
        for name, begin, end in self._spans:
            flat = arrays[name].reshape(*values.shape[::2], -1)
            values[:, place : place + end - begin] = flat[:, :, begin:end].transpose(0, 2, 1)
            place += end - begin
        for category, ids in self._points.items():
            velocities = PointVelocities(self._model, category, ids, arrays.__getitem__)().transpose(0, 2, 1)
            values[:, place : place + velocities.shape[1]] = velocities
            place += velocities.shape[1]


class Rollout:
    """Steps many simulations that share their layout, without Python between the steps.

    A simulation that MuJoCo warns of stops there and becomes a suspect: its trial must be run by itself.

    Args:
        models: The model of each.
        batch: The simulations, at the states from which they start.
        chosen: What is recorded.
        writers: A telemetry file for each.
        decimation: Every how many steps a row is recorded.

    Attributes:
        suspects: Simulations that MuJoCo warned of, shape (nsim,).
        solver_at_cap: Steps of each in which the constraint solver stopped at its limit, shape (nsim,).
    """

    def __init__(
        self,
        models: Sequence[mujoco.MjModel],
        batch: Batch,
        chosen: Sequence[Chosen],
        writers: Sequence[TelemetryWriter],
        decimation: int,
    ) -> None:
        self.batch = batch
        self.suspects = np.zeros(len(models), dtype=bool)
        self.solver_at_cap = np.zeros(len(models), dtype=int)
        self._cap = int(models[0].opt.iterations)
        self._columns = [choice.column for choice in chosen]
        self._writers = writers
        self._decimation = decimation
        self._plan = RolloutPlan(models[0], chosen)
        bytes_a_step = self._plan.bytes_a_step(models[0], mujoco.MjData(models[0]))
        self._block = max(1, _BLOCK_BYTES // (len(models) * bytes_a_step))
        self._accelerations = self.batch.bind("qacc")
        self._bound = {name: self.batch.bind(name) for name in [*_STATE, *self._plan.fields]}
        self._values = np.empty((0, 0, 0))
        self._rows = 0

    def run(self, count: int) -> None:
        """Take `count` steps, and finish the telemetry of all that are not suspect."""
        rows = -(-count // self._decimation) + 1
        most = max(2, _KEPT_BYTES // (8 * self._plan.width * len(self._writers)))
        self._values = np.empty((len(self._writers), self._plan.width, min(rows, most)))
        done = 0
        while done < count and not self.suspects.all():
            steps = min(count - done, self._block)
            self._advance(steps, -done % self._decimation)
            done += steps
        self._finish()

    def _advance(self, steps: int, first: int) -> None:
        """Take some steps, and keep those rows from the step `first` on that are to be recorded."""
        batch, plan = self.batch, self._plan
        before = np.concatenate([self._bound[name].reshape(batch.nsim, -1) for name in _STATE], axis=1)
        recorded = batch.rollout(steps, record=[*plan.fields, plan.spec, "solver_niter"])
        self.suspects |= batch.warning[:, :, 1].any(axis=1)
        self.solver_at_cap += (recorded["solver_niter"].max(axis=2) >= self._cap).sum(axis=1)
        # A record of the state is the one after the step, one of what follows from it is the one before.
        states = np.concatenate([before[:, None], recorded[plan.spec][:, :-1]], axis=1)
        arrays = {name: recorded[name] for name in plan.fields} | plan.split_state(states)
        self._keep({name: array[:, first :: self._decimation] for name, array in arrays.items()})

    def _keep(self, arrays: Arrays) -> None:
        count, start = arrays["time"].shape[1], 0
        while start < count:
            if self._rows == self._values.shape[2]:
                self._deal(lambda number, batch: self._writers[number].append(batch))
                self._rows = 0
            taken = min(count - start, self._values.shape[2] - self._rows)
            part = {name: array[:, start : start + taken] for name, array in arrays.items()}
            self._plan.fill(self._values[:, :, self._rows : self._rows + taken], part)
            self._rows += taken
            start += taken

    def _finish(self) -> None:
        """Evaluate the last state, record it, and finish the files."""
        states = self.batch.state.copy()
        self.batch.forward(stage=ACCELERATION_STAGE)
        self.suspects |= self.batch.warning[:, :, 1].any(axis=1)
        self.suspects |= known_bad(self._accelerations).any(axis=1)
        self._keep({name: array[:, None] for name, array in self._bound.items()})
        self._deal(lambda number, batch: self._writers[number].close(batch, metadata_of_state(states[number])))

    def _deal(self, take: Callable[[int, object], None]) -> None:
        """Give the writer of each simulation that is not suspect its rows."""
        for number in np.flatnonzero(~self.suspects).tolist():
            columns = [self._values[number, place, : self._rows] for place in self._plan.places]
            take(number, record_batch(self._columns, columns))
