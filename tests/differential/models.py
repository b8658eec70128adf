"""Random models: bodies in a tree, joints of all kinds, tendons, actuators, sensors, equalities, a keyframe."""

from dataclasses import dataclass, field

import mujoco
import numpy as np
from hypothesis import strategies as st

HINGE, SLIDE, BALL, FREE = "hinge", "slide", "ball", "free"
SENSORS = {  # by what they are attached to
    "site": ("accelerometer", "gyro", "velocimeter", "force", "torque", "touch", "magnetometer"),
    "joint": ("jointpos", "jointvel", "jointactuatorfrc"),
    "actuator": ("actuatorpos", "actuatorfrc", "actuatorvel"),
    "tendon": ("tendonpos", "tendonvel"),
    "body": ("subtreecom", "subtreelinvel", "subtreeangmom"),
}


class Each(tuple):
    """A value for each trial."""


@dataclass
class Names:
    """What a model has, by the names that loads and signals use."""

    bodies: list[str] = field(default_factory=list)
    sites: list[str] = field(default_factory=lambda: ["anchor", "post"])
    joints: dict[str, str] = field(default_factory=dict)
    tendons: list[str] = field(default_factory=list)
    actuators: list[str] = field(default_factory=list)
    sensors: list[str] = field(default_factory=list)

    @property
    def moving(self) -> list[str]:
        """Return the sites of bodies."""
        return self.sites[2:]

    def scalar(self) -> list[str]:
        """Return the hinges and slides."""
        return [name for name, kind in self.joints.items() if kind in (HINGE, SLIDE)]


def real(low, high):
    """Numbers from low to high, of which low is the simplest."""
    return st.integers(0, 720).map(lambda n: low + (high - low) * n / 720)


def vector(low, high, size=3):
    return st.lists(real(low, high), min_size=size, max_size=size)


def sometimes(strategy):
    return st.none() | strategy


def some(draw, strategy, counts):
    """Draw as many as one of the counts says."""
    return [draw(strategy) for _ in range(draw(st.sampled_from(counts)))]


def each(draw, strategy, trials):
    """Draw a value for all trials, or one for each."""
    return Each(draw(strategy) for _ in range(trials)) if draw(st.booleans()) else draw(strategy)


def at(value, trial):
    """Return a value, with all that lies in it, as one trial has it."""
    if isinstance(value, Each):
        return at(value[trial], trial)
    if isinstance(value, dict):
        return {key: at(part, trial) for key, part in value.items()}
    return [at(part, trial) for part in value] if isinstance(value, list) else value


def tag(kind, *children, **attributes):
    """Return an element of MJCF; attributes that are None are left out."""
    return kind, {key.rstrip("_"): value for key, value in attributes.items() if value is not None}, children


def text_of(element, trial):
    """Return an element as a trial has it."""
    kind, attributes, children = element
    said = "".join(f' {key}="{_text(at(value, trial))}"' for key, value in attributes.items())
    inner = "\n".join(text_of(child, trial) for child in children)
    return f"<{kind}{said}>\n{inner}\n</{kind}>" if inner else f"<{kind}{said}/>"


def _text(value):
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(map(_text, value)) if isinstance(value, list) else str(value)


@st.composite
def models(draw, trials):
    """Draw the MJCF text of each trial, the names that they share, and when they start; None: not from a keyframe."""
    names = Names()
    world = tag("worldbody", *_world(draw, trials, names))
    parts = [_option(draw, trials), world, *_around(draw, trials, names)]
    texts = [text_of(tag("mujoco", *parts), trial) for trial in range(trials)]
    if draw(st.booleans()):
        return texts, names, None
    starts = each(draw, real(0.0, 2.0), trials)
    key = _keyframe(draw, trials, starts, [mujoco.MjModel.from_xml_string(text) for text in texts])
    return [text_of(tag("mujoco", *parts, key), trial) for trial in range(trials)], names, starts


