"""MuJoCo's warnings: printed where the trial's log captures them, and heard by the witnesses."""

import os

import mujoco

from mojo.runtime.witness import look_around


def _hear(message: str) -> None:
    look_around()
    line = f"MuJoCo warning: {message}"
    try:
        print(line, flush=True)
    except Exception:  # noqa: BLE001 - an exception that leaves a callback of MuJoCo would end the process
        os.write(2, f"{line}\n".encode())


def print_warnings() -> None:
    """Print MuJoCo's warnings from now on, instead of appending them to MUJOCO_LOG.TXT in the working directory."""
    mujoco.set_mju_user_warning(_hear)
