"""The laws of joint friction as formulas, F = -g(|v|)·v."""

import numpy as np
import pytest

from mojo.errors import ModelError
from mojo.runtime.loads import JointFriction
from mojo.runtime.loads.friction_laws import Coulomb, CoulombViscous, Karnopp, Stribeck, Viscous

LAWS = [
    Coulomb(coulomb=3.0),
    Viscous(viscous=0.5),
    CoulombViscous(coulomb=3.0, viscous=0.5),
    Stribeck(coulomb=3.0, static=5.0, stribeck_speed=0.1, viscous=0.5),
    Karnopp(coulomb=3.0, static=5.0, viscous=0.5),
]


def friction(law, speed):
    return law.resistance(speed) * speed


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (LAWS[0], 3.0),
        (LAWS[1], 0.5 * 0.2),
        (LAWS[2], 3.0 + 0.5 * 0.2),
        (LAWS[3], 3.0 + 2.0 * np.exp(-4.0) + 0.5 * 0.2),  # (v/v_s)² = (0.2/0.1)²
        (LAWS[4], 3.0 + 0.5 * 0.2),
    ],
    ids=lambda value: getattr(value, "law", ""),
)
def test_friction_at_a_speed(law, expected):
    assert friction(law, 0.2) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.law)
def test_any_leading_axes_give_the_same_bits(law):
    speed = np.abs(np.random.default_rng(1).normal(size=(2, 3, 4))) * 0.02
    resistance = law.resistance(speed)
    assert resistance.shape == speed.shape
    for index in np.ndindex(speed.shape):
        assert law.resistance(float(speed[index])) == resistance[index]


def test_dry_friction_falls_linearly_to_zero_below_the_transition_speed():
    law = Coulomb(coulomb=3.0, transition_speed=0.1)
    np.testing.assert_allclose(friction(law, np.array([0.0, 0.05, 0.1, 0.2, 9.0])), [0.0, 1.5, 3.0, 3.0, 3.0])


def test_stribeck_friction_falls_from_static_to_coulomb_and_rises_with_viscosity():
    law = Stribeck(coulomb=3.0, static=5.0, stribeck_speed=0.1, viscous=0.5, transition_speed=1e-6)
    speed = np.array([1e-6, 0.1, 10.0])
    np.testing.assert_allclose(friction(law, speed), [5.0, 3.0 + 2.0 / np.e + 0.05, 3.0 + 5.0], rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: JointFriction.stribeck("f", "j", 3.0, 2.0, 0.1), "Stribeck: .*static >= coulomb must hold, but got"),
        (lambda: JointFriction.karnopp("f", "j", 3.0, 2.0), "Karnopp: .*static >= coulomb must hold, but got"),
        (lambda: JointFriction.viscous("f", "j", -1.0), "Viscous: viscous: .*greater than or equal to 0, but got -1"),
        (
            lambda: JointFriction.coulomb("f", "j", 1.0, transition_speed=0.0),
            "Coulomb: transition_speed: .*greater than 0",
        ),
        (
            lambda: JointFriction(name="f", joint="j", friction={"law": "viscous", "coulomb": 1.0}),
            "Viscous: 2 problems",
        ),
        (
            lambda: JointFriction(name="f", joint="j", friction={"law": "dry"}),
            "friction: .*'dry'.*'coulomb', 'viscous'",
        ),
    ],
)
def test_wrong_numbers_are_refused_with_the_loads_name(make, message):
    with pytest.raises(ModelError, match=f"JointFriction 'f': {message}"):
        make()
