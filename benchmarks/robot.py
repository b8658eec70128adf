"""The trial of the benchmarks: a four-legged robot is dropped, each time with other masses and from another height."""

from typing import Any

import mujoco

LEG = """
      <body name="thigh{n}" pos="{x} {y} 0">
        <joint name="hip{n}" axis="0 1 0" range="-60 60"/>
        <geom name="thigh{n}" fromto="0 0 0 0 0 -0.2" mass="0.5"/>
        <body name="shank{n}" pos="0 0 -0.2">
          <joint name="knee{n}" axis="0 1 0" range="-90 10"/>
          <geom name="shank{n}" fromto="0 0 0 0 0 -0.2" mass="0.2"/>
        </body>
      </body>"""
CORNERS = [(0.3, 0.15), (0.3, -0.15), (-0.3, 0.15), (-0.3, -0.15)]
LEGS = "".join(LEG.format(n=n, x=x, y=y) for n, (x, y) in enumerate(CORNERS))
MODEL = f"""
<mujoco>
  <compiler autolimits="true"/>
  <default>
    <joint type="hinge" stiffness="40" damping="1"/>
    <geom type="capsule" size="0.03"/>
  </default>
  <worldbody>
    <geom name="floor" type="plane" size="5 5 0.1"/>
    <body name="torso">
      <freejoint name="root"/>
      <site name="imu"/>
      <geom name="torso" type="box" size="0.35 0.1 0.05"/>{LEGS}
    </body>
  </worldbody>
  <sensor>
    <accelerometer name="shock" site="imu"/>
  </sensor>
</mujoco>
"""
TIMESTEP = 0.002  # s, MuJoCo's default
PARAMETERS: dict[str, dict[str, Any]] = {
    "height": {"distribution": "uniform", "low": 0.5, "high": 0.7, "nominal": 0.6, "unit": "m"},
    "torso": {"distribution": "normal", "mean": 8.0, "std": 0.4, "nominal": 8.0, "unit": "kg"},
} | {
    f"thigh{n}": {"distribution": "normal", "mean": 0.5, "std": 0.02, "nominal": 0.5, "unit": "kg"}
    for n in range(len(CORNERS))
}


def build(values):
    """Return the spec of the robot with its values of PARAMETERS."""
    spec = mujoco.MjSpec.from_string(MODEL)
    spec.body("torso").pos = [0, 0, values["height"]]
    for name in PARAMETERS:
        if name != "height":
            spec.geom(name).mass = values[name]
    return spec


def judge(height, shock):
    """Return the lowest height [m] of the torso, and the largest upward shock [m/s²], of two arrays over time."""
    return {"objective": float(height.min()), "shock": float(shock.max())}


def generate(mojo_model, overrides):
    """Build the model of one trial of the study."""
    return build({name: mojo_model[name] for name in PARAMETERS})


def objective(mojo_model, telemetry, mj_model, mj_data):
    """Judge one trial of the study."""
    return judge(telemetry["Joints/root/qpos:z"].to_numpy(), telemetry["Sensors/shock/value:z"].to_numpy())
