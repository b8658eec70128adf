"""BatchWatch: MuJoCo's warnings of many simulations that are stepped side by side."""

from collections.abc import Container, Sequence
from typing import NoReturn

import mujoco
import numpy as np
from mujoco.batch import Batch

from mojo.runtime.batch.plant import BatchPlant
from mojo.runtime.faults import BAD, NAMES, Broken, fault, no_time, not_finite
from mojo.runtime.watch import at, worst
from mojo.runtime.witness import MOCAP, Witness

_INDEX, _COUNT = 0, 1  # what Batch.warning holds of each kind: what the last one told beside, and how often it came


class BatchWatch:
    """Makes those simulations suspects that MuJoCo warns of, or whose mocap bodies are nowhere.

    Args:
        models: The model of each.
        batch: The simulations.
        plant: Where suspects are marked.
        allowed: Warnings that are counted and nothing else, by their names.

    Attributes:
        fault: What the last simulation that was not suspect has ended by, if it has; also where user code caught it.
    """

    def __init__(
        self, models: Sequence[mujoco.MjModel], batch: Batch, plant: BatchPlant, allowed: Container[str]
    ) -> None:
        self.fault: Broken | None = None
        self._models, self._batch, self._plant, self._allowed = models, batch, plant, allowed
        self._fatal = [kind for kind, name in NAMES.items() if name not in allowed]
        self._warnings = memoryview(batch.warning)
        self._known = b""  # so that the first look finds what came before it
        self._seen = np.zeros_like(self._counts)
        self._uncounted = np.zeros_like(self._counts)
        self._poses = [batch.bind(name) for name in MOCAP] if models[0].nmocap else []
        # Where there are several, one that goes wrong is run again by itself, and a witness looks at that.
        self._witness = Witness(models[0], lambda name: batch.bind(name)[0]) if batch.nsim == 1 else None

    @property
    def _counts(self) -> np.ndarray:
        return self._batch.warning[:, :, _COUNT]

    def begin(self) -> None:
        """Leave out of the counts what came of evaluating the first state more than once."""
        self._uncounted = self._counts.copy()

    def look(self, time: float, now: float) -> None:
        """Look at what has come since the last look.

        Args:
            time: Simulated time at which the step began [s].
            now: Simulated time of the positions [s].

        Raises:
            Diverged: The last simulation that was not suspect has diverged.
            Invalid: Or MuJoCo warned that it goes on without something, or a mocap body is nowhere.
        """
        # To compare bytes takes a tenth of the time of asking NumPy.
        if self._warnings.tobytes() != self._known:
            self._look_at_warnings(time, now)
        if self._poses:
            self._look_at_poses(time)

    def look_again(self, time: float) -> None:
        """Look after a state was evaluated again; warnings that are allowed are not counted again. Raises as `look`."""
        if self._warnings.tobytes() != self._known:
            self._uncounted += self._counts - self._seen
            self._look_at_warnings(time, time)

    def _look_at_warnings(self, time: float, now: float) -> None:
        news = self._counts != self._seen
        fatal = np.any(news[:, self._fatal], axis=1)
        self._plant.suspect(fatal)
        if fatal.any() and self._plant.suspects.all():
            simulation = int(np.argmax(fatal))
            self._raise(self._fault(simulation, news[simulation], time, now))
        self._seen = self._counts.copy()
        self._known = self._warnings.tobytes()

    def _fault(self, simulation: int, news: np.ndarray, time: float, now: float) -> Broken:
        kind = worst(news, self._allowed)
        assert kind is not None
        index = int(self._batch.warning[simulation, kind, _INDEX])
        control = float(self._batch.ctrl[simulation, index]) if NAMES[kind] == "BADCTRL" else None
        # A step ends with the positions of the next instant, which is where there are too many contacts.
        when = time if kind in BAD or control is not None else now
        saw = self._witness.saw if self._witness else None
        return fault(self._models[simulation], NAMES[kind], index, at(when), saw, control)

    def look_at_accelerations(self, bad: np.ndarray, time: float) -> None:
        """Make simulations suspects by which of their accelerations are bad, shape (nsim, nv); raises as `look`."""
        self._plant.suspect(np.any(bad, axis=1))
        if self._plant.suspects.all():
            simulation, dof = np.argwhere(bad)[0]
            saw = self._witness.look() if self._witness else None
            self._raise(fault(self._models[simulation], "BADQACC", int(dof), at(time), saw))

    def look_at_times(self, times: np.ndarray) -> None:
        """Look at simulated times [s], which only user code can make other than finite.

        Raises:
            Invalid: One is not.
        """
        if (bad := times[~np.isfinite(times)]).size:
            self._raise(no_time(float(bad[0])))

    def _look_at_poses(self, time: float) -> None:
        bad = ~np.all([np.isfinite(poses).all(axis=(1, 2)) for poses in self._poses], axis=0)
        if bad.any():
            self._plant.suspect(bad)
            if self._witness and (saw := self._witness.look(*MOCAP)):
                self._raise(not_finite(saw, at(time)))

    def _raise(self, error: Broken) -> NoReturn:
        self.fault = error
        raise error

    def warnings(self, number: int) -> dict[str, int]:
        """Return how often MuJoCo warned of a simulation, by the name of the warning."""
        counts = self._seen[number] - self._uncounted[number]
        return {NAMES[kind]: int(count) for kind, count in enumerate(counts) if count > 0}
