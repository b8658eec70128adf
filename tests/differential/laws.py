"""The laws of the loads, as README and docstrings tell them, applied by mj_applyFT to one simulation.

A load is the dict that stands in the trial's config.json.
"""

import math

import mujoco
import numpy as np

from tests.differential import user_code

KARNOPP = "karnopp"


def apply(m, d, loads, memory, in_world):
    """Apply the loads after mj_step1, and return what each that acts tells of itself, by its name and attribute.

    Args:
        m: The model.
        d: Its data.
        loads: The loads.
        memory: What must be known of earlier steps; {} in the first.
        in_world: Whether forces and torques are put into xfrc_applied, instead of into qfrc_applied by mj_applyFT. RK4
            moves the bodies within a step, under the same forces; force and torque sensors see nothing but these.
    """
    memory["in_world"] = in_world
    acting = [load for load in loads if load.get("active", True) and is_due(load, d.time, m.opt.timestep)]
    for load in loads:
        if load["load"] == "point_to_point_force":
            memory.setdefault(load["name"], np.linalg.norm(separation(d, load)))
    sticking = [load for load in acting if law_of(load) == KARNOPP]
    told = {load["name"]: APPLY[load["load"]](m, d, load, memory) for load in acting if load not in sticking}
    return told | (stick(m, d, sticking) if sticking else {})


def is_due(load, time, timestep):
    """start <= t < stop; the clock is a sum of timesteps, so it is read to a thousandth of one."""
    start, stop = load.get("start"), load.get("stop")
    time += timestep / 1000
    return (start is None or start <= time) and (stop is None or time < stop)


def law_of(load):
    return load.get("friction", {}).get("law")


def number(given, time, *arguments):
    """Return a load's number: itself, a table's at this time, or what the user's function gives."""
    if isinstance(given, dict):
        return getattr(user_code, given["function"].rpartition(":")[2])(*arguments, **given["kwargs"])
    if not isinstance(given, list):
        return given
    before, after = [p for p in given if p[0] <= time], [p for p in given if p[0] > time]
    if not before or not after:
        return (before[-1:] or after)[0][1]
    (t0, y0), (t1, y1) = before[-1], after[0]
    return y0 + (y1 - y0) * (time - t0) / (t1 - t0)


def actuator_control(m, d, load, memory):
    value = d.actuator(load["actuator"]).ctrl[0] = number(load["control"], d.time, d.time, m, d)
    return {"ctrl": value}


def separation(d, load):
    return d.site(load["action_site"]).xpos - d.site(load["xtion_site"]).xpos


def velocity(m, d, site):
    jacobian = np.zeros((3, m.nv))
    mujoco.mj_jacSite(m, d, jacobian, None, m.site(site).id)
    return jacobian @ d.qvel


def push(m, d, memory, site, force, torque, body=None):
    """Push the site's body, or another one at the site."""
    body, point = m.site_bodyid[m.site(site).id] if body is None else m.body(body).id, d.site(site).xpos
    if memory["in_world"]:
        d.xfrc_applied[body] += [*force, *(torque + np.cross(point - d.xipos[body], force))]
    else:
        mujoco.mj_applyFT(m, d, np.array(force), np.array(torque), point, body, d.qfrc_applied)


def point_to_point(m, d, load, memory):
    """+m·u at p and -m·u at q."""
    action, xtion = load["action_site"], load["xtion_site"]
    r = separation(d, load)
    distance = np.linalg.norm(r)
    rate = r @ (velocity(m, d, action) - velocity(m, d, xtion)) / distance
    size = magnitude(load["magnitude"], distance, rate, memory[load["name"]], m, d)
    push(m, d, memory, action, size * r / distance, np.zeros(3))
    push(m, d, memory, xtion, -size * r / distance, np.zeros(3))
    return {"force": [*(size * r / distance), size], "distance": distance, "rate": rate}


def magnitude(given, d, v, d0, model, data):
    law = given.get("law") if isinstance(given, dict) else None
    if law is None:
        return number(given, data.time, d, v, d0, model, data)
    k, c = given["stiffness"], given["damping"]
    if law == "stroke_compression_spring":
        x = d - d0
        return max(0.0, given["preload"] - k * x - c * v) if 0 <= x <= given["max_stroke"] else 0.0
    rest = d0 if given["rest_length"] is None else given["rest_length"]
    acts = {"ideal_spring": True, "compression_spring": d < rest, "tension_spring": d > rest}[law]
    return -(k * (d - rest) + c * v) if acts else 0.0


