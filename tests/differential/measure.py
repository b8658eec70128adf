"""The signals of one simulation, each by MuJoCo's own function for it."""

import mujoco
import numpy as np

_OBJECTS = {
    "Bodies": mujoco.mjtObj.mjOBJ_XBODY,
    "Geoms": mujoco.mjtObj.mjOBJ_GEOM,
    "Sites": mujoco.mjtObj.mjOBJ_SITE,
}
_NAMED = {"Bodies": "body", "Geoms": "geom", "Sites": "site", "Joints": "joint", "Actuators": "actuator"}
_FAR = 1e10


def key_of(column):
    """Return the signal of a column, without the component: "Bodies/b0/xpos" of "Bodies/b0/xpos:z"."""
    parts = column.replace(":", "/").split("/")
    return "/".join(parts[: 2 if parts[0] in ("Contacts", "Energy", "Posted") else 3])


def measured(m, d, key, proximities):
    """Return the numbers of the signal `key`, e.g. "Bodies/b0/xpos", after mj_forward."""
    if key == "time":
        return [d.time]
    category, name, *attribute = key.split("/")
    if category in ("Contacts", "Energy"):
        return summed(m, d, name)
    if category == "Proximities":
        return distance(m, d, proximities[name])[attribute[0]]
    if category == "Sensors":
        return d.sensor(name).data
    if category == "Tendons":
        return getattr(d, {"length": "ten_length", "velocity": "ten_velocity"}[attribute[0]])[m.tendon(name).id]
    if attribute[0] in ("linvel", "angvel"):
        velocity = np.zeros(6)
        element = getattr(m, _NAMED[category])(name).id
        mujoco.mj_objectVelocity(m, d, _OBJECTS[category], element, velocity, 0)
        return velocity[:3] if attribute[0] == "angvel" else velocity[3:]
    if attribute[0] == "act":
        actuator = m.actuator(name)
        return d.act[actuator.actadr[0] : actuator.actadr[0] + actuator.actnum[0]]
    return getattr(getattr(d, _NAMED[category])(name), attribute[0])


def summed(m, d, name):
    """Return what is summed up over a model."""
    if name == "count":
        return d.ncon
    if name == "normal_force":
        force, total = np.zeros(6), 0.0
        for contact in range(d.ncon):
            mujoco.mj_contactForce(m, d, contact, force)
            total += force[0]
        return total
    mujoco.mj_energyPos(m, d)
    mujoco.mj_energyVel(m, d)
    return d.energy[("potential", "kinetic").index(name)]


def distance(m, d, asked):
    """Return the distance of two sites, of two geoms, or of the geoms of two bodies, and the points."""
    (kind, a), (other, b) = (asked[side].split(":") for side in ("a", "b"))
    if kind == other == "site":
        p, q = d.site(a).xpos, d.site(b).xpos
        return {"distance": np.linalg.norm(p - q), "from": p, "to": q}
    best, segment, found = _FAR, np.zeros(6), np.full(6, np.nan)
    for first in geoms(m, kind, a):
        for second in geoms(m, other, b):
            length = mujoco.mj_geomDistance(m, d, first, second, _FAR, segment)
            if length < best:
                best, found = length, segment.copy()
    return {"distance": best, "from": found[:3], "to": found[3:]}


def geoms(m, kind, name):
    return [m.geom(name).id] if kind == "geom" else np.flatnonzero(m.geom_bodyid == m.body(name).id)
