"""A satellite turns to and fro while its thrusters lose pressure: gains for a full tank are too weak for an empty one.

Each trial is one interval of the same mission. It goes on from its parent's checkpoint, the state of the satellite, so
that a line of descent is a schedule of gains for the whole mission.
"""

import json
import math
from collections import deque

import mujoco

MODEL = """
<mujoco>
  <option timestep="0.02" gravity="0 0 0" integrator="implicitfast"/>
  <worldbody>
    <light pos="2 -3 4" dir="-0.4 0.6 -0.8"/>
    <camera name="above" pos="0 -3 4" xyaxes="1 0 0 0 0.8 0.6"/>
    <body name="satellite">
      <joint name="turn" axis="0 0 1"/>
      <geom type="box" size="0.5 0.4 0.3" mass="80" rgba="0.85 0.72 0.35 1"/>
      <geom type="box" size="0.3 1.6 0.02" mass="0" rgba="0.2 0.3 0.6 1" contype="0" conaffinity="0"/>
    </body>
  </worldbody>
  <actuator>
    <motor name="thrusters" joint="turn"/>
  </actuator>
</mujoco>
"""
FULL_TORQUE = 60.0  # N·m, at the beginning
BLOW_DOWN = 60.0  # s, in which pressure and torque fall to 37 %
DELAY = 0.3  # s, between a command and the valves
ANGLE = 0.5  # rad, on either side
STATE = "state.json"


def generate(mojo_model, overrides):
    """Build the satellite; it is the same in all trials."""
    mojo_model.spec = mujoco.MjSpec.from_string(MODEL)
    return mojo_model


def run(mojo_model, runtime_manager, mj_model, mj_data, interval=12.0):
    """Fly one interval of the mission with the member's gains: at its beginning the target jumps to the other side.

    Args:
        interval: Simulated time of a generation [s].
    """
    timestep = mj_model.opt.timestep
    past = {"time": 0.0, "angle": -ANGLE, "rate": 0.0, "commands": [0.0] * round(DELAY / timestep), "error": 0.0}
    if mojo_model.parent_checkpoint is not None:
        past = json.loads((mojo_model.parent_checkpoint / STATE).read_text())
    mj_data.time, mj_data.qpos[0], mj_data.qvel[0] = past["time"], past["angle"], past["rate"]
    stiffness, damping = mojo_model["stiffness"], mojo_model["damping"]
    target = ANGLE if round(past["time"] / interval) % 2 == 0 else -ANGLE
    commands, error = deque(past["commands"]), 0.0
    for _ in range(round(interval / timestep)):
        command = stiffness * (target - mj_data.qpos[0]) - damping * mj_data.qvel[0]
        commands.append(min(max(command, -1.0), 1.0))
        mj_data.ctrl[0] = FULL_TORQUE * math.exp(-mj_data.time / BLOW_DOWN) * commands.popleft()
        error += abs(mj_data.qpos[0] - target) * timestep
        runtime_manager.signals.post(mj_data.qpos[0] - target, "Mission", attr="error", unit="rad")
        runtime_manager.step(mj_model, mj_data)
    state = {"time": mj_data.time, "angle": mj_data.qpos[0], "rate": mj_data.qvel[0], "commands": list(commands)}
    total = past["error"] + error
    (mojo_model.checkpoint / STATE).write_text(json.dumps(state | {"error": total}))
    mojo_model.named.set("mission_error", total / mj_data.time, unit="rad", description="Mean over the mission so far")


def objective(mojo_model, telemetry, mj_model, mj_data):
    """Return how far the satellite pointed from its target, as the mean over the interval [rad]."""
    return float(telemetry["Mission:error"].drop_nulls().abs().mean())
