"""MuJoCo's warnings: printed where the trial's log captures them."""

import mujoco


def _print(message: str) -> None:
    print(f"MuJoCo warning: {message}", flush=True)


def print_warnings() -> None:
    """Print MuJoCo's warnings from now on, instead of appending them to MUJOCO_LOG.TXT in the working directory."""
    mujoco.set_mju_user_warning(_print)
