"""Arrows and lines in any scene; what they look like is seen in tests/film."""

import mujoco
import numpy as np
import pytest

from mojo.runtime.drawing import PALETTE, ArrowConfig, LineConfig, draw_arrow, draw_line

MODEL = mujoco.MjModel.from_xml_string("<mujoco/>")


@pytest.fixture
def scene() -> mujoco.MjvScene:
    return mujoco.MjvScene(MODEL, maxgeom=3)


def test_an_arrow_begins_at_its_start_and_points_along_its_vector(scene: mujoco.MjvScene):
    assert draw_arrow(scene, np.array([1.0, 2, 3]), np.array([0.0, 0.5, 0]), (1, 0, 0, 1), 0.02)
    arrow = scene.geoms[0]
    np.testing.assert_allclose(arrow.pos, [1, 2, 3])
    np.testing.assert_allclose(arrow.mat[:, 2], [0, 1, 0], atol=1e-6)  # an arrow lies along its own z axis
    np.testing.assert_allclose(arrow.rgba, [1, 0, 0, 1])


def test_a_torque_has_two_heads(scene: mujoco.MjvScene):
    draw_arrow(scene, np.zeros(3), np.array([1.0, 0, 0]), two_heads=True)
    assert scene.ngeom == 2


def test_a_line_joins_its_ends(scene: mujoco.MjvScene):
    assert draw_line(scene, np.zeros(3), np.array([0, 0, 2.0]), LineConfig(colour=(0, 1, 0, 1)), 0.01)
    line = scene.geoms[0]
    np.testing.assert_allclose(line.pos, [0, 0, 1], atol=1e-6)  # a capsule's place is its middle
    assert line.size[2] == pytest.approx(1.0)  # half of its length
    assert line.size[0] == pytest.approx(0.005)


@pytest.mark.parametrize("vector", [np.zeros(3), np.full(3, np.nan), np.array([1e-4, 0, 0])])
def test_what_cannot_be_seen_is_not_drawn(scene: mujoco.MjvScene, vector: np.ndarray):
    assert not draw_arrow(scene, np.zeros(3), vector)
    assert scene.ngeom == 0


def test_a_full_scene_takes_no_more(scene: mujoco.MjvScene):
    drawn = [draw_arrow(scene, np.zeros(3), np.array([1.0, 0, 0])) for _ in range(4)]
    assert drawn == [True, True, True, False]
    assert not draw_line(scene, np.zeros(3), np.ones(3), LineConfig())
    assert scene.ngeom == 3


def test_every_load_has_a_colour_of_its_own_unless_it_is_told():
    arrows = ArrowConfig(colours={"engine": (1, 1, 1, 1)})
    assert arrows.colour_of("engine", 0) == (1, 1, 1, 1)
    assert arrows.colour_of("spring", 1) == PALETTE[1]
    assert ArrowConfig(colour=(0, 0, 1, 1)).colour_of("spring", 1) == (0, 0, 1, 1)
