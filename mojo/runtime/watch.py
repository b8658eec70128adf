"""Watch: MuJoCo's warnings and the solver's iterations, looked at after every step in a fraction of a microsecond."""

import mujoco
import numpy as np

from mojo.errors import TrialError
from mojo.model.elements import label

NAMES = {
    int(getattr(mujoco.mjtWarning, name)): name.removeprefix("mjWARN_")
    for name in dir(mujoco.mjtWarning)
    if name.startswith("mjWARN_")
}
_BAD = ("BADQPOS", "BADQVEL", "BADQACC")
BAD = [kind for kind, name in NAMES.items() if name in _BAD]


class Diverged(TrialError):
    """MuJoCo met a state or an acceleration that is not finite or is huge; it would reset the simulation and go on."""


class Watch:
    """Follows the warnings of one MjData, and counts the steps in which the solver stopped at its limit.

    Attributes:
        warnings: How often each warning came since the watch began, by its name.
        solver_at_cap: Steps in which the constraint solver made all the iterations that it may.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        self.warnings: dict[str, int] = {}
        self.solver_at_cap = 0
        self._model = model
        self._data = data
        # Live views; to compare their bytes takes a tenth of the time of asking NumPy.
        self._counts = memoryview(data.warning.number)
        self._seen = self._counts.tobytes()
        self._iterations = memoryview(data.solver_niter)  # of each island, 0 where there is none
        self._others = self._iterations[1:]
        self._idle = bytes(self._others.nbytes)
        self._cap = int(model.opt.iterations)

    def look_at_warnings(self, time: float) -> None:
        """Count new warnings of the step from `time` [s] on.

        Raises:
            Diverged: One of them says that the simulation has diverged.
        """
        if self._counts.tobytes() != self._seen:
            self._count_warnings(time)

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
        for kind in np.flatnonzero(news):
            name = NAMES[int(kind)]
            self.warnings[name] = self.warnings.get(name, 0) + int(news[kind])
            if name in _BAD:
                raise diverged(self._model, name, int(self._data.warning.lastinfo[kind]), time)


def diverged(model: mujoco.MjModel, name: str, index: int, time: float) -> Diverged:
    """Return the error that says where a simulation has diverged.

    Args:
        model: Its model.
        name: Of MuJoCo's warning.
        index: What the warning tells: of the position or of the dof that is bad.
        time: Simulated time of the step [s].
    """
    if name == "BADQPOS":
        joint = int(np.searchsorted(model.jnt_qposadr, index, side="right")) - 1
        place = f"qpos[{index}]"
    else:
        joint = int(model.dof_jntid[index])
        place = f"dof {index}"
    name = label(model, mujoco.mjtObj.mjOBJ_JOINT, joint)
    return Diverged(
        f"The simulation diverged at t = {time:.6g} s: MuJoCo's warning {name} in {place}, joint '{name}'. "
        f"Try a smaller timestep than {model.opt.timestep:g} s, softer springs, more damping or another integrator."
    )
