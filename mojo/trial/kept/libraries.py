"""What libraries keep for a process: MuJoCo's callbacks, NumPy's treatment of errors, decimal's context."""

import socket
import sys
import tempfile
from typing import Any

import mujoco
import numpy as np

from mojo.trial.kept.base import value

# One set a process: mjcb_control and the other callbacks, and what MuJoCo calls for warnings and memory.
_NAMES = sorted(name[4:] for name in dir(mujoco) if name.startswith("get_mj") and hasattr(mujoco, f"set_{name[4:]}"))
_GETTERS = [getattr(mujoco, f"get_{name}") for name in _NAMES]
_SETTERS = [getattr(mujoco, f"set_{name}") for name in _NAMES]


def _callbacks() -> list[Any]:
    return [get() for get in _GETTERS]


def _set_callbacks(saved: list[Any]) -> None:
    for set_it, callback, now in zip(_SETTERS, saved, _callbacks(), strict=True):
        if now is not callback:
            set_it(callback)


def _numpy_errors() -> tuple[Any, ...]:
    return np.geterr(), np.geterrcall(), np.getbufsize()


def _set_numpy_errors(saved: tuple[Any, ...]) -> None:
    np.seterr(**saved[0])
    np.seterrcall(saved[1])
    np.setbufsize(saved[2])


def _decimal() -> tuple[Any, ...] | None:
    """Return all of decimal's context but its flags, once somebody has imported it."""
    decimal = sys.modules.get("decimal")
    if decimal is None:
        return None
    own = decimal.getcontext()
    return own.prec, own.rounding, own.Emin, own.Emax, own.capitals, own.clamp, [*own.traps.values()]


def _set_decimal(saved: tuple[Any, ...] | None) -> None:
    decimal: Any = sys.modules["decimal"]
    if saved is None:
        decimal.setcontext(decimal.Context())
        return
    own = decimal.getcontext()
    own.prec, own.rounding, own.Emin, own.Emax, own.capitals, own.clamp, traps = saved
    own.traps.update(zip(own.traps, traps, strict=True))


def _loops() -> tuple[Any, ...]:
    """Return asyncio's policy, and the loop that it has made for this thread; asyncio has no public word for them."""
    policy = getattr(sys.modules.get("asyncio.events"), "_event_loop_policy", None)
    return policy, dict(vars(getattr(policy, "_local", None) or _Nothing()))


def _set_loops(saved: tuple[Any, ...]) -> None:
    policy, own = saved
    setattr(sys.modules["asyncio.events"], "_event_loop_policy", policy)  # noqa: B010
    if policy is not None:
        vars(policy._local).clear()
        vars(policy._local).update(own)


class _Nothing:
    """Has no attributes."""


def _defaults() -> tuple[float | None, str | None]:
    return socket.getdefaulttimeout(), tempfile.tempdir


def _set_defaults(saved: tuple[float | None, str | None]) -> None:
    socket.setdefaulttimeout(saved[0])
    tempfile.tempdir = saved[1]


KEPT = (
    value("MuJoCo's callbacks", _callbacks, _set_callbacks),
    value("numpy.seterr", _numpy_errors, _set_numpy_errors),
    value("numpy.set_printoptions", np.get_printoptions, lambda options: np.set_printoptions(**options)),
    value("decimal's context", _decimal, _set_decimal),
    value("asyncio's event loop", _loops, _set_loops),
    value("timeout of sockets and temporary folder", _defaults, _set_defaults),
)