def at_site(m, d, load, memory):
    """A force, a torque or both at a site, given by components in a frame, or along the site's x axis."""
    told, site = {}, load["action_site"]
    axis = d.site(site).xmat.reshape(3, 3)[:, 0]
    for what in ("force", "torque"):
        if load["load"] == f"scalar_{what}":
            size = number(load["scalar"], d.time, d.time, axis, m, d)
            told[what] = [*(size * axis), size]
        elif what in load:
            vector = np.array([number(part, d.time, d.time, m, d) for part in load[what]])
            if load.get("rel_to_site") is not None:
                vector = d.site(load["rel_to_site"]).xmat.reshape(3, 3) @ vector
            told[what] = [*vector, np.linalg.norm(vector)]
    force, torque = (np.array(told.get(what, np.zeros(4))[:3]) for what in ("force", "torque"))
    push(m, d, memory, site, force, torque)
    if load.get("xtion_body") is not None:
        push(m, d, memory, site, -force, -torque, load["xtion_body"])
    return told


def drag(m, d, load, memory):
    """-k·|v|·v."""
    v = velocity(m, d, load["action_site"])
    force = -load["drag"] * np.linalg.norm(v) * v
    push(m, d, memory, load["action_site"], force, np.zeros(3))
    if load.get("xtion_body") is not None:
        push(m, d, memory, load["action_site"], -force, np.zeros(3), load["xtion_body"])
    return {"force": [*force, np.linalg.norm(force)]}


def dofs_of(m, load):
    joint = m.joint(load["joint"])
    width = 3 if joint.type[0] == mujoco.mjtJoint.mjJNT_BALL else 1
    return np.arange(width) + joint.dofadr[0]


def resistance(law, speed):
    """g in F = -g·v."""
    dry = law.get("coulomb", 0.0)
    if law["law"] == "stribeck":
        dry += (law["static"] - dry) * math.exp(-((speed / law["stribeck_speed"]) ** 2))
    slowest = law.get("transition_speed", law.get("stick_speed", 1.0))
    return dry / max(speed, slowest) + law.get("viscous", 0.0)


def joint_friction(m, d, load, memory):
    v = d.qvel[dofs_of(m, load)]
    friction = -resistance(load["friction"], np.linalg.norm(v)) * v
    return brake(m, d, load, friction)


def brake(m, d, load, friction):
    d.qfrc_applied[dofs_of(m, load)] += friction
    slides = m.joint(load["joint"]).type[0] == mujoco.mjtJoint.mjJNT_SLIDE
    return {"force" if slides else "torque": friction}


def stick(m, d, loads):
    """Karnopp's friction: what stops the joints within the step and holds them, as far as the static level lets it.

    A·F = -(a + v/h); who would need more than his limit gets his limit in that direction, and the others are solved
    again.
    """
    h, inverse = m.opt.timestep, np.zeros((m.nv, m.nv))
    mujoco.mj_solveM(m, d, inverse, np.eye(m.nv))
    told, limits = {}, {}
    for load in loads:
        own, law = dofs_of(m, load), load["friction"]
        v = d.qvel[own]
        speed, g = np.linalg.norm(v), resistance(law, np.linalg.norm(v))
        if speed <= law["stick_speed"]:
            limits[load["name"]] = law["static"]
        elif g * h * (v @ inverse[np.ix_(own, own)] @ v) >= speed * speed:  # sliding friction would turn it back
            limits[load["name"]] = g * speed
        else:
            told |= {load["name"]: joint_friction(m, d, load, None)}
    holding = {load["name"]: load for load in loads if load["name"] in limits}
    free = mujoco.MjData(m)
    mujoco.mj_copyData(free, m, d)
    mujoco.mj_forward(m, free)
    wanted, fixed = -(free.qacc_smooth + d.qvel / h), {}
    while len(fixed) < len(holding):
        still = {name: dofs_of(m, load) for name, load in holding.items() if name not in fixed}
        own = np.concatenate(list(still.values()))
        given = sum((inverse[np.ix_(own, dofs_of(m, holding[name]))] @ force for name, force in fixed.items()), 0.0)
        solved = np.linalg.solve(inverse[np.ix_(own, own)], wanted[own] - given)
        forces = dict(zip(still, np.split(solved, np.cumsum([len(dofs) for dofs in still.values()])[:-1]), strict=True))
        slipping = {name for name, force in forces.items() if np.linalg.norm(force) > limits[name]}
        fixed |= {
            name: force * limits[name] / np.linalg.norm(force) if name in slipping else force
            for name, force in forces.items()
            if name in slipping or not slipping
        }
    return told | {name: brake(m, d, holding[name], force) for name, force in fixed.items()}


APPLY = {
    "point_to_point_force": point_to_point,
    "joint_friction": joint_friction,
    "drag": drag,
    "actuator_control": actuator_control,
} | dict.fromkeys(
    ("scalar_force", "scalar_torque", "vector_force", "vector_torque", "general_load"),
    at_site,
)
