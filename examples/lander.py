"""A lander with four telescopic legs touches down on rough ground: does it stay upright, and how hard is the shock?

The body hangs under a descent engine that is cut at touch-down and dies away; its mass, centre of mass, friction,
attitude and speed are not known exactly, and no two places on the ground are alike.
"""

import functools
import math

import mujoco
import numpy as np

from mojo import GeneralLoad, Recorder, Trigger
from mojo.distributions import Normal, Uniform

MOON_GRAVITY = 1.62  # m/s²
LEGS = ("east", "north", "west", "south")
BODY_RADIUS, BODY_HEIGHT = 1.1, 1.3  # m
LEG_STROKE = 0.35  # m
FOOT_HEIGHT = -1.55  # m, of the footpads below the body's centre, legs extended
FOOT_CIRCLE = 1.55  # m, radius of the circle of footpads
ROCK_COUNT = 40
CLEARANCE = 0.35  # m, between footpads and mean ground at the start
SETTLED_SPEED = 0.02  # m/s


def tail_off(time: float, model: mujoco.MjModel, data: mujoco.MjData, thrust: float, decay: float) -> float:
    """Return the thrust [N] of the engine, which dies away after it was cut at time 0."""
    return thrust * math.exp(-time / decay)


def generate(mojo_model, overrides, rock_size=0.12):
    """Build the lander over its ground."""
    spec = mujoco.MjSpec()
    spec.modelname = "lander"
    spec.option.gravity = [0, 0, -MOON_GRAVITY]
    spec.option.timestep = 0.002
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    friction = mojo_model["friction"]
    _add_ground(spec, mojo_model, friction, rock_size)
    body = _add_body(spec, mojo_model)
    for number, leg in enumerate(LEGS):
        angle = number * math.pi / 2
        _add_leg(spec, body, leg, angle, mojo_model, friction)
    spec.add_sensor(
        name="shock",
        type=mujoco.mjtSensor.mjSENS_ACCELEROMETER,
        objtype=mujoco.mjtObj.mjOBJ_SITE,
        objname="instruments",
    )
    mojo_model.spec = spec
    thrust = mojo_model.draw("thrust", Normal(mean=400.0, std=40.0, nominal=400.0, unit="N"))
    decay = mojo_model.draw("thrust_decay", Uniform(low=0.1, high=0.4, nominal=0.25, unit="s"))
    push = functools.partial(tail_off, thrust=thrust, decay=decay)
    mojo_model.loads = [GeneralLoad(name="engine", action_site="nozzle", rel_to_site="nozzle", force=(0.0, 0.0, push))]
    touch_down = Trigger(stop=2.0)
    mojo_model.recorders = [Recorder(camera="overview", fps=20, contacts=True, trigger=touch_down)]
    return mojo_model


def _add_ground(spec, mojo_model, friction, rock_size):
    world = spec.worldbody
    world.add_light(pos=[4, -4, 9], dir=[-0.4, 0.4, -0.9], castshadow=True)
    world.add_camera(name="overview", pos=[6.5, -6.5, 3.2], xyaxes=[0.707, 0.707, 0, -0.22, 0.22, 0.95])
    slope, heading = math.radians(mojo_model["slope"]), mojo_model["slope_heading"]
    tilt = [math.cos(slope / 2), math.sin(slope / 2) * math.cos(heading), math.sin(slope / 2) * math.sin(heading), 0]
    ground = world.add_body(name="ground", quat=tilt)
    ground.add_geom(
        name="regolith",
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=[15, 15, 1],
        friction=[friction, 0.01, 0.001],
        rgba=[0.56, 0.55, 0.53, 1],
    )
    rng = mojo_model.rng("rocks")
    for number in range(ROCK_COUNT):
        distance, angle = 4.0 * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
        ground.add_geom(
            name=f"rock{number}",
            type=mujoco.mjtGeom.mjGEOM_ELLIPSOID,
            pos=[distance * math.cos(angle), distance * math.sin(angle), 0],
            size=rock_size * rng.uniform(0.3, 1.0, size=3),
            friction=[friction, 0.01, 0.001],
            rgba=[0.42, 0.41, 0.40, 1],
        )


