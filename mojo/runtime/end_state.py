"""The state at the end of a run, kept in its telemetry file for those who judge it in another process."""

import base64
from pathlib import Path

import mujoco
import numpy as np
import pyarrow.parquet as pq

from mojo.errors import TrialError

SIGNATURE = int(mujoco.mjtState.mjSTATE_INTEGRATION)
_STATE_KEY, _SIGNATURE_KEY = "mojo.end_state", "mojo.state_signature"


def metadata_of(model: mujoco.MjModel, data: mujoco.MjData) -> dict[str, str]:
    """Return the state of `data` as entries of a Parquet file's metadata, to the last bit."""
    state = np.empty(mujoco.mj_stateSize(model, SIGNATURE))
    mujoco.mj_getState(model, data, state, SIGNATURE)
    return metadata_of_state(state)


def metadata_of_state(state: np.ndarray) -> dict[str, str]:
    """Return a state of mjSTATE_INTEGRATION as entries of a Parquet file's metadata, to the last bit."""
    return {_STATE_KEY: base64.b64encode(state.tobytes()).decode(), _SIGNATURE_KEY: str(SIGNATURE)}


def end_state(telemetry: Path) -> np.ndarray:
    """Return the state at the end of the run that wrote `telemetry`.

    Returns:
        The state as mj_getState gives it for mjSTATE_INTEGRATION, shape (mj_stateSize,).

    Raises:
        TrialError: The run did not reach its end, or another MuJoCo wrote it.
    """
    metadata = pq.read_metadata(telemetry).metadata or {}
    if _STATE_KEY.encode() not in metadata:
        raise TrialError(f"{telemetry} holds no end state: its run failed, diverged or was killed. Run it again.")
    signature = int(metadata[_SIGNATURE_KEY.encode()])
    if signature != SIGNATURE:
        raise TrialError(
            f"{telemetry} holds a state of signature {signature}, but this MuJoCo reads {SIGNATURE}. "
            "Run the trial again."
        )
    return np.frombuffer(base64.b64decode(metadata[_STATE_KEY.encode()]))


def restore(model: mujoco.MjModel, data: mujoco.MjData, state: np.ndarray) -> None:
    """Set `data` to a state of mjSTATE_INTEGRATION, and compute everything that follows from it.

    Args:
        model: The model that was simulated.
        data: Its data.
        state: What `end_state` returned.

    Raises:
        TrialError: The state is that of another model.
    """
    size = mujoco.mj_stateSize(model, SIGNATURE)
    if state.shape != (size,):
        raise TrialError(f"The state must have shape ({size},) for this model, but got {state.shape}.")
    mujoco.mj_setState(model, data, state, SIGNATURE)
    mujoco.mj_forward(model, data)
