"""What can be recorded of a model: every signal's columns, units, frame, and where it stands in MjData."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import mujoco

from mojo.model.elements import label
from mojo.runtime import sensors
from mojo.runtime.loads import Load
from mojo.runtime.loads.base import Record
from mojo.runtime.proximity import RECORDS, Proximity

_NORMAL_FORCE = (
    "sum of the contacts' normal forces, each as mj_contactForce gives it: less adhesion, positive pushes apart"
)
XYZ = ("x", "y", "z")
QUAT = ("qw", "qx", "qy", "qz")
Address = tuple[str, int]
MATRIX = ("xx", "xy", "xz", "yx", "yy", "yz", "zx", "zy", "zz")


@dataclass(frozen=True, slots=True)
class Signal:
    """One quantity of one element: a scalar or a few components that lie side by side.

    Attributes:
        element: E.g. "Joints/hinge".
        attribute: E.g. "qpos".
        components: E.g. ("x", "y", "z"); empty for a scalar.
        units: One for each column.
        frame: Frame of the components: world, or what the description says.
        description: One line.
        source: The array of MjData, or the name of what is computed, see computed.py.
        start: First entry in the flat array.
    """

    element: str
    attribute: str
    components: tuple[str, ...]
    units: tuple[str, ...]
    frame: str
    description: str
    source: str
    start: int

    @property
    def group(self) -> str:
        """Return the name that stands for all components, e.g. "Joints/root/qpos" or "Joints/hinge:qpos"."""
        return f"{self.element}/{self.attribute}" if self.components else f"{self.element}:{self.attribute}"

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Return where the components are: the source, and the entry in it."""
        return tuple((self.source, self.start + index) for index in range(len(self.units)))

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        if not self.components:
            return (self.group,)
        return tuple(f"{self.group}:{component}" for component in self.components)


@dataclass(frozen=True, slots=True)
class _Kind:
    """An attribute that all elements of a category have, `width` entries each in an array of MjData."""

    attribute: str
    array: str
    components: tuple[str, ...]
    unit: str | tuple[str, ...]
    frame: str
    description: str


_BODY = (
    _Kind("xpos", "xpos", XYZ, "m", "world", "position of the body frame"),
    _Kind("xquat", "xquat", QUAT, "1", "world", "orientation of the body frame"),
    _Kind("xipos", "xipos", XYZ, "m", "world", "position of the centre of mass"),
    _Kind("linvel", "linvel", XYZ, "m/s", "world", "velocity of the body frame's origin"),
    _Kind("angvel", "cvel", XYZ, "rad/s", "world", "angular velocity"),
    _Kind(
        "xfrc_applied",
        "xfrc_applied",
        ("fx", "fy", "fz", "tx", "ty", "tz"),
        ("N",) * 3 + ("N·m",) * 3,
        "world",
        "force and torque at the centre of mass that user code has applied, without what loads add",
    ),
)
_GEOM = (
    _Kind("xpos", "geom_xpos", XYZ, "m", "world", "position of the geom"),
    _Kind("xmat", "geom_xmat", MATRIX, "1", "world", "rotation matrix of the geom"),
    _Kind("linvel", "linvel", XYZ, "m/s", "world", "velocity of the geom's centre"),
)
_SITE = (
    _Kind("xpos", "site_xpos", XYZ, "m", "world", "position of the site"),
    _Kind("xmat", "site_xmat", MATRIX, "1", "world", "rotation matrix of the site"),
    _Kind("linvel", "linvel", XYZ, "m/s", "world", "velocity of the site"),
)
_TENDON = (
    _Kind("length", "ten_length", (), "", "", "length of the tendon; m if it is spatial"),
    _Kind("velocity", "ten_velocity", (), "", "", "time derivative of the length"),
)
_ACTUATOR = (
    _Kind("ctrl", "ctrl", (), "", "", "control; its unit is the actuator's own"),
    _Kind("force", "actuator_force", (), "", "", "scalar force of the actuator; N or N·m"),
    _Kind("length", "actuator_length", (), "", "", "length of the transmission; m or rad"),
    _Kind("velocity", "actuator_velocity", (), "", "", "time derivative of the length"),
)
_CATEGORIES: tuple[tuple[str, mujoco.mjtObj, str, tuple[_Kind, ...]], ...] = (
    ("Bodies", mujoco.mjtObj.mjOBJ_BODY, "nbody", _BODY),
    ("Geoms", mujoco.mjtObj.mjOBJ_GEOM, "ngeom", _GEOM),
    ("Sites", mujoco.mjtObj.mjOBJ_SITE, "nsite", _SITE),
    ("Tendons", mujoco.mjtObj.mjOBJ_TENDON, "ntendon", _TENDON),
    ("Actuators", mujoco.mjtObj.mjOBJ_ACTUATOR, "nu", _ACTUATOR),
)
_DOF = (
    ("qvel", "velocity", ("rad/s", "m/s")),
    ("qacc", "acceleration", ("rad/s²", "m/s²")),
    ("qfrc_actuator", "actuator force", ("N·m", "N")),
    ("qfrc_passive", "passive force", ("N·m", "N")),
    ("qfrc_constraint", "constraint force", ("N·m", "N")),
    ("qfrc_applied", "force applied by user code, without what loads add,", ("N·m", "N")),
)


