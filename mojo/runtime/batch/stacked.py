"""The models and the data of a batch as a user's function sees them: arrays with a leading axis for the simulations.

They can be read, not written: in one simulation what a function writes acts at once, and here it would be lost or come
a step late. So a function that writes is an error, which sends its load to the loop engine.
"""

from collections.abc import Sequence
from typing import Any

import mujoco
import numpy as np
from mujoco.batch import DATA_FIELDS, Batch

VELOCITY_STAGE = int(mujoco.mjtStage.mjSTAGE_VEL)


class StackedModel:
    """The models of a batch, as a user's function sees them: model.body_mass has shape (nsim, nbody)."""

    def __init__(self, models: Sequence[Any]) -> None:
        self._models = models

    def forget(self) -> None:
        """Read the models anew, since they were changed."""
        models = self._models
        vars(self).clear()
        self._models = models

    def __getattr__(self, name: str) -> Any:
        found = [getattr(model, name) for model in self._models]
        if callable(found[0]):
            raise AttributeError(f"the models of a batch have no method {name}")
        is_array = isinstance(found[0], np.ndarray | int | float)
        stacked = _read_only(np.stack(found)) if is_array else StackedModel(found)
        setattr(self, name, stacked)
        return stacked


class StackedData:
    """The data of a batch, as a user's function sees them: data.qpos has shape (nsim, nq)."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def __getattr__(self, name: str) -> np.ndarray:
        if name not in DATA_FIELDS:
            raise AttributeError(f"the data of a batch have no {name}")
        found = self._batch.bind(name)
        self._batch.forward(stage=VELOCITY_STAGE)  # what is bound anew is filled by the next call only
        setattr(self, name, _read_only(found))
        return getattr(self, name)


def _read_only(array: np.ndarray) -> np.ndarray:
    """Return a view of an array that nobody can write to."""
    view = array.view()
    view.flags.writeable = False
    return view
