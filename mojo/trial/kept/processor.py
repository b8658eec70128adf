"""What the processor keeps for a thread: how it rounds, what it takes for 0, and where it interrupts."""

import ctypes
import sys
from typing import Any

from mojo.trial.kept.base import CannotRestoreError, Kept

_FENV_BYTES = 256  # at least; the systems' own take 8 to 32
_LEAST = sys.float_info.min
_c = ctypes.CDLL(None)
_traps: Any = getattr(_c, "fegetexcept", int)  # which the C library of GNU alone has


def _arithmetic() -> tuple[int, float, int]:
    """Return how numbers are rounded, whether those below the least normal one are kept, and what is trapped.

    It is told by what it does, since C has no word for the second.
    """
    return _c.fegetround(), _LEAST / 2.0 * 2.0, _traps()


def _save() -> tuple[tuple[int, float, int], Any]:
    environment = ctypes.create_string_buffer(_FENV_BYTES)
    _c.fegetenv(environment)
    return _arithmetic(), environment


def _restore(saved: tuple[tuple[int, float, int], Any]) -> bool:
    arithmetic, environment = saved
    if _arithmetic() == arithmetic:
        return False
    _c.fesetenv(environment)
    if _arithmetic() != arithmetic:
        raise CannotRestoreError("it stays as it is")
    return True


KEPT = (Kept("floating-point arithmetic", _save, _restore),)
