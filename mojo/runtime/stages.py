"""Stages of MuJoCo's step that a run computes apart from it."""

from collections.abc import Callable
from typing import Any

import mujoco
import numpy as np

_VELOCITY_STAGE = int(mujoco.mjtStage.mjSTAGE_VEL)


def _with_control_kept(call: Callable[..., None], *given: Any) -> None:
    """Call a function of MuJoCo, but not its control callback again, which has been called in this step."""
    control = mujoco.get_mjcb_control()
    if control is not None:
        mujoco.set_mjcb_control(None)
    try:
        call(*given)
    finally:
        if control is not None:
            mujoco.set_mjcb_control(control)


def accelerate(model: mujoco.MjModel, data: mujoco.MjData) -> None:
    """Compute what follows from what is applied, given positions and velocities."""
    _with_control_kept(mujoco.mj_forwardSkip, model, data, _VELOCITY_STAGE, 0)


def may_sleep(model: mujoco.MjModel) -> bool:
    """Return whether MuJoCo may let bodies of a model sleep."""
    return bool(model.opt.enableflags & mujoco.mjtEnableBit.mjENBL_SLEEP)


class Sleepers:
    """Wakes bodies that sleep where loads act on them, as MuJoCo does by what is applied before its step.

    MuJoCo looks at applied forces before it computes positions, and loads are known after it has. So positions and
    velocities are computed once more in a step in which loads wake somebody. A body that sleeps has stood still, so
    that the loads stay what they are.

    Args:
        model: The model.
        data: Its data.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        self._model, self._data = model, data

    def wake(self, time: float) -> None:
        """Wake those on whom loads act in the step from `time` [s] on."""
        model, data = self._model, self._data
        if data.ntree_awake == model.ntree:
            return
        asleep = np.append(data.tree_asleep >= 0, False)  # the last one stands for what belongs to no tree, -1
        if data.xfrc_applied[asleep[model.body_treeid]].any() or data.qfrc_applied[asleep[model.dof_treeid]].any():
            _with_control_kept(mujoco.mj_step1, model, data)
