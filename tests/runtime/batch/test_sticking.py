"""Karnopp's friction side by side: each trial's joints are held, slide and break away as they do alone."""

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from mojo.runtime.loads import ActuatorControl, JointFriction, PointToPointForce, ScalarForce
from mojo.runtime.loads.sticking import holding_friction, turns_back
from tests.runtime.batch.scenes import EVERYTHING, end, models, run_alone, run_side_by_side

SIGNALS = [*EVERYTHING, "Loads/*"]


def loads(number: int) -> list:
    """Return friction that holds all joints of trial 0, and fewer of the next ones; and what pushes them."""
    weak = 0.3**number
    return [
        JointFriction.karnopp("ball", "shoulder", coulomb=20.0 * weak, static=40.0 * weak, viscous=0.1),
        JointFriction.karnopp("hinge", "elbow", coulomb=40.0 * weak, static=60.0 * weak, start=0.01 * number),
        JointFriction.karnopp("slide", "wrist", coulomb=4.0, static=5.0, stop=0.5),
        PointToPointForce.ideal_spring("spring", "palm", "wall", stiffness=30.0, rest_length=0.2),
        ScalarForce(name="thrust", action_site="palm", scalar=[(0.0, 0.0), (0.6, 3.0)]),
        ActuatorControl(name="drive", actuator="motor", control=[(0.0, 0.0), (0.3, 4.0), (0.6, -4.0)]),
    ]


@pytest.mark.parametrize("integrator", ["Euler", "RK4"])
def test_both_engines_hold_and_let_go_alike(tmp_path, integrator):
    several = models(5, integrator)
    every = [loads(number) for number in range(5)]
    _, together = run_side_by_side(tmp_path, several, 350, every, [[]] * 5, SIGNALS)
    still = []
    for number, model in enumerate(several):
        alone = run_alone(tmp_path, model, 350, every[number], signals=SIGNALS)
        assert_frame_equal(together[number], alone, check_exact=True)
        np.testing.assert_array_equal(end(tmp_path, str(number)), end(tmp_path, "alone"))
        still.append(float(alone["Joints/elbow:qvel"].abs().max()) < 0.01)
    assert still[0]  # the first is held all the time, within stick_speed,
    assert not all(still)  # and another is not


def test_friction_of_many_trials_is_that_of_each():
    rng = np.random.default_rng(0)
    owner, limits = np.array([0, 0, 0, 1, 2]), rng.uniform(0.1, 3.0, size=(40, 3))
    factors = rng.normal(size=(40, 5, 5))
    mobility = factors @ factors.transpose(0, 2, 1) + np.eye(5)
    change = rng.normal(scale=5.0, size=(40, 5))
    together = holding_friction(mobility, change, owner, limits)
    for n in range(40):
        np.testing.assert_array_equal(together[n], holding_friction(mobility[n], change[n], owner, limits[n]))


def test_friction_turns_a_joint_back_if_its_impulse_exceeds_the_momentum():
    # a mass m = 2 kg at v = 0.1 m/s under F = 5 N for h = 0.1 s: F·h = 0.5 > m·v = 0.2
    velocity, mobility = (np.array([0.1, 1.0]),), np.full((2, 1, 1), 0.5)
    speed = velocity[0]
    assert turns_back(speed, 5.0 / speed, velocity, mobility, 0.1).tolist() == [True, False]  # at 1 m/s, 0.5 < 2
