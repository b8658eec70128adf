"""Durations, in steps."""

import mujoco

from mojo.errors import ModelError


def step_count(mj_model: mujoco.MjModel, duration: float) -> int:
    """Return how many steps make `duration` [s], rounded to whole timesteps.

    Raises:
        ModelError: The duration is less than half a timestep.
    """
    timestep = mj_model.opt.timestep
    count = round(duration / timestep)
    if count < 1:
        raise ModelError(f"duration must be at least one timestep of {timestep:g} s, but got {duration:g} s.")
    return count
