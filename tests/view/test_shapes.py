"""Triangles of geoms enclose what the geoms enclose."""

import mujoco
import numpy as np
import pytest

trimesh = pytest.importorskip("trimesh")

from mojo.view.shapes import colour, triangles, visible  # noqa: E402 - it needs trimesh, too


def model_of(geom: str, asset: str = "") -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string(f"<mujoco><asset>{asset}</asset><worldbody>{geom}</worldbody></mujoco>")


@pytest.mark.parametrize(
    ("geom", "volume"),
    [
        ('type="sphere" size=".2"', 4 / 3 * np.pi * 0.2**3),
        ('type="ellipsoid" size=".1 .2 .3"', 4 / 3 * np.pi * 0.1 * 0.2 * 0.3),
        ('type="box" size=".1 .2 .3"', 8 * 0.1 * 0.2 * 0.3),
        ('type="cylinder" size=".1 .3"', np.pi * 0.1**2 * 0.6),
        ('type="capsule" size=".1 .3"', np.pi * 0.1**2 * (0.6 + 4 / 3 * 0.1)),
    ],
)
def test_shapes_have_their_volume_around_the_geoms_centre(geom: str, volume: float):
    shape = trimesh.Trimesh(*triangles(model_of(f"<geom {geom}/>"), 0))
    assert shape.is_watertight
    assert shape.volume == pytest.approx(volume, rel=0.02)  # facets cut off what is round
    np.testing.assert_allclose(shape.center_mass, 0, atol=1e-6)


def test_a_mesh_has_its_own_triangles():
    tetra = '<mesh name="t" vertex="0 0 0 1 0 0 0 1 0 0 0 1"/>'
    shape = trimesh.Trimesh(*triangles(model_of('<geom type="mesh" mesh="t"/>', tetra), 0))
    assert shape.volume == pytest.approx(1 / 6)


def test_a_height_field_rises_to_its_peak():
    field = '<hfield name="h" nrow="3" ncol="5" size="1 2 .5 .1" elevation="0 0 0 0 0 0 0 1 0 0 0 0 0 0 0"/>'
    vertices, faces = triangles(model_of('<geom type="hfield" hfield="h"/>', field), 0)
    np.testing.assert_allclose(vertices[vertices[:, 2].argmax()], [0, 0, 0.5], atol=1e-7)
    np.testing.assert_allclose(vertices.max(axis=0)[:2], [1, 2])
    assert len(faces) == 2 * 2 * 4


def test_a_material_gives_its_colour_where_the_geom_has_none_and_what_cannot_be_seen_is_left_out():
    geoms = '<geom size=".1" material="m"/><geom size=".1" group="3"/><geom size=".1" rgba="1 0 0 0"/>'
    model = model_of(geoms, '<material name="m" rgba=".1 .2 .3 1"/>')
    np.testing.assert_allclose(colour(model, 0), [0.1, 0.2, 0.3, 1])
    assert visible(model) == [0]
