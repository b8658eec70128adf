"""Loads: forces and torques that act on the bodies of a model."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import mujoco
from pydantic import Field, TypeAdapter, ValidationError

from mojo.errors import ModelError
from mojo.runtime.loads.at_site import GeneralLoad, ScalarForce
from mojo.runtime.loads.base import Load, problems
from mojo.runtime.loads.point_to_point import PointToPointForce
from mojo.runtime.loads.springs import Spring, StrokeSpring

__all__ = [
    "GeneralLoad",
    "Load",
    "PointToPointForce",
    "ScalarForce",
    "Spring",
    "StrokeSpring",
    "check_loads",
    "loads_from",
]

_LOADS: TypeAdapter[list[Any]] = TypeAdapter(
    list[Annotated[PointToPointForce | GeneralLoad | ScalarForce, Field(discriminator="load")]]
)


def loads_from(dumped: Iterable[dict[str, Any]]) -> list[Load]:
    """Return the loads that `load.model_dump(mode="json")` gave, functions found again by their references.

    Raises:
        ModelError: A field is missing, wrong or unknown.
        StudyError: A function cannot be found.
    """
    try:
        return _LOADS.validate_python(list(dumped))
    except ValidationError as error:
        raise ModelError(problems("loads", error, ())) from error


def check_loads(model: mujoco.MjModel, loads: Sequence[Load]) -> None:
    """Check that the loads' names differ, and that all their sites and bodies are in `model`.

    Raises:
        ModelError: They do not, or one is not.
    """
    names = [load.name for load in loads]
    for name in names:
        if names.count(name) > 1:
            raise ModelError(f"Loads must have different names, but {names.count(name)} are called '{name}'.")
    for load in loads:
        load.check(model)
