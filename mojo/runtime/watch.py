"""Watch: MuJoCo's warnings and the solver's iterations, looked at after every step in a fraction of a microsecond."""

from collections.abc import Container, Mapping
from functools import partial
from typing import NoReturn

import mujoco
import numpy as np

from mojo.runtime.faults import BAD, NAMES, Broken, fault, no_time, not_finite
from mojo.runtime.witness import MOCAP, Witness


class Watch:
    """Follows the warnings of one MjData, and counts the steps in which the solver stopped at its limit.

    Args:
        model: The model.
        data: Its data.
        allowed: Warnings that are counted and nothing else, by their names.

    Attributes:
        warnings: How often each warning came since the watch began, by its name.
        solver_at_cap: Steps in which the constraint solver made all the iterations that it may.
        fault: What was found wrong first; None where nothing was.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, allowed: Container[str] = ()) -> None:
        self.warnings: dict[str, int] = {}
        self.solver_at_cap = 0
        self.fault: Broken | None = None
        self._model, self._data, self._allowed = model, data, allowed
        self._witness = Witness(model, partial(getattr, data))
        # Live views; to compare their bytes takes a tenth of the time of asking NumPy.
        self._counts = memoryview(data.warning.number)
        self._seen = self._counts.tobytes()
        self._iterations = memoryview(data.solver_niter)  # of each island, 0 where there is none
        self._others = self._iterations[1:]
        self._idle = bytes(self._others.nbytes)
        self._cap = int(model.opt.iterations)
        self._poses = [memoryview(array) for array in (data.mocap_pos, data.mocap_quat)] if model.nmocap else []
        self._finite = [b"" for _ in self._poses]

    def look_at_warnings(self, time: float) -> None:
        """Count new warnings of the step from `time` [s] on.

        Raises:
            Diverged: One of them says that the simulation has diverged.
            Invalid: One of them is not allowed, or the time or a mocap body is nowhere, of which MuJoCo does not warn.
        """
        if time - time != 0.0:
            self._raise(no_time(time))
        if self._counts.tobytes() != self._seen:
            self._count_warnings(time)
        if self._poses:
            self._look_at_poses(time)

    def look_at_solver(self) -> None:
        """Count the step if the solver stopped at its limit in one of the constraint islands."""
        one_island = self._others.tobytes() == self._idle
        if (self._iterations[0] if one_island else max(self._iterations)) >= self._cap:
            self.solver_at_cap += 1

    def _count_warnings(self, time: float) -> None:
        before, now = np.frombuffer(self._seen, np.int32), np.array(self._counts)
        # A reset sets all counts to zero before the one that caused it is raised.
        news = now if (now < before).any() else now - before
        self._seen = now.tobytes()
        for kind in np.flatnonzero(news).tolist():
            self.warnings[NAMES[kind]] = self.warnings.get(NAMES[kind], 0) + int(news[kind])
        found = worst(news, self._allowed)
        if found is not None:
            self._raise(fault_of(self._model, self._data, found, at(time), self._witness.saw))

    def _look_at_poses(self, time: float) -> None:
        poses = [view.tobytes() for view in self._poses]
        if poses != self._finite:
            if (saw := self._witness.look(*MOCAP)) is not None:
                self._raise(not_finite(saw, at(time)))
            self._finite = poses

    def _raise(self, error: Broken) -> NoReturn:
        self.fault = self.fault or error
        raise error


def at(time: float) -> str:
    """Return a time [s] in words."""
    return f"at t = {time:.6g} s"


def worst(counts: np.ndarray, allowed: Container[str]) -> int | None:
    """Return the kind of warning by which a simulation ends: a divergence if there is one, else one not allowed."""
    kinds = [kind for kind in np.flatnonzero(counts).tolist() if NAMES[kind] not in allowed]
    return min(kinds, key=lambda kind: kind not in BAD, default=None)


def fault_of(model: mujoco.MjModel, data: mujoco.MjData, kind: int, when: str, saw: str | None) -> Broken:
    """Return the error that says what an MjData was warned of; arguments as of `mojo.runtime.faults.fault`."""
    index = int(data.warning.lastinfo[kind])
    control = float(data.ctrl[index]) if NAMES[kind] == "BADCTRL" else None
    return fault(model, NAMES[kind], index, when, saw, control)


def left_behind(model: mujoco.MjModel, data: mujoco.MjData, allowed: Container[str]) -> Broken | None:
    """Return what an MjData was warned of in steps that nobody watched; None where nothing was, or it is allowed."""
    kind = worst(data.warning.number, allowed)
    return None if kind is None else fault_of(model, data, kind, "in a step that the runtime took by itself", None)


def warned(data: mujoco.MjData, watched: Mapping[str, int]) -> dict[str, int]:
    """Return how often an MjData was warned of what came more often than in the steps that were watched."""
    counts = enumerate(data.warning.number.tolist())
    return {NAMES[kind]: count for kind, count in counts if count > watched.get(NAMES[kind], 0)}
