"""What the operating system keeps for a process: folder, environment, limits, priority."""

import os
import resource
import time
from typing import Any

from mojo.trial.kept.base import value

_ENVIRONMENT = os.environ
_LIMITS = [
    getattr(resource, name)
    for name in ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_NPROC")
    + ("RLIMIT_STACK",)
    if hasattr(resource, name)
]


def _folder() -> str | None:
    """Return the working folder; None where it was removed."""
    try:
        return os.getcwd()  # noqa: PTH109 - a Path takes ten times as long
    except FileNotFoundError:
        return None


def _go_back(folder: str | None) -> None:
    if folder is not None:
        os.chdir(folder)


def _environment() -> tuple[Any, dict[bytes, bytes], tuple[str, str]]:
    """Return the environment and the time zone that C has taken from it; a copy of its texts takes 50 times as long."""
    return os.environ, getattr(_ENVIRONMENT, "_data").copy(), time.tzname  # noqa: B009 - no public one is as fast


def _set_environment(saved: tuple[Any, dict[bytes, bytes], tuple[str, str]]) -> None:
    os.environ, variables, _ = saved
    now = os.environb.copy()
    for name in now.keys() - variables.keys():
        del os.environb[name]
    os.environb.update(variables)
    time.tzset()


def _mask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _set_mask(mask: int) -> None:
    os.umask(mask)


def _priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


def _set_priority(priority: int) -> None:
    os.setpriority(os.PRIO_PROCESS, 0, priority)


def _cores() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def _set_cores(cores: set[int]) -> None:
    os.sched_setaffinity(0, cores)


def _user() -> tuple[tuple[int, ...], tuple[int, ...]]:
    return os.getresuid(), os.getresgid()


def _set_user(saved: tuple[tuple[int, int, int], tuple[int, int, int]]) -> None:
    os.setresuid(*saved[0])
    os.setresgid(*saved[1])


def _limits() -> list[tuple[int, int]]:
    return [resource.getrlimit(limit) for limit in _LIMITS]


def _set_limits(saved: list[tuple[int, int]]) -> None:
    for limit, values in zip(_LIMITS, saved, strict=True):
        resource.setrlimit(limit, values)


KEPT = (
    value("working folder", _folder, _go_back),
    value("environment variables", _environment, _set_environment),
    value("user and group", _user, _set_user),
    value("umask", _mask, _set_mask),
    value("priority", _priority, _set_priority),
    value("cores", _cores, _set_cores),
    value("resource limits", _limits, _set_limits),
)
