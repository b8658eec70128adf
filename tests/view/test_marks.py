"""Arrows point where loads push, and lines end where proximities are measured."""

import mujoco
import numpy as np
import pytest

from mojo.runtime.loads import GeneralLoad, PointToPointForce
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.proximity import Proximity
from mojo.view.marks import Marks

XML = """
<mujoco>
  <option gravity="0 0 0"/>
  <worldbody>
    <site name="wall"/>
    <body name="mass" pos="0 0 1"><freejoint/><geom name="ball" size=".1" mass="1"/><site name="left" pos="-.1 0 0"/>
      <site name="low" pos="0 0 -.1"/></body>
  </worldbody>
</mujoco>
"""


def marks_after_a_step(loads, proximities=()):
    model = mujoco.MjModel.from_xml_string(XML)
    data = mujoco.MjData(model)
    manager = RuntimeManager(loads=loads, proximities=proximities)
    marks = Marks(model, manager, proximities)
    manager.step(model, data)
    return model, *marks.at(data)


def test_the_longest_arrow_has_a_fixed_share_of_the_models_extent_and_the_others_follow():
    pull = PointToPointForce.ideal_spring("pull", "low", "wall", stiffness=10.0, rest_length=0.5)  # 4 N down
    push = GeneralLoad(name="push", action_site="left", force=(2.0, 0.0, 0.0))
    model, arrows, _ = marks_after_a_step([pull, push])
    scale = 0.4 * model.stat.extent / 4.0
    np.testing.assert_allclose(arrows[0].vector, [0, 0, -4 * scale], atol=1e-9)
    np.testing.assert_allclose(arrows[1].vector, [0, 0, 4 * scale], atol=1e-9)  # the reaction, at the wall
    np.testing.assert_allclose(arrows[2].vector, [2 * scale, 0, 0], atol=1e-9)
    assert arrows[0].colour == arrows[1].colour != arrows[2].colour


def test_a_force_that_pushes_its_body_ends_at_the_site_and_one_that_pulls_begins_there():
    loads = [
        GeneralLoad(name=name, action_site="left", force=(x, 0.0, 0.0)) for name, x in (("in", 1.0), ("out", -1.0))
    ]
    _, arrows, _ = marks_after_a_step(loads)
    np.testing.assert_allclose(arrows[0].start + arrows[0].vector, [-0.1, 0, 1])
    np.testing.assert_allclose(arrows[1].start, [-0.1, 0, 1])


def test_the_reaction_that_a_body_feels_has_an_arrow_at_the_same_point():
    load = GeneralLoad(name="lean", action_site="wall", force=(0.0, 0.0, 2.0), torque=(1.0, 0, 0), xtion_body="mass")
    _, arrows, _ = marks_after_a_step([load])
    assert [arrow.is_torque for arrow in arrows] == [False, False, True, True]
    for action, reaction in (arrows[:2], arrows[2:]):
        np.testing.assert_allclose(action.vector, -reaction.vector)
        np.testing.assert_allclose(action.start, reaction.start)


def test_torques_have_a_scale_of_their_own():
    twist = GeneralLoad(name="twist", action_site="left", force=(100.0, 0, 0), torque=(0, 0, 0.001))
    model, arrows, _ = marks_after_a_step([twist])
    assert [arrow.is_torque for arrow in arrows] == [False, True]
    assert np.linalg.norm(arrows[1].vector) == pytest.approx(0.4 * model.stat.extent)


def test_a_line_joins_the_closest_points_and_what_is_too_far_has_none():
    near = Proximity(name="near", a="site:wall", b="site:low")
    far = Proximity(name="far", a="site:wall", b="site:left", max_distance=0.5)
    _, arrows, lines = marks_after_a_step([], [near, far])
    assert arrows == []
    [line] = lines
    np.testing.assert_allclose([line.a, line.b], [[0, 0, 0], [0, 0, 0.9]])