def _option(draw, trials):
    def mostly_alike(*values):
        strategy = st.sampled_from(values)
        return each(draw, strategy, trials) if draw(st.sampled_from([False] * 5 + [True])) else draw(strategy)

    return tag(
        "option",
        timestep=mostly_alike(0.01, 0.002, 0.005),
        integrator=mostly_alike("Euler", "implicitfast", "implicit", "RK4"),
        cone=mostly_alike("pyramidal", "elliptic"),
        solver=mostly_alike("Newton", "CG", "PGS"),
        gravity=each(draw, st.sampled_from([[0, 0, -9.81], [0, 0, 0], [1, -2, -5]]), trials),
        impratio=draw(st.sampled_from([1, 3])),
        density=draw(st.sampled_from([0, 100])),
        viscosity=draw(st.sampled_from([0, 0.5])),
    )


def _world(draw, trials, names):
    yield tag("geom", name="floor", type="plane", size=[5, 5, 0.1], pos=[0, 0, -draw(real(0.1, 1.0))])
    yield tag("site", name="anchor", pos=[0.7, 0.2, 0.4], euler=draw(st.sampled_from([[0, 0, 0], [20, 30, 40]])))
    yield tag("site", name="post", pos=[-0.3, 0.4, 0])
    children = {}
    for number in range(draw(st.integers(1, 3))):
        parent = draw(st.integers(-1, number - 1))
        children.setdefault(parent, []).append((number, _body(draw, trials, names, number, parent)))
    yield from _nested(children, -1)


def _nested(children, parent):
    for number, (kind, attributes, inner) in children.get(parent, []):
        yield kind, attributes, (*inner, *_nested(children, number))


def _body(draw, trials, names, number, parent):
    name = f"b{number}"
    names.bodies.append(name)
    names.sites.append(f"s{number}")
    kinds = [[HINGE], [SLIDE], [BALL], [HINGE, SLIDE]] + ([[FREE]] if parent == -1 else []) + ([[]] if number else [])
    joints = [_joint(draw, trials, names, kind) for kind in draw(st.sampled_from(kinds))]
    shape, size = draw(st.sampled_from([("sphere", [0.08]), ("capsule", [0.04, 0.1]), ("box", [0.05, 0.07, 0.09])]))
    collides = draw(st.booleans())
    geom = tag(
        "geom",
        name=f"g{number}",
        type=shape,
        size=size,
        pos=draw(vector(0.0, 0.1)),
        mass=each(draw, real(0.5, 2.0), trials),
        contype=None if collides else 0,
        conaffinity=None if collides else 0,
        condim=draw(st.sampled_from([3, 1, 4, 6])),
    )
    site = tag("site", name=f"s{number}", pos=each(draw, vector(0.05, 0.2), trials), euler=draw(vector(0, 90)))
    place = [0.3 * number, 0, 0.15] if parent == -1 else draw(vector(0.0, 0.25))
    return tag("body", *joints, geom, site, name=name, pos=place)


def _joint(draw, trials, names, kind):
    name = f"j{len(names.joints)}"
    names.joints[name] = kind
    if kind == FREE:
        return tag("freejoint", name=name)
    turns = kind in (HINGE, SLIDE)
    limited = turns and draw(st.booleans())
    return tag(
        "joint",
        name=name,
        type=kind,
        axis=draw(st.sampled_from([[1, 0, 0], [0, 0, 1], [1, 2, 3]])) if turns else None,
        damping=each(draw, real(0.0, 0.5), trials),
        stiffness=draw(st.sampled_from([None, 5, 50])),
        armature=draw(st.sampled_from([None, 0.05])),
        frictionloss=draw(st.sampled_from([None, None, 0.1])),
        limited=limited or None,
        range=([-20, 25] if kind == HINGE else [-0.1, 0.15]) if limited else None,
    )


