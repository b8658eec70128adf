"""Request: what one batch asks of SLURM, from the study's `slurm` key over the profile's settings."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mojo.cluster.formats import format_memory, format_time, parse_memory, parse_time
from mojo.errors import StudyError
from mojo.study.slurm import SlurmKeys

DEFAULT_TIME, DEFAULT_MEMORY, DEFAULT_CPUS = "60", "2G", 1
GROWTH = 2  # what more time and more memory mean, a try


@dataclass(frozen=True)
class Request:
    """What one batch asks of SLURM.

    Attributes:
        time: Seconds, or None for no limit.
        memory: MB, or None for all of a node's.
        cpus: Cores, and workers.
        others: Arguments of sbatch that need no arithmetic.
        partition: The partition or several, as given, or None for the default.
        gpus: GPUs as '2' or 'a100:2', or None.
    """

    time: int | None
    memory: int | None
    cpus: int
    others: tuple[str, ...] = ()
    partition: str | None = None
    gpus: str | None = None

    def arguments(self) -> list[str]:
        """Return the arguments of sbatch."""
        time = "UNLIMITED" if self.time is None else format_time(self.time)
        memory = "0" if self.memory is None else format_memory(self.memory)  # sbatch's word for all of it
        given = [f"--time={time}", f"--mem={memory}", f"--cpus-per-task={self.cpus}"]
        given += [f"--partition={self.partition}"] if self.partition else []
        return given + ([f"--gres=gpu:{self.gpus}"] if self.gpus else []) + list(self.others)

    def with_more_memory(self, most: int | None) -> "Request":
        """Return the request with twice the memory, at most `most` MB."""
        return replace(self, memory=_grown(self.memory, most))

    def with_more_time(self, most: int | None) -> "Request":
        """Return the request with twice the time, at most `most` seconds."""
        return replace(self, time=_grown(self.time, most))


def _grown(value: int | None, most: int | None) -> int | None:
    if value is None or (most is not None and value >= most):
        return value
    return value * GROWTH if most is None else min(value * GROWTH, most)


def request_of(study: SlurmKeys, profile: Mapping[str, Any]) -> Request:
    """Return what a batch asks for: the study's keys win over the profile's settings.

    Raises:
        StudyError: A setting of the profile is not in SLURM's form.
    """
    try:
        keys = SlurmKeys.model_validate(
            {name: value for name, value in profile.items() if value is not None}
            | study.model_dump(exclude_none=True, exclude_defaults=True)
        )
    except ValueError as error:
        raise StudyError(f"A setting of the SLURM profile is wrong: {error}") from error
    others = [f"--{name}={getattr(keys, name)}" for name in ("account", "qos", "constraint") if getattr(keys, name)]
    time, memory = parse_time(keys.time or DEFAULT_TIME), parse_memory(keys.memory or DEFAULT_MEMORY)
    return Request(time, memory, keys.cpus or DEFAULT_CPUS, (*others, *keys.extra), keys.partition, keys.gpus)


def profile_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a profile's settings that studies may set too, `extra` as a list."""
    found = {name: settings.get(name) for name in SlurmKeys.model_fields}
    return found | {"extra": shlex.split(found["extra"]) if found["extra"] else None}