def model_key(model: mujoco.MjModel) -> tuple[object, ...]:
    """Return what the catalogue of a model depends on; trials of a study share it."""
    counts = (model.nbody, model.ngeom, model.nsite, model.ntendon, model.nu, model.njnt, model.nsensor)
    arrays = (model.jnt_type, model.sensor_type, model.sensor_dim, model.actuator_actadr, model.actuator_actnum)
    return (model.names, counts, *(array.tobytes() for array in arrays))


def catalogue(model: mujoco.MjModel, loads: Sequence[Load] = (), proximities: Sequence[Proximity] = ()) -> list[Signal]:
    """Return every signal of a model, its loads and proximities, `time` aside."""
    return [
        *_joints(model),
        *_sensors(model),
        *(signal for load in loads for signal in _recorded(f"Loads/{load.name}", load.recorded(model))),
        *(signal for proximity in proximities for signal in _recorded(f"Proximities/{proximity.name}", RECORDS)),
        *(signal for category in _CATEGORIES for signal in _elements(model, *category)),
        *_activations(model),
        Signal("Contacts", "count", (), ("1",), "", "number of contacts", "contacts", 0),
        Signal("Contacts", "normal_force", (), ("N",), "", _NORMAL_FORCE, "contacts", 1),
        Signal("Energy", "potential", (), ("J",), "", "potential energy", "energy", 0),
        Signal("Energy", "kinetic", (), ("J",), "", "kinetic energy", "energy", 1),
    ]


def _elements(
    model: mujoco.MjModel, category: str, kind: mujoco.mjtObj, count: str, attributes: tuple[_Kind, ...]
) -> Iterator[Signal]:
    first = 1 if category == "Bodies" else 0  # the world does not move
    for index in range(first, getattr(model, count)):
        element = f"{category}/{label(model, kind, index)}"
        for given in attributes:
            width = max(1, len(given.components))
            array = f"{category}:linvel" if given.array == "linvel" else given.array
            start = index * (6 if array == "cvel" else width)  # cvel holds angular, then linear velocity
            yield Signal(
                element,
                given.attribute,
                given.components,
                (given.unit,) * width if isinstance(given.unit, str) else given.unit,
                given.frame,
                given.description,
                array,
                start,
            )


def _activations(model: mujoco.MjModel) -> Iterator[Signal]:
    for index in range(model.nu):
        count, start = int(model.actuator_actnum[index]), int(model.actuator_actadr[index])
        if count > 0:
            element = f"Actuators/{label(model, mujoco.mjtObj.mjOBJ_ACTUATOR, index)}"
            components = () if count == 1 else tuple(str(number) for number in range(count))
            yield Signal(element, "act", components, ("",) * count, "", "activation of the actuator", "act", start)


def _joints(model: mujoco.MjModel) -> Iterator[Signal]:
    for index in range(model.njnt):
        element = f"Joints/{label(model, mujoco.mjtObj.mjOBJ_JOINT, index)}"
        joint, position, dof = int(model.jnt_type[index]), int(model.jnt_qposadr[index]), int(model.jnt_dofadr[index])
        components, units, frame = _POSITIONS[joint]
        yield Signal(element, "qpos", components, units, frame, "position of the joint", "qpos", position)
        for array, what, (angular, linear) in _DOF:
            components, units, frame = _dof_columns(joint, angular, linear)
            yield Signal(element, array, components, units, frame, f"{what} of the joint", array, dof)


_FREE, _BALL = int(mujoco.mjtJoint.mjJNT_FREE), int(mujoco.mjtJoint.mjJNT_BALL)
_SLIDE, _HINGE = int(mujoco.mjtJoint.mjJNT_SLIDE), int(mujoco.mjtJoint.mjJNT_HINGE)
_POSITIONS: dict[int, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    _FREE: ((*XYZ, *QUAT), ("m",) * 3 + ("1",) * 4, "world"),
    _BALL: (QUAT, ("1",) * 4, "parent body"),
    _SLIDE: ((), ("m",), "joint axis"),
    _HINGE: ((), ("rad",), "joint axis"),
}


def _dof_columns(joint: int, angular: str, linear: str) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    if joint == _FREE:
        frame = "world for x, y, z; body for wx, wy, wz"
        return (*XYZ, "wx", "wy", "wz"), (linear,) * 3 + (angular,) * 3, frame
    if joint == _BALL:
        return XYZ, (angular,) * 3, "body"
    return (), (angular if joint == _HINGE else linear,), "joint axis"


def _sensors(model: mujoco.MjModel) -> Iterator[Signal]:
    for index in range(model.nsensor):
        element = f"Sensors/{label(model, mujoco.mjtObj.mjOBJ_SENSOR, index)}"
        width, kind = int(model.sensor_dim[index]), mujoco.mjtSensor(int(model.sensor_type[index]))
        unit, frame = sensors.unit_and_frame(kind)
        known = {1: (), 3: XYZ, 4: QUAT}
        components = known.get(width, tuple(str(number) for number in range(width)))
        what = kind.name.removeprefix("mjSENS_").lower()
        start = int(model.sensor_adr[index])
        yield Signal(element, "value", components, (unit,) * width, frame, f"{what} sensor", "sensordata", start)


def _recorded(element: str, records: Sequence[Record]) -> Iterator[Signal]:
    """Yield the signals of a load or a proximity, whose values are computed together."""
    start = 0
    for record in records:
        yield Signal(
            element,
            record.attribute,
            record.components,
            record.units,
            record.frame,
            record.description,
            element,
            start,
        )
        start += len(record.units)
