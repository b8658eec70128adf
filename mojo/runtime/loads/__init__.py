"""Loads: forces and torques on the bodies of a model, friction in its joints, control of its actuators."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import mujoco
from pydantic import Field, TypeAdapter, ValidationError

from mojo.errors import ModelError
from mojo.runtime.loads.actuator_control import ActuatorControl
from mojo.runtime.loads.base import Load, problems
from mojo.runtime.loads.components import GeneralLoad, VectorForce, VectorTorque
from mojo.runtime.loads.joint_friction import JointFriction
from mojo.runtime.loads.order import in_order
from mojo.runtime.loads.point_to_point import PointToPointForce
from mojo.runtime.loads.scalars import ScalarForce, ScalarTorque
from mojo.runtime.loads.springs import Spring, StrokeSpring
from mojo.runtime.loads.sticking import check_sticking

__all__ = [
    "ActuatorControl",
    "GeneralLoad",
    "JointFriction",
    "Load",
    "PointToPointForce",
    "ScalarForce",
    "ScalarTorque",
    "Spring",
    "StrokeSpring",
    "VectorForce",
    "VectorTorque",
    "check_loads",
    "in_order",
    "loads_from",
]

_AnyLoad = Annotated[
    PointToPointForce
    | ScalarForce
    | ScalarTorque
    | VectorForce
    | VectorTorque
    | GeneralLoad
    | JointFriction
    | ActuatorControl,
    Field(discriminator="load"),
]
_LOADS: TypeAdapter[list[Any]] = TypeAdapter(list[_AnyLoad])


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
    """Check that the loads' names differ, that they get along, and that everything that they name is in `model`.

    Raises:
        ModelError: They do not, or one is not.
    """
    names = [load.name for load in loads]
    for name in names:
        if names.count(name) > 1:
            raise ModelError(f"Loads must have different names, but {names.count(name)} are called '{name}'.")
    for load in loads:
        try:
            load.check(model)
        except ModelError as error:
            raise ModelError(f"Load '{load.name}': {error}") from error
    check_sticking(loads)
