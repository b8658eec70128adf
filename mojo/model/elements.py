"""Addresses of model quantities: `Joints/knee:stiffness`, `Geoms/foot:friction[0]`, `Options:timestep`."""

import re
from dataclasses import dataclass

import mujoco
import numpy as np

from mojo.errors import ModelError, unknown

OPTIONS = "Options"
_ADDRESS = re.compile(r"(?P<category>[^/:]+)(?:/(?P<name>.+))?:(?P<attribute>\w+)(?:\[(?P<index>\d+)\])?")


@dataclass(frozen=True)
class _Category:
    """Where a model keeps one category: `prefix` of its arrays, `count` of its elements, type for names."""

    singular: str
    prefix: str
    count: str
    objtype: mujoco.mjtObj


_CATEGORIES = {
    "Bodies": _Category("Body", "body_", "nbody", mujoco.mjtObj.mjOBJ_BODY),
    "Joints": _Category("Joint", "jnt_", "njnt", mujoco.mjtObj.mjOBJ_JOINT),
    "Geoms": _Category("Geom", "geom_", "ngeom", mujoco.mjtObj.mjOBJ_GEOM),
    "Sites": _Category("Site", "site_", "nsite", mujoco.mjtObj.mjOBJ_SITE),
    "Actuators": _Category("Actuator", "actuator_", "nu", mujoco.mjtObj.mjOBJ_ACTUATOR),
    "Tendons": _Category("Tendon", "tendon_", "ntendon", mujoco.mjtObj.mjOBJ_TENDON),
    "Sensors": _Category("Sensor", "sensor_", "nsensor", mujoco.mjtObj.mjOBJ_SENSOR),
    "Cameras": _Category("Camera", "cam_", "ncam", mujoco.mjtObj.mjOBJ_CAMERA),
    "Equalities": _Category("Equality", "eq_", "neq", mujoco.mjtObj.mjOBJ_EQUALITY),
}

# Numbers of coordinates and of degrees of freedom, by mjtJoint: free, ball, slide, hinge.
_JOINT_NQ = (7, 4, 1, 1)
_JOINT_NV = (6, 3, 1, 1)
_JOINT_COORDINATES = ("qpos0", "qpos_spring")


def read(model: mujoco.MjModel, address: str) -> float | list[float]:
    """Return the value that `address` names in a compiled model.

    An address is `Category/name:attribute`, with an index in brackets for one number of several. The attribute
    is MuJoCo's array without its prefix: `Bodies/torso:mass` is body_mass, `Joints/knee:damping` is dof_damping.

    Args:
        model: Compiled model.
        address: Such as "Geoms/foot:friction[0]", "Options:timestep" or "Geoms/#3:size" (an unnamed geom).

    Returns:
        The number, or the list of numbers, in the model's units.

    Raises:
        ModelError: The address is malformed, or its category, element, attribute or index does not exist.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ModelError(
            f"'{address}' is not an address: write Category/name:attribute, such as Joints/knee:stiffness,"
            " Geoms/foot:friction[0] or Options:timestep."
        )
    category, name, attribute, index = match.group("category", "name", "attribute", "index")
    if category == OPTIONS:
        if name is not None:
            raise ModelError(f"'{address}' names an element, and {OPTIONS} has none: write {OPTIONS}:{attribute}.")
        value = _option(model, attribute)
    elif name is None:
        singular = _category(category).singular.lower()
        raise ModelError(f"'{address}' names no {singular}: write {category}/<name>:{attribute}.")
    else:
        value = _attribute(model, category, element_id(model, category, name), attribute)
    return _number(value if index is None else _item(value, int(index), address))


def label(model: mujoco.MjModel, kind: mujoco.mjtObj, index: int) -> str:
    """Return what an element is called: its name, or `#<id>`, or `##<id>` where another one has that for a name."""
    name = mujoco.mj_id2name(model, kind, index)
    if name:
        return str(name)
    name = f"#{index}"
    while mujoco.mj_name2id(model, kind, name) >= 0:
        name = f"#{name}"
    return name


def names(model: mujoco.MjModel, category: str) -> list[str]:
    """Return what the elements of a category are called, in order of id; see `label`."""
    described = _category(category)
    return [label(model, described.objtype, index) for index in range(getattr(model, described.count))]


def element_id(model: mujoco.MjModel, category: str, name: str) -> int:
    """Return the id of the element that is called `name`, or `#<id>`, in its category."""
    described = _category(category)
    found = mujoco.mj_name2id(model, described.objtype, name)
    if found >= 0:
        return int(found)
    number = name.lstrip("#") if name.startswith("#") else ""
    if number.isdecimal() and int(number) < getattr(model, described.count):
        return int(number)
    raise ModelError(unknown(described.singular, name, names(model, category)))


def _category(category: str) -> _Category:
    if category not in _CATEGORIES:
        raise ModelError(unknown("Category", category, [*_CATEGORIES, OPTIONS], owner="an address"))
    return _CATEGORIES[category]


def _option(model: mujoco.MjModel, attribute: str) -> np.ndarray:
    known = [name for name in dir(model.opt) if not name.startswith("_")]
    if attribute not in known:
        raise ModelError(unknown("Attribute", attribute, known, owner=OPTIONS))
    return np.asarray(getattr(model.opt, attribute))


def _attribute(model: mujoco.MjModel, category: str, element: int, attribute: str) -> np.ndarray:
    """Return one element's row of the array that `attribute` names; a joint's coordinates and dofs count as its own."""
    described = _CATEGORIES[category]
    array = getattr(model, described.prefix + attribute, None)
    if isinstance(array, np.ndarray) and len(array) == getattr(model, described.count):
        return array[element]
    if category == "Joints":
        kind = model.jnt_type[element]
        if attribute in _JOINT_COORDINATES:
            start = model.jnt_qposadr[element]
            return getattr(model, attribute)[start : start + _JOINT_NQ[kind]]
        array = getattr(model, "dof_" + attribute, None)
        if isinstance(array, np.ndarray) and len(array) == model.nv:
            start = model.jnt_dofadr[element]
            return array[start : start + _JOINT_NV[kind]]
    raise ModelError(unknown("Attribute", attribute, _attributes(model, category), owner=category))


def _attributes(model: mujoco.MjModel, category: str) -> list[str]:
    """Return the attributes that an address of `category` may name."""
    sources = [(_CATEGORIES[category].prefix, getattr(model, _CATEGORIES[category].count))]
    if category == "Joints":
        sources.append(("dof_", model.nv))
    known = set(_JOINT_COORDINATES if category == "Joints" else ())
    for prefix, count in sources:
        for field in dir(model):
            array = getattr(model, field, None) if field.startswith(prefix) else None
            if isinstance(array, np.ndarray) and len(array) == count:
                known.add(field.removeprefix(prefix))
    return sorted(known)


def _item(value: np.ndarray, index: int, address: str) -> np.ndarray:
    flat = value.ravel()
    if index >= len(flat):
        raise ModelError(f"'{address}' has no index {index}: it has {len(flat)} numbers, and the first is [0].")
    return flat[index]


def _number(value: np.ndarray) -> float | list[float]:
    numbers = [float(number) + 0.0 for number in value.ravel()]  # a zero has no sign: its text may have none
    return numbers[0] if len(numbers) == 1 else numbers
