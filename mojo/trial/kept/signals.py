"""Signals and timers, which act first of all on the code that restores the rest."""

import _signal
import faulthandler
import signal
import threading
from typing import Any

from mojo.trial.kept.base import CannotRestoreError, value

_NUMBERS = sorted(signal.valid_signals())
_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_handler = _signal.getsignal  # Python's own makes an enum of what it returns, which takes ten times as long


def _timers() -> tuple[tuple[bool, float], ...]:
    """Return for each timer whether it runs, and its interval [s]."""
    faulthandler.cancel_dump_traceback_later()  # a timer of its own, which cannot be read
    return tuple((left > 0, interval) for left, interval in map(signal.getitimer, _TIMERS))


def _set_timers(saved: tuple[tuple[bool, float], ...]) -> None:
    for timer, (runs, interval) in zip(_TIMERS, saved, strict=True):
        signal.setitimer(timer, interval if runs else 0.0, interval)


def _blocked() -> set[int]:
    return signal.pthread_sigmask(signal.SIG_BLOCK, ())


def _set_blocked(saved: set[int]) -> None:
    """Unblock what user code has blocked; what waits there meanwhile was meant for it, and is dropped."""
    for number in (signal.sigpending() & _blocked()) - saved:
        signal.sigtimedwait({number}, 0)
    signal.pthread_sigmask(signal.SIG_SETMASK, saved)


def _handlers() -> tuple[Any, ...]:
    return tuple(map(_handler, _NUMBERS))


def _set_handlers(saved: tuple[Any, ...]) -> None:
    for number, handler in zip(_NUMBERS, saved, strict=True):
        if _handler(number) != handler:
            if handler is None:
                raise CannotRestoreError(f"what handled {signal.Signals(number).name} was not set by Python")
            signal.signal(number, handler)


def _wakeup() -> int:
    if threading.current_thread() is not threading.main_thread():
        return -1  # others may not ask
    descriptor = signal.set_wakeup_fd(-1)
    if descriptor != -1:
        signal.set_wakeup_fd(descriptor)
    return descriptor


def _set_wakeup(descriptor: int) -> None:
    signal.set_wakeup_fd(descriptor)


KEPT = (
    value("timers", _timers, _set_timers),
    value("blocked signals", _blocked, _set_blocked),
    value("signal handlers", _handlers, _set_handlers),
    value("the signals' wakeup file", _wakeup, _set_wakeup),
)
