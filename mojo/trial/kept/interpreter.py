"""What Python keeps for a process: hooks, paths, limits, filters, loggers."""

import builtins
import gc
import locale
import logging
import operator
import sys
import threading
import tracemalloc
import warnings
from typing import Any

from mojo.trial.kept.base import Kept, value

_HOOKS = [(sys, name) for name in ("excepthook", "unraisablehook", "displayhook", "breakpointhook")]
_HOOKS += [(sys, name) for name in ("dont_write_bytecode", "modules", "path", "argv", "meta_path", "path_hooks")]
_LISTS = ("path", "argv", "meta_path", "path_hooks")
_LOADED_ONCE = {"mujoco", "numpy", "polars", "pyarrow"}
_Logger = tuple[int, bool, bool, list[Any], list[Any]]
_UNTOUCHED: _Logger = (logging.NOTSET, True, False, [], [])


def _hooks() -> list[Any]:
    return [getattr(owner, name) for owner, name in _HOOKS] + [threading.excepthook]


def _set_hooks(saved: list[Any]) -> None:
    for (owner, name), hook in zip(_HOOKS, saved[:-1], strict=True):
        setattr(owner, name, hook)
    threading.excepthook = saved[-1]


def _lists() -> list[list[Any]]:
    return [list(getattr(sys, name)) for name in _LISTS]


def _set_lists(saved: list[list[Any]]) -> None:
    for name, entries in zip(_LISTS, saved, strict=True):
        getattr(sys, name)[:] = entries


def _tracing() -> tuple[Any, ...]:
    return sys.gettrace(), sys.getprofile(), threading.gettrace(), threading.getprofile(), tracemalloc.is_tracing()


def _set_tracing(saved: tuple[Any, ...]) -> None:
    sys.settrace(saved[0])
    sys.setprofile(saved[1])
    threading.settrace(saved[2])
    threading.setprofile(saved[3])
    (tracemalloc.start if saved[4] else tracemalloc.stop)()


def _garbage() -> tuple[Any, ...]:
    return gc.isenabled(), gc.get_threshold(), gc.get_debug(), list(gc.callbacks)


def _set_garbage(saved: tuple[Any, ...]) -> None:
    (gc.enable if saved[0] else gc.disable)()
    gc.set_threshold(*saved[1])
    gc.set_debug(saved[2])
    gc.callbacks[:] = saved[3]


def _set_stack_size(size: int) -> None:
    threading.stack_size(size)


def _set_builtins(saved: dict[str, Any]) -> None:
    for name in vars(builtins).keys() - saved.keys():
        delattr(builtins, name)
    vars(builtins).update(saved)


def _set_locale(name: str) -> None:
    locale.setlocale(locale.LC_ALL, name)


def _filters() -> tuple[list[Any], Any, Any]:
    return list(warnings.filters), warnings.showwarning, warnings.formatwarning


def _set_filters(saved: tuple[list[Any], Any, Any]) -> None:
    warnings.resetwarnings()  # which tells C that they have changed, too
    filters: Any = warnings.filters
    filters[:], warnings.showwarning, warnings.formatwarning = saved


def _show_again() -> None:
    """Forget which warnings were shown, so that each trial's log has its own."""
    with warnings.catch_warnings():
        pass


def _loggers() -> tuple[int, dict[str, _Logger]]:
    root = logging.root
    found = {"": _state(root)}
    for name, logger in root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and (state := _state(logger)) != _UNTOUCHED:
            found[name] = state
    return root.manager.disable, found


def _state(logger: logging.Logger) -> _Logger:
    handlers = [handler for handler in logger.handlers if not isinstance(handler, logging.NullHandler)]
    return logger.level, logger.propagate, logger.disabled, handlers, list(logger.filters)


def _set_loggers(saved: tuple[int, dict[str, _Logger]]) -> None:
    disabled, states = saved
    logging.disable(disabled)
    for name, logger in {"": logging.root, **logging.root.manager.loggerDict}.items():
        if not isinstance(logger, logging.Logger):
            continue
        level, logger.propagate, logger.disabled, handlers, filters = states.get(name, _UNTOUCHED)
        logger.setLevel(level)
        for handler in [handler for handler in logger.handlers if handler not in handlers]:
            if not isinstance(handler, logging.NullHandler):
                logger.removeHandler(handler)
        for handler in handlers:
            logger.addHandler(handler)
        logger.filters[:] = filters


class _Modules:
    """Keeps what Python has loaded: a class that is loaded twice is two, and libraries in C cannot be.

    A look at each of a thousand modules would take too long; whether some are missing tells their number, and
    whether those that matter most were exchanged, a look at these.
    """

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}
        self._watched: dict[str, Any] = {}

    def save(self) -> dict[str, Any]:
        if len(sys.modules) != len(self._loaded):
            self._loaded = dict(sys.modules)
            own = [name for name in self._loaded if name.startswith("mojo.") or name in _LOADED_ONCE]
            self._watched = {name: self._loaded[name] for name in own}
        return self._loaded

    def restore(self, saved: dict[str, Any]) -> bool:
        watched = self._watched
        if len(sys.modules) >= len(saved) and all(map(operator.is_, map(sys.modules.get, watched), watched.values())):
            return False
        missing = {name: module for name, module in saved.items() if name not in sys.modules}
        sys.modules.update(missing | watched)
        return True


_modules = _Modules()

KEPT = (
    value("tracing and profiling", _tracing, _set_tracing),
    value("recursion limit", sys.getrecursionlimit, sys.setrecursionlimit),
    value("limit of digits", sys.get_int_max_str_digits, sys.set_int_max_str_digits),
    value("flags of dlopen", sys.getdlopenflags, sys.setdlopenflags),
    value("stack size of threads", threading.stack_size, _set_stack_size),
    value("thread switch interval", sys.getswitchinterval, sys.setswitchinterval),
    value("builtins", lambda: dict(vars(builtins)), _set_builtins),
    value("hooks", _hooks, _set_hooks),
    value("sys.path and the like", _lists, _set_lists),
    Kept("loaded modules", _modules.save, _modules.restore),
    value("garbage collection", _garbage, _set_garbage),
    value("locale", lambda: locale.setlocale(locale.LC_ALL), _set_locale),
    value("warning filters", _filters, _set_filters),
    Kept("warnings that were shown", _show_again, lambda _: False),
    value("loggers", _loggers, _set_loggers),
)
