"""A Batch that refuses attributes which it does not have, as MjData does, and knows whether its models were set."""

from collections.abc import Sequence
from typing import Any

import mujoco
from mujoco.batch import DATA_FIELDS, Batch

from mojo.attributes import UnknownAttribute
from mojo.errors import unknown

_ONLY_READ = ("model", "warning", "status")


class ClosedBatch(Batch):
    """A mujoco.batch.Batch that takes no attribute which nobody would read, such as a misspelt `xfrc_applied`.

    Attributes:
        new_models: Models that were set and of which nobody has taken notice, one for all or one each; else None.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.new_models: Sequence[mujoco.MjModel] | None = None
        self.__dict__["_is_made"] = True

    def set_models(self, models: mujoco.MjModel | Sequence[mujoco.MjModel] | None) -> None:
        """Run each simulation on a model of the caller's, as it is now; see mujoco.batch.Batch."""
        super().set_models(models)
        each = [] if models is None else models
        self.new_models = [each] * self.nsim if isinstance(each, mujoco.MjModel) else list(each)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a field of MjData in all simulations.

        Raises:
            UnknownAttribute: There is none of that name, or it can only be read.
        """
        own = vars(self)
        if name == "state" and "_is_made" in own:
            self.state[...] = value  # another array would be no simulation's state
            return
        if name in _ONLY_READ and "_is_made" in own:
            raise UnknownAttribute(f"Batch.{name} can be read, not set, but got {value!r}.")
        if name not in own and name not in DATA_FIELDS and "_is_made" in own:
            owner = "a Batch, so setting it would change nothing"
            raise UnknownAttribute(unknown("Attribute", name, DATA_FIELDS, owner))
        super().__setattr__(name, value)