def _around(draw, trials, names):
    """Yield tendons, actuators, sensors and equalities."""
    scalar = names.scalar()
    tendons, actuators = [], []
    if draw(st.booleans()):
        names.tendons.append("t0")
        sites = [tag("site", site=site) for site in ("anchor", names.sites[-1])]
        tendons.append(tag("spatial", *sites, name="t0", stiffness=draw(st.sampled_from([0, 20])), damping=0.1))
    if scalar and draw(st.booleans()):
        names.tendons.append("t1")
        tendons.append(tag("fixed", *(tag("joint", joint=joint, coef=0.5) for joint in scalar), name="t1", stiffness=3))
    for kind in some(draw, st.sampled_from(["motor", "position", "velocity", "filter", "integrator"]), [0, 1, 1, 2]):
        actuators.append(_actuator(draw, trials, names, kind, scalar))
    equal = _equality(draw, names, scalar)
    yield tag("tendon", *tendons)
    yield tag("actuator", *actuators)
    yield tag("equality", *equal)
    yield tag("sensor", *_sensors(draw, names, scalar))


def _actuator(draw, trials, names, kind, scalar):
    name = f"a{len(names.actuators)}"
    names.actuators.append(name)
    ends = [{"joint": joint} for joint in scalar] + [{"tendon": tendon} for tendon in names.tendons]
    ends += [{"site": site, "gear": [0, 1, 2, 0.1, 0, 0]} for site in names.moving if kind == "motor"]
    ends = ends or [{"site": names.moving[0], "gear": [0, 1, 2, 0.1, 0, 0]}]
    limits = {"ctrllimited": True, "ctrlrange": [-0.5, 1.0]} if draw(st.booleans()) else {}
    delay = {"delay": 0.01, "nsample": 4} if draw(st.sampled_from([False] * 24 + [True])) else {}
    own = {
        "motor": {"gear": [2]},
        "position": {"kp": each(draw, real(1, 20), trials)},
        "velocity": {"kv": 0.5},
        "filter": {"dyntype": "filter", "dynprm": [0.05], "gainprm": [2]},
        "integrator": {"dyntype": "integrator", "gainprm": [4], "biastype": "affine", "biasprm": [0, -4, -0.1]},
    }[kind]
    tagged = "general" if kind in ("filter", "integrator") else kind
    return tag(tagged, name=name, **own | draw(st.sampled_from(ends)) | limits | delay)


def _equality(draw, names, scalar):
    kinds = [None, "connect", *(["joint"] if scalar else []), "weld"]
    kind = draw(st.sampled_from(kinds))
    body, active = names.bodies[-1], draw(st.booleans())
    if kind == "joint":
        return [tag("joint", joint1=scalar[-1], polycoef=[0.1, 0.5, 0, 0, 0], active=active)]
    if kind == "connect":
        return [tag("connect", body1=body, anchor=[0.1, 0, 0], active=active)]
    return [] if kind is None else [tag("weld", body1=body, active=active)]


def _sensors(draw, names, scalar):
    ends = {"site": names.moving, "joint": scalar, "actuator": names.actuators, "tendon": names.tendons}
    pairs = [
        (kind, end, name)
        for end, found in (ends | {"body": names.bodies}).items()
        for name in found
        for kind in SENSORS[end]
    ]
    for kind, end, name in draw(st.lists(st.sampled_from(pairs), max_size=3, unique=True)):
        names.sensors.append(f"{kind}_{name}")
        yield tag(kind, name=f"{kind}_{name}", **{end: name})


def _keyframe(draw, trials, starts, compiled):
    """Draw the state from which each trial starts."""
    model, moved = compiled[0], []
    for other in compiled:
        qpos = other.qpos0.copy()
        mujoco.mj_integratePos(other, qpos, np.array(draw(vector(0.0, 0.3, model.nv))), 1.0)
        moved.append([float(number) for number in qpos])
    return tag(
        "keyframe",
        tag(
            "key",
            name="start",
            time=starts,
            qpos=Each(moved),
            qvel=each(draw, vector(0.0, 1.5, model.nv), trials) if model.nv else None,
            act=each(draw, vector(0.0, 0.4, model.na), trials) if model.na else None,
            ctrl=each(draw, vector(0.0, 0.6, model.nu), trials) if model.nu else None,
        ),
    )
