"""Models and loads on which the engines are compared, and what it takes to run them with each."""

from functools import partial
from pathlib import Path

import mujoco
import numpy as np
import polars as pl

from mojo.runtime.batch.manager import BatchRuntimeManager
from mojo.runtime.batch.simulation import new_batch
from mojo.runtime.end_state import end_state
from mojo.runtime.loads import (
    ActuatorControl,
    GeneralLoad,
    JointFriction,
    PointToPointForce,
    ScalarForce,
    ScalarTorque,
    VectorForce,
    VectorTorque,
)
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.proximity import Proximity
from mojo.runtime.telemetry import TelemetryWriter

ARM = """
<mujoco>
  <option timestep="0.002" integrator="{integrator}"/>
  <worldbody>
    <geom name="floor" type="plane" size="3 3 .1" pos="0 0 -1.05"/>
    <site name="wall" pos="0.8 0.1 -0.5"/>
    <body name="upper">
      <joint name="shoulder" type="ball" damping="0.05"/>
      <geom type="capsule" fromto="0 0 0 0 0 -0.5" size="0.03" mass="{mass}"/>
      <body name="lower" pos="0 0 -0.5">
        <joint name="elbow" axis="0 1 0" damping="0.02" limited="true" range="-100 100"/>
        <geom type="capsule" fromto="0 0 0 0 0 -0.5" size="0.03" mass="1"/>
        <body name="hand" pos="0 0 -0.5">
          <joint name="wrist" type="slide" axis="0 0 1" stiffness="300" damping="2"/>
          <geom name="hand" type="sphere" size="0.06" mass="0.4"/>
          <site name="palm" euler="20 30 40"/>
        </body>
      </body>
    </body>
  </worldbody>
  <actuator><motor name="motor" joint="elbow" gear="2"/></actuator>
  <sensor>
    <accelerometer name="shock" site="palm"/>
    <framelinvel name="speed" objtype="site" objname="palm"/>
    <jointpos name="angle" joint="elbow"/>
    <jointactuatorfrc name="effort" joint="elbow"/>
  </sensor>
</mujoco>
"""
EVERYTHING = [
    "Joints/*:*",
    "Joints/*/*",
    "Sensors/*",
    "Actuators/*",
    "Bodies/hand/*",
    "Sites/palm/*",
    "Geoms/hand/linvel",
]


def gusts(time, model, data, strength=1.0):
    """A force [N] that takes arrays as well as numbers."""
    return strength * np.sin(7.0 * time) + 0.1 * data.qpos[..., 4]


def cubic(d, v, d0, model, data):
    """A spring [N] that takes arrays as well as numbers, and gives the same bits for both, as `** 3` would not."""
    stretch = d - d0
    return -40.0 * (stretch * stretch * stretch) - 0.3 * v


def models(count: int, integrator: str = "implicitfast") -> list[mujoco.MjModel]:
    """Return models of one layout whose masses differ."""
    return [mujoco.MjModel.from_xml_string(ARM.format(integrator=integrator, mass=1.0 + 0.1 * n)) for n in range(count)]


def every_load(number: int) -> list:
    """Return one load of each kind, with numbers that differ from trial to trial."""
    stiffness = 20.0 + number
    return [
        PointToPointForce.ideal_spring("ideal", "palm", "wall", stiffness=stiffness, damping=0.2),
        PointToPointForce.compression_spring("compression", "palm", "wall", stiffness=stiffness, rest_length=0.9),
        PointToPointForce.tension_spring("tension", "palm", "wall", stiffness=stiffness, rest_length=0.7),
        PointToPointForce.stroke_compression_spring("stroke", "palm", "wall", stiffness=9.0, preload=2.0, max_stroke=1),
        PointToPointForce(name="cubic", action_site="palm", xtion_site="wall", magnitude=cubic),
        ScalarForce(name="thrust", action_site="palm", scalar=0.5 + number, start=0.01 * number, stop=0.2),
        ScalarTorque(name="twist", action_site="palm", scalar=[(0.0, 0.0), (0.1, 0.1 * number)], xtion_body="upper"),
        VectorForce(name="wind", action_site="palm", force=(partial(gusts, strength=float(number)), 0.1, 0.0)),
        VectorTorque(name="turn", action_site="palm", rel_to_site="palm", torque=(0.01 * number, 0.02, 0.0)),
        GeneralLoad(name="push", action_site="palm", rel_to_site="palm", force=(number, 0, 1), torque=(0, 0.1, 0)),
        JointFriction.coulomb_viscous("bearing", "shoulder", coulomb=0.02 + 0.01 * number, viscous=0.01),
        JointFriction.stribeck("elbow", "elbow", coulomb=0.02, static=0.03, stribeck_speed=0.1, viscous=0.01 * number),
        ActuatorControl(name="drive", actuator="motor", control=[(0, 0), (0.5, 1 + number)], start=0.05, stop=0.3),
    ]


def gap(number: int) -> list[Proximity]:
    return [Proximity(name="gap", a="geom:hand", b="geom:floor")]


def run_alone(folder: Path, model: mujoco.MjModel, steps: int, loads=(), proximities=(), **options) -> pl.DataFrame:
    """Run with the loop engine, and return its telemetry."""
    data = mujoco.MjData(model)
    with RuntimeManager(folder / "alone.parquet", loads, proximities=proximities, **options) as manager:
        for _ in range(steps):
            manager.step(model, data)
    return pl.read_parquet(folder / "alone.parquet")


def run_side_by_side(
    folder: Path, models: list, steps: int, loads, proximities, signals=(), decimation=1, conditions=()
):
    """Run with the batch engine, and return the simulation, and the telemetry of each."""
    files = [folder / f"{number}.parquet" for number in range(len(models))]
    writers = [TelemetryWriter(file) for file in files]
    manager = BatchRuntimeManager(loads, proximities, signals, writers, decimation, conditions=conditions)
    batch = new_batch(models, persistent=True)
    for _ in range(steps):
        manager.step(models, batch)
        if manager.simulation.over:
            break
    manager.simulation.finish()
    return manager.simulation, [pl.read_parquet(file) if file.exists() else None for file in files]


def end(folder: Path, name: str) -> np.ndarray:
    """Return the state at the end of a run."""
    return end_state(folder / f"{name}.parquet")
