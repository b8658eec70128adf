"""Witness: what user code had written when MuJoCo warned. MuJoCo warns first, and then resets all that was written."""

from collections.abc import Callable, Mapping
from weakref import WeakSet

import mujoco
import numpy as np

from mojo.model.elements import label

MOCAP = ("mocap_pos", "mocap_quat")
WRITTEN = ("qfrc_applied", "xfrc_applied", *MOCAP)
"""Fields that MuJoCo never writes. A control that is not finite has a warning of its own."""
FIELDS = (*WRITTEN, "qpos", "qvel", "act")
_LIVE: "WeakSet[Witness]" = WeakSet()


class Witness:
    """Remembers which number of one simulation was not finite when MuJoCo warned of anything.

    It costs a step nothing: MuJoCo's handler of warnings calls `look_around` before it resets a simulation.

    Args:
        model: The model.
        array: Returns an array of MjData by its name, live, of any shape.

    Attributes:
        saw: What `look` returned then.
    """

    def __init__(self, model: mujoco.MjModel, array: Callable[[str], np.ndarray]) -> None:
        self.saw: str | None = None
        self._model = model
        self._fields: Mapping[str, np.ndarray] = {name: array(name) for name in FIELDS}
        _LIVE.add(self)

    def look(self, *names: str) -> str | None:
        """Return which number of some fields, of all by default, is not finite, in words; None where all are."""
        for name in names or FIELDS:
            bad = np.flatnonzero(~np.isfinite(self._fields[name]))
            if bad.size:
                entry = int(bad[0])
                value = float(self._fields[name].reshape(-1)[entry])
                return f"{name}[{entry}] ({element(self._model, name, entry)}) is {value}"
        return None


def look_around() -> None:
    """Have all witnesses look; called where MuJoCo warns."""
    for witness in list(_LIVE):
        witness.saw = witness.look() or witness.saw


def element(model: mujoco.MjModel, field: str, entry: int) -> str:
    """Return the element to which an entry of a flat array of MjData belongs, e.g. "joint 'hinge'"."""
    if field == "qpos":
        return _named(model, "joint", int(np.searchsorted(model.jnt_qposadr, entry, side="right")) - 1)
    if field in ("qvel", "qacc", "qfrc_applied"):
        return _named(model, "joint", int(model.dof_jntid[entry]))
    if field == "ctrl":
        return _named(model, "actuator", entry)
    if field == "act":
        owners = (model.actuator_actadr <= entry) & (entry < model.actuator_actadr + model.actuator_actnum)
        return _named(model, "actuator", int(np.argmax(owners & (model.actuator_actadr >= 0))))
    if field == "xfrc_applied":
        return _named(model, "body", entry // 6)
    width = {"mocap_pos": 3, "mocap_quat": 4}[field]
    return _named(model, "body", int(np.flatnonzero(model.body_mocapid == entry // width)[0]))


def _named(model: mujoco.MjModel, kind: str, index: int) -> str:
    return f"{kind} '{label(model, getattr(mujoco.mjtObj, f'mjOBJ_{kind.upper()}'), index)}'"
