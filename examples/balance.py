"""A program that learns: the weights with which a cart balances its pole, by evolution strategies.

It knows nothing of mojo: its settings are arguments, and what it has reached it leaves in metrics.json.
"""

import argparse
import json
from pathlib import Path

import mujoco
import numpy as np

MODEL = """
<mujoco>
  <option timestep="0.02" integrator="implicitfast"/>
  <worldbody>
    <body name="cart">
      <joint name="slide" type="slide" axis="1 0 0" damping="1"/>
      <geom type="box" size="0.2 0.1 0.05" mass="1"/>
      <body name="pole">
        <joint name="hinge" axis="0 1 0" damping="0.01"/>
        <geom type="capsule" fromto="0 0 0 0 0 0.6" size="0.03" mass="0.2"/>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor joint="slide" gear="10" ctrlrange="-1 1"/>
  </actuator>
</mujoco>
"""
STEPS = 200  # 4 s
FALLEN = 0.5  # rad


def balance(model, data, weights, tilt):
    """Return for what share of the steps the pole stands, let go at `tilt` [rad]."""
    mujoco.mj_resetData(model, data)
    data.qpos[1] = tilt
    for step in range(STEPS):
        data.ctrl[0] = weights @ np.concatenate([data.qpos, data.qvel])
        mujoco.mj_step(model, data)
        if abs(data.qpos[1]) > FALLEN:
            return step / STEPS
    return 1.0


def learn(step_size, noise, generations, pairs, rng):
    """Return the share that each generation's weights reach, after moving them towards what did better."""
    model = mujoco.MjModel.from_xml_string(MODEL)
    data = mujoco.MjData(model)
    weights, reached = np.zeros(4), []
    for generation in range(generations):
        tilts = rng.uniform(-0.15, 0.15, size=2)
        directions = rng.normal(size=(pairs, 4))
        gradient = np.zeros(4)
        for direction in directions:
            up, down = (
                np.mean([balance(model, data, weights + sign * noise * direction, tilt) for tilt in tilts])
                for sign in (1, -1)
            )
            gradient += (up - down) * direction / pairs
        weights = weights + step_size * gradient
        reached.append(float(np.mean([balance(model, data, weights, tilt) for tilt in (-0.1, 0.05, 0.12)])))
        print(f"generation {generation}: {reached[-1]:.2f}", flush=True)
    return reached


def main():
    """Learn with the settings of the command line, and leave metrics.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step-size", type=float, required=True)
    parser.add_argument("--noise", type=float, required=True)
    parser.add_argument("--generations", type=int, default=6)
    parser.add_argument("--pairs", type=int, default=4)
    parser.add_argument("--seed", type=int, required=True)
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    reached = learn(given.step_size, given.noise, given.generations, given.pairs, rng)
    metrics = {"objective": float(np.mean(reached)), "at_end": reached[-1]}
    Path("metrics.json").write_text(json.dumps(metrics))


if __name__ == "__main__":
    main()
