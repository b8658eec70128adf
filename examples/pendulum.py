"""The smallest study: a pendulum on a spring, let go at an angle."""

import mujoco

from mojo import PointToPointForce

MODEL = """
<mujoco>
  <option timestep="0.002" integrator="implicitfast"/>
  <worldbody>
    <site name="wall" pos="0.8 0 -0.5"/>
    <body name="arm">
      <joint name="hinge" axis="0 1 0" damping="0.05"/>
      <geom type="capsule" fromto="0 0 0 0 0 -0.5" size="0.02" mass="0.3"/>
      <body name="tip" pos="0 0 -0.5">
        <geom type="sphere" size="0.06" mass="1"/>
        <site name="hook"/>
      </body>
    </body>
  </worldbody>
</mujoco>
"""


def generate(mojo_model, overrides):
    """Hang the pendulum on a spring of the trial's stiffness, and hold it at the angle where it is let go."""
    mojo_model.spec = mujoco.MjSpec.from_string(MODEL)
    mojo_model.spec.add_key(name="released", qpos=[mojo_model["release_angle"]])
    mojo_model.loads = [
        PointToPointForce.ideal_spring(
            "spring", "hook", "wall", stiffness=mojo_model["stiffness"], damping=0.5, rest_length=0.5
        )
    ]
    return mojo_model


def objective(mojo_model, telemetry, mj_model, mj_data):
    """Return how far the pendulum still swings in its last second [rad]."""
    last = telemetry.filter(telemetry["time"] > telemetry["time"][-1] - 1.0)["Joints/hinge:qpos"]
    return {"objective": float(last.max() - last.min()), "end_angle": float(mj_data.joint("hinge").qpos[0])}
