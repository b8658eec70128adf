"""MuJoCo's timers: it reads the clock a dozen times a step, for the durations in MjData.timer."""

import ctypes

import mujoco


def time_stages(on: bool) -> None:
    """Let MuJoCo measure how long its stages take, as it does by default, or not, in this process.

    The clock takes a quarter of the step of a small model. Without it, all durations in MjData.timer are 0.
    """
    # The clock must be a function in C: of those that Python itself has, this one returns the same number always.
    mujoco.set_mjcb_time(None if on else ctypes.pythonapi.PyFloat_GetMin)
