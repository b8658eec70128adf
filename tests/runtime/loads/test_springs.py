"""Laws of springs at single points, by hand."""

import numpy as np
import pytest

from mojo.errors import ModelError
from mojo.runtime.loads import PointToPointForce, Spring, StrokeSpring


def spring(law):
    return Spring(law=law, stiffness=100.0, damping=3.0, rest_length=0.5)


def test_stretched_ideal_spring_pulls_and_compressed_one_pushes():
    assert spring("ideal_spring").magnitude(0.7, 0.0, 9.9) == pytest.approx(-20.0)  # -100 · 0.2
    assert spring("ideal_spring").magnitude(0.4, 0.0, 9.9) == pytest.approx(10.0)  # 100 · 0.1
    assert spring("ideal_spring").magnitude(0.5, 2.0, 9.9) == pytest.approx(-6.0)  # -3 · 2


def test_compression_spring_acts_where_it_is_shorter_than_its_rest_length_only():
    distances = np.array([0.4, 0.5, 0.6])
    np.testing.assert_allclose(spring("compression_spring").magnitude(distances, 0.0, 9.9), [10.0, 0.0, 0.0])


def test_tension_spring_acts_where_it_is_longer_than_its_rest_length_only():
    distances = np.array([0.4, 0.5, 0.6])
    np.testing.assert_allclose(spring("tension_spring").magnitude(distances, 0.0, 9.9), [0.0, 0.0, -10.0])


def test_spring_without_a_rest_length_is_relaxed_at_the_first_steps_distance():
    relaxed = Spring(law="ideal_spring", stiffness=100.0)
    assert relaxed.magnitude(0.8, 0.0, 0.8) == 0.0
    assert relaxed.magnitude(0.9, 0.0, 0.8) == pytest.approx(-10.0)  # -100 · 0.1


def test_stroke_spring_pushes_with_its_preload_at_first_and_lets_go_after_its_stroke():
    law = StrokeSpring(stiffness=100.0, damping=2.0, preload=30.0, max_stroke=0.2)
    distances = np.array([0.9, 1.0, 1.1, 1.2, 1.3])
    # x = d - 1 is -0.1 (outside), 0, 0.1, 0.2, 0.3 (outside); 30 - 100·x
    np.testing.assert_allclose(law.magnitude(distances, 0.0, 1.0), [0.0, 30.0, 20.0, 10.0, 0.0], atol=1e-12)
    assert law.magnitude(1.0, 20.0, 1.0) == 0.0  # 30 - 2·20 < 0: it never pulls
    assert str(law.magnitude(1.0, 20.0, 1.0)) == "0.0"


@pytest.mark.parametrize("law", ["ideal_spring", "compression_spring", "tension_spring"])
def test_one_distance_and_many_give_the_same_bits(law):
    distances, rates = np.random.default_rng(1).uniform(0.1, 1.0, size=(2, 50))
    together = spring(law).magnitude(distances, rates, 0.3)
    alone = [spring(law).magnitude(d, v, 0.3) for d, v in zip(distances.tolist(), rates.tolist(), strict=True)]
    assert together.tolist() == alone


def test_wrong_key_of_a_spring_is_answered_with_the_right_one():
    with pytest.raises(ModelError, match=r"Spring: stifness: is not a field. Did you mean 'stiffness'\?"):
        Spring(law="ideal_spring", stiffness=1.0, stifness=2.0)


def test_factories_make_the_law_that_they_are_called_after():
    names = {"name": "s", "action_site": "a", "xtion_site": "b"}
    for law in ("ideal_spring", "compression_spring", "tension_spring"):
        made = getattr(PointToPointForce, law)(**names, stiffness=1.0, damping=2.0, rest_length=3.0)
        assert made.magnitude == Spring(law=law, stiffness=1.0, damping=2.0, rest_length=3.0)
    made = PointToPointForce.stroke_compression_spring(**names, stiffness=1.0, damping=2.0, preload=3.0, max_stroke=4.0)
    assert made.magnitude == StrokeSpring(stiffness=1.0, damping=2.0, preload=3.0, max_stroke=4.0)
