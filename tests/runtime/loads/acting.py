"""What loads apply in a step, which is taken away again after it."""

from collections.abc import Sequence

import mujoco
import numpy as np

from mojo.runtime.loads import Load, ScalarForce
from mojo.runtime.manager import RuntimeManager


def wrenches_in_step(model: mujoco.MjModel, data: mujoco.MjData, loads: Sequence[Load], site: str) -> np.ndarray:
    """Take a step, and return xfrc_applied as a load sees it that comes after the others, shape (nbody, 6)."""
    seen = []

    def look(time, axis, model, data):
        seen.append(data.xfrc_applied.copy())
        return 0.0

    last = ScalarForce(name="looks", action_site=site, scalar=look)
    RuntimeManager(loads=[*loads, last]).step(model, data)
    return seen[0]
