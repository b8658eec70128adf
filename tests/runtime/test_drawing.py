"""Arrows and lines in any scene; what they look like is seen in tests/film."""

import mujoco
import numpy as np
import pytest

from mojo.runtime.drawing import PALETTE, ArrowConfig, LineConfig, draw_arrow, draw_line, draw_over

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


@pytest.mark.parametrize("projection", ["perspective", "orthographic"])
def test_an_arrow_that_nothing_hides_is_near_the_camera_at_the_same_place_of_the_picture(
    scene: mujoco.MjvScene, projection: str
):
    looking = f'<visual><global orthographic="{str(projection == "orthographic").lower()}" fovy="20"/></visual>'
    model = mujoco.MjModel.from_xml_string(f"<mujoco>{looking}<worldbody><geom size='1'/></worldbody></mujoco>")
    camera, option, perturbation = mujoco.MjvCamera(), mujoco.MjvOption(), mujoco.MjvPerturb()
    camera.distance, camera.elevation = 30.0, -30.0
    shown = mujoco.MjvScene(model, maxgeom=3)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    mujoco.mjv_updateScene(model, data, option, perturbation, camera, 0, shown)
    start, vector = np.array([0.5, -0.2, 0.3]), np.array([0.2, 0.6, 0.1])
    assert draw_arrow(shown, start, vector, width=0.02)
    assert draw_over(shown, start, vector, width=0.02)
    view = shown.camera[0]
    eye, forward = (view.pos + shown.camera[1].pos) / 2, view.forward
    depths, places, widths = [], [], []
    for arrow in (shown.geoms[0], shown.geoms[1]):
        apart = arrow.pos - eye
        depths.append(apart @ forward)
        size = 1.0 if projection == "orthographic" else depths[-1]
        places.append((apart - depths[-1] * forward) / size)
        widths.append(arrow.size[0] / size)
    assert depths[0] > 25
    assert view.frustum_near < depths[1] < 0.11 * depths[0]
    np.testing.assert_allclose(places[0], places[1], atol=3e-6)
    assert widths[0] == pytest.approx(widths[1], rel=1e-4)


def test_an_arrow_that_reaches_behind_the_camera_cannot_be_drawn_before_it(scene: mujoco.MjvScene):
    mujoco.mjv_updateScene(
        MODEL, mujoco.MjData(MODEL), mujoco.MjvOption(), mujoco.MjvPerturb(), mujoco.MjvCamera(), 0, scene
    )
    eye, forward = scene.camera[0].pos.astype(float), scene.camera[0].forward.astype(float)
    assert not draw_over(scene, eye + forward, -3 * forward)


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