def _add_body(spec, mojo_model):
    body = spec.worldbody.add_body(name="lander", pos=[0, 0, -FOOT_HEIGHT + CLEARANCE])
    body.add_freejoint(name="root")
    mass = mojo_model["mass"]
    # a solid cylinder's moments of inertia, its centre shifted sideways by what is not known of the tanks
    sideways = mass * (3 * BODY_RADIUS**2 + BODY_HEIGHT**2) / 12
    body.mass, body.inertia = mass, [sideways, sideways, mass * BODY_RADIUS**2 / 2]
    body.ipos = [mojo_model["com_x"], mojo_model["com_y"], 0]
    body.explicitinertial = True
    body.add_geom(
        name="hull",
        type=mujoco.mjtGeom.mjGEOM_CYLINDER,
        size=[BODY_RADIUS, BODY_HEIGHT / 2, 0],
        rgba=[0.85, 0.72, 0.35, 1],
    )
    body.add_geom(
        name="bell",
        type=mujoco.mjtGeom.mjGEOM_CYLINDER,
        size=[0.32, 0.2, 0],
        pos=[0, 0, -0.85],
        rgba=[0.25, 0.25, 0.28, 1],
    )
    body.add_site(name="nozzle", pos=[0, 0, -1.05])
    body.add_site(name="instruments", pos=[0, 0, 0.5])
    return body


def _add_leg(spec, body, name, angle, mojo_model, friction):
    outward = np.array([math.cos(angle), math.sin(angle), 0])
    hip = BODY_RADIUS * outward + [0, 0, -0.3]
    foot = FOOT_CIRCLE * outward + [0, 0, FOOT_HEIGHT]
    along = (foot - hip) / np.linalg.norm(foot - hip)
    strut = body.add_body(name=f"leg_{name}", pos=hip)
    strut.add_joint(
        name=f"stroke_{name}",
        type=mujoco.mjtJoint.mjJNT_SLIDE,
        axis=along,
        range=[-LEG_STROKE, 0],
        limited=True,
        stiffness=[mojo_model["leg_stiffness"], 0, 0],
        damping=[mojo_model["leg_damping"], 0, 0],
    )
    strut.add_geom(
        name=f"strut_{name}",
        type=mujoco.mjtGeom.mjGEOM_CAPSULE,
        fromto=[0, 0, 0, *(foot - hip)],
        size=[0.05, 0, 0],
        mass=6.0,
        contype=0,
        conaffinity=0,
        rgba=[0.75, 0.76, 0.78, 1],
    )
    strut.add_geom(
        name=f"foot_{name}",
        type=mujoco.mjtGeom.mjGEOM_ELLIPSOID,
        pos=foot - hip,
        size=[0.22, 0.22, 0.07],
        mass=3.0,
        friction=[friction, 0.01, 0.001],
        rgba=[0.75, 0.76, 0.78, 1],
    )


def run(mojo_model, runtime_manager, mj_model, mj_data, duration=6.0):
    """Let the lander touch down with its dispersed speed and attitude."""
    tilt, heading = math.radians(mojo_model["tilt"]), mojo_model["tilt_heading"]
    mj_data.qpos[3:7] = [
        math.cos(tilt / 2),
        math.sin(tilt / 2) * math.cos(heading),
        math.sin(tilt / 2) * math.sin(heading),
        0,
    ]
    mj_data.qvel[0:3] = [mojo_model["speed_x"], mojo_model["speed_y"], -mojo_model["sink_rate"]]
    while mj_data.time < duration:
        runtime_manager.step(mj_model, mj_data)


def objective(mojo_model, telemetry, mj_model, mj_data):
    """Return the largest tilt [°], and the other numbers that a lander is judged by."""
    quat = telemetry.select("Bodies/lander/xquat:qx", "Bodies/lander/xquat:qy").to_numpy()
    # the body's axis and the vertical enclose acos(1 - 2(x² + y²))
    tilt = np.degrees(np.arccos(np.clip(1 - 2 * (quat[:, 0] ** 2 + quat[:, 1] ** 2), -1, 1)))
    shock = telemetry.select("Sensors/shock/value:x", "Sensors/shock/value:y", "Sensors/shock/value:z").to_numpy()
    strokes = telemetry.select([f"Joints/stroke_{leg}:qpos" for leg in LEGS]).to_numpy()
    velocity = telemetry.select(f"Joints/root/qvel:{axis}" for axis in "xyz").to_numpy()
    position = telemetry.select("Bodies/lander/xpos:x", "Bodies/lander/xpos:y").to_numpy()
    moving = np.flatnonzero(np.linalg.norm(velocity, axis=1) > SETTLED_SPEED)
    time = telemetry["time"].to_numpy()
    return {
        "objective": float(tilt.max()),
        "tilt_at_end": float(tilt[-1]),
        "upright": bool(tilt[-1] < 30.0),
        "peak_shock": float(np.linalg.norm(shock, axis=1).max()),
        "stroke_used": float(-strokes.min() / LEG_STROKE),
        "drift": float(np.linalg.norm(position[-1] - position[0])),
        "settling_time": float(time[moving[-1]]) if moving.size else 0.0,
    }
