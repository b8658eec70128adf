"""The trial of the benchmarks of the engines: two links that swing, each time with another mass."""

import mujoco

from mojo import GeneralLoad, PointToPointForce
from mojo.runtime.signals import resolve_signals

MODEL = """
<mujoco>
  <option timestep="0.002"/>
  <worldbody>
    <site name="wall" pos="0.8 0 -0.5"/>
    <body name="upper" quat="0.98 0 0.2 0">
      <joint name="shoulder" axis="0 1 0" damping="0.01"/>
      <geom type="capsule" size="0.02" fromto="0 0 0 0 0 -0.4" mass="1"/>
      <body name="lower" pos="0 0 -0.4">
        <joint name="elbow" axis="0 1 0" damping="0.01"/>
        <geom name="lower" type="capsule" size="0.02" fromto="0 0 0 0 0 -0.4" mass="0.5"/>
        <site name="tip" pos="0 0 -0.4"/>
      </body>
    </body>
  </worldbody>
  <sensor>
    <framepos objtype="site" objname="tip"/>
    <framelinvel objtype="site" objname="tip"/>
    <accelerometer site="tip"/>
  </sensor>
</mujoco>
"""
TIMESTEP = 0.002  # s
RECORDED = ("qpos", "qvel", "xpos", "sensordata")
SIGNALS = ["Joints/*:qpos", "Joints/*:qvel", "Bodies/*/xpos", "Sensors/*"]


def build(mass):
    """Return the spec with a mass [kg] of the lower link."""
    spec = mujoco.MjSpec.from_string(MODEL)
    spec.geom("lower").mass = mass
    return spec


def loads(stiffness):
    """Return a spring-damper and a general load."""
    return [
        PointToPointForce.ideal_spring("spring", "tip", "wall", stiffness=stiffness, damping=0.1, rest_length=0.3),
        GeneralLoad(name="push", action_site="tip", rel_to_site="tip", force=(0.1, 0.0, 0.3), torque=(0.0, 0.01, 0.0)),
    ]


def columns(model):
    """Return what is recorded, `time` aside."""
    return resolve_signals(model, [], SIGNALS)


def generate(mojo_model, overrides):
    """Build the model of one trial of the study."""
    return build(mojo_model["mass"])


def objective(mojo_model, telemetry, mj_model, mj_data):
    """Return how high the elbow comes [rad]."""
    return float(telemetry["Joints/elbow:qpos"].max())
