"""True distances to the triangles of meshes, against closed forms."""

import mujoco
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from mojo.errors import ModelError
from mojo.runtime import triangles
from mojo.runtime.gauge import Gauge, check_proximities
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.proximity import Proximity
from tests.extras import needs
from tests.runtime.batch.scenes import run_alone, run_side_by_side

EXACT = needs("fcl", "distances")
QUADS = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
CUBE = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float)


def box_mesh(half, centre=(0.0, 0.0, 0.0)) -> tuple[np.ndarray, list[list[int]]]:
    faces = [triangle for a, b, c, d in QUADS for triangle in ([a, b, c], [a, c, d])]
    return CUBE * half + np.asarray(centre), faces


def joined(*meshes) -> tuple[np.ndarray, list[list[int]]]:
    """Return meshes side by side as one."""
    vertices: list[np.ndarray] = []
    faces: list[list[int]] = []
    for corners, triangles_ in meshes:
        start = sum(map(len, vertices))
        faces += [[start + index for index in triangle] for triangle in triangles_]
        vertices.append(corners)
    return np.vstack(vertices), faces


def ball_mesh(radius: float, rings: int = 24) -> tuple[np.ndarray, list[list[int]]]:
    around = 2 * rings
    polar, azimuth = np.pi * np.arange(1, rings) / rings, 2 * np.pi * np.arange(around) / around
    ring = [[np.sin(p) * np.cos(q), np.sin(p) * np.sin(q), np.cos(p)] for p in polar for q in azimuth]
    faces = [[0, 1 + j, 1 + (j + 1) % around] for j in range(around)]
    for i in range(rings - 2):
        for j in range(around):
            a, b = 1 + i * around + j, 1 + i * around + (j + 1) % around
            faces += [[a, a + around, b], [b, a + around, b + around]]
    last = len(ring) + 1
    faces += [[last, last - around + (j + 1) % around, last - around + j] for j in range(around)]
    return radius * np.array([[0, 0, 1], *ring, [0, 0, -1]]), faces


# A trough that is open at the top: its mouth goes from x = -1 to 1 and from z = -1 upwards.
U = joined(
    box_mesh([1.5, 0.5, 0.25], [0, 0, -1.25]),
    box_mesh([0.25, 0.5, 1.5], [-1.25, 0, 0]),
    box_mesh([0.25, 0.5, 1.5], [1.25, 0, 0]),
)


def mesh(name: str, of: tuple[np.ndarray, list[list[int]]]) -> str:
    vertices = " ".join(map(repr, of[0].ravel().tolist()))
    faces = " ".join(str(index) for triangle in of[1] for index in triangle)
    return f'<mesh name="{name}" vertex="{vertices}" face="{faces}" inertia="shell"/>'


def world(meshes: dict, bodies: str) -> tuple[mujoco.MjModel, mujoco.MjData]:
    assets = "".join(mesh(name, of) for name, of in meshes.items())
    model = mujoco.MjModel.from_xml_string(f"<mujoco><asset>{assets}</asset><worldbody>{bodies}</worldbody></mujoco>")
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    return model, data


def measure(meshes: dict, bodies: str, a: str, b: str, how: str = "exact", **more: float) -> np.ndarray:
    model, data = world(meshes, bodies)
    proximity = Proximity(name="gap", a=a, b=b, mesh=how, **more)
    check_proximities(model, [proximity])
    return Gauge(model, [proximity]).of(data)[0].copy()


def between(meshes: dict, other: str, **more) -> np.ndarray:
    """Return distance, from and to of the geom "a", and a mesh geom "u" of the first of `meshes`."""
    name = next(iter(meshes))
    return measure(meshes, f'<geom name="u" type="mesh" mesh="{name}"/>{other}', "geom:a", "geom:u", **more)


BOX = '<geom name="a" type="box" size="0.5 0.3 0.4" pos="{}"/>'


class TestDistances:
    pytestmark = EXACT

    def test_box_in_the_mouth_of_a_u_is_half_a_metre_from_its_walls(self):
        found = between({"u": U}, BOX.format("0.1 0 0.2"))
        assert found[0] == pytest.approx(0.4, abs=1e-6)  # 1 - 0.1 - 0.5; the bottom is 0.2 + 1 - 0.4 = 0.8 m away
        assert (found[1], found[4]) == (pytest.approx(0.6, abs=1e-6), pytest.approx(1.0, abs=1e-6))
        assert between({"u": U}, BOX.format("0.1 0 0.2"), how="hull")[0] < 0

    def test_mesh_in_the_mouth_of_a_u_too(self):
        other = '<geom name="a" type="mesh" mesh="box" pos="0 0 0.2"/>'
        assert between({"u": U, "box": box_mesh([0.5, 0.3, 0.4])}, other)[0] == pytest.approx(0.5, abs=1e-6)

    def test_frames_of_meshes_are_those_of_their_geoms(self):
        # MuJoCo centres and turns a mesh when it compiles it; U is turned by 90° about x, its mouth to -y
        found = measure(
            {"u": U},
            '<body pos="1 2 3" euler="90 0 0"><geom name="u" type="mesh" mesh="u" pos="0 0 -1"/></body>'
            '<geom name="a" type="sphere" size="0.1" pos="1.5 3 3"/>',
            "geom:a",
            "geom:u",
        )
        assert found == pytest.approx([0.4, 1.6, 3, 3, 2.0, 3, 3], abs=1e-5)

    @pytest.mark.parametrize("gap", [2.0, 0.01, 1e-4])
    def test_parallel_boxes_are_their_gap_apart(self, gap):
        other = f'<geom name="a" type="mesh" mesh="box" pos="{1 + 0.5 + gap} 0 0"/>'
        found = between({"u": box_mesh([1, 1, 1]), "box": box_mesh([0.5, 0.5, 0.5])}, other)
        assert found[0] == pytest.approx(gap, abs=1e-6)
        assert found[1] - found[4] == pytest.approx(gap, abs=1e-6)

    def test_meshes_of_balls_are_their_centres_distance_less_their_radii_apart(self):
        found = between(
            {"u": ball_mesh(1.0), "ball": ball_mesh(0.5)}, '<geom name="a" type="mesh" mesh="ball" pos="1.2 1.6 0"/>'
        )
        assert found[0] == pytest.approx(
            2.0 - 1.0 - 0.5, abs=0.02
        )  # a mesh of 24 rings lies up to 1 - cos(π/24) inside
        assert found[0] >= 0.5 - 1e-6
        assert np.linalg.norm(found[1:4] - found[4:7]) == pytest.approx(found[0], abs=1e-9)

    SHAPES = (
        ('type="sphere" size="0.2"', 0.2, 0.2),
        ('type="capsule" size="0.2 0.1"', 0.2, 0.3),
        ('type="box" size="0.2 0.3 0.4"', 0.2, 0.4),
        ('type="cylinder" size="0.2 0.3"', 0.2, 0.3),
        ('type="ellipsoid" size="0.2 0.3 0.4"', 0.2, 0.4),
    )

    @pytest.mark.parametrize(("shape", "wide", "high"), SHAPES)
    def test_every_shape_is_measured_to_its_own_surface(self, shape, wide, high):
        geom = f'<geom name="a" {shape} pos="{{}}"/>'
        assert between({"u": U}, geom.format("0.3 0 1"))[0] == pytest.approx(0.7 - wide, abs=1e-5)  # to the wall
        assert between({"u": U}, geom.format("0 0 -0.3"))[0] == pytest.approx(0.7 - high, abs=1e-5)  # to the bottom

    @pytest.mark.parametrize(("shape", "wide", "high"), SHAPES)
    def test_where_surfaces_cross_the_distance_is_0_and_both_points_are_one(self, shape, wide, high):
        found = between({"u": U}, f'<geom name="a" {shape} pos="0.9 0 0.1"/>')
        assert found[0] == 0.0
        np.testing.assert_array_equal(found[1:4], found[4:7])
        assert found[1] == pytest.approx(1.0, abs=1e-5)  # on the wall
        assert abs(found[3] - 0.1) <= high

    @pytest.mark.parametrize(("shape", "wide", "high"), SHAPES)
    def test_what_lies_wholly_inside_a_mesh_has_the_negative_distance_to_its_surface(self, shape, wide, high):
        found = between({"u": box_mesh([1, 1, 1])}, f'<geom name="a" {shape} pos="0.5 0 0"/>')
        assert found[0] == pytest.approx(-(0.5 - wide), abs=1e-5)
        assert (found[1], found[4]) == (pytest.approx(0.5 + wide, abs=1e-5), pytest.approx(1.0, abs=1e-5))

    @pytest.mark.parametrize(("shape", "wide", "high"), [*SHAPES[:4], ('type="mesh" mesh="big"', 0.5, 0.5)])
    def test_mesh_that_lies_wholly_inside_a_shape_has_it_too(self, shape, wide, high):
        scaled = shape.replace("0.1", "1").replace("0.2", "2").replace("0.3", "3").replace("0.4", "4")
        meshes = {"u": box_mesh([0.1, 0.1, 0.1]), "big": box_mesh([5, 5, 5])}
        found = between(meshes, f'<geom name="a" {scaled} pos="0.3 0 0"/>')
        corner = np.hypot(0.4, 0.1) if "cylinder" in shape else np.sqrt(0.4**2 + 0.1**2 + 0.1**2 * ("sphere" in shape))
        deepest = 0.4 if "box" in shape or "mesh" in shape else corner
        assert found[0] == pytest.approx(-(10 * wide - deepest), abs=1e-5)
        assert np.linalg.norm(found[1:4] - found[4:7]) == pytest.approx(-found[0], abs=1e-5)

    def test_site_in_a_mesh_is_as_deep_as_its_surface_is_near(self):
        bodies = '<site name="s" pos="{}"/><geom name="u" type="mesh" mesh="u"/>'  # the only geom of the model
        there = [
            measure({"u": U}, bodies.format(pos), "site:s", "geom:u")[0] for pos in ("0 0 0", "1.2 0 0", "1.9 0 0")
        ]
        assert there == pytest.approx([1.0, -0.2, 0.4], abs=1e-6)
        back = measure({"u": U}, bodies.format("1.2 0 0"), "geom:u", "site:s")
        assert back == pytest.approx([-0.2, 1.0, 0, 0, 1.2, 0, 0], abs=1e-6)

    def test_what_is_open_has_no_inside(self):
        corners, faces = box_mesh([1, 1, 1])
        lidless = corners, faces[2:]
        assert between({"u": lidless}, '<geom name="a" type="sphere" size="0.1"/>')[0] == pytest.approx(0.9, abs=1e-6)

    def test_distance_is_continuous_as_a_box_goes_through_a_wall(self):
        path = np.linspace(-0.2, 1.9, 211)
        other = '<geom name="a" type="box" size="0.05 0.05 0.05" pos="{} 0 0"/>'
        found = np.array([between({"u": U}, other.format(x))[0] for x in path])
        closed = np.abs(path - 1.25) - 0.25  # signed distance of its centre to the wall between 1 and 1.5
        expected = np.where(closed > 0.05, closed - 0.05, np.minimum(closed + 0.05, 0))
        expected = np.minimum(expected, np.abs(path + 1.25) - 0.25 - 0.05)
        np.testing.assert_allclose(found, expected, atol=1e-6)

    def test_planes_and_shapes_without_triangles_are_measured_as_ever(self):
        floor = '<geom name="a" type="plane" size="1 1 1" pos="0 0 -2"/>'
        assert between({"u": U}, floor) == pytest.approx(between({"u": U}, floor, how="hull"))
        spheres = '<geom name="a" size="0.1"/><geom name="b" size="0.1" pos="1 0 0"/>'
        assert measure({}, spheres, "geom:a", "geom:b")[0] == pytest.approx(0.8)

    def test_nearest_of_a_bodys_geoms_counts_and_beyond_the_limit_nothing(self):
        bodies = (
            '<geom name="u" type="mesh" mesh="u"/><body name="b" pos="0.1 0 0"><geom size="0.1"/>'
            '<geom type="capsule" size="0.05 0.1" pos="0.5 0 0"/></body>'
        )
        assert measure({"u": U}, bodies, "body:b", "geom:u")[0] == pytest.approx(0.35, abs=1e-6)
        assert measure({"u": U}, bodies, "body:b", "geom:u", max_distance=0.5)[0] == pytest.approx(0.35, abs=1e-6)
        beyond = measure({"u": U}, bodies, "body:b", "geom:u", max_distance=0.3)
        assert beyond[0] == 0.3
        assert np.isnan(beyond[1:]).all()

    def test_random_places_agree_with_a_search_over_all_triangles(self):
        rng = np.random.default_rng(3)
        model, data = world({"u": U}, '<geom name="u" type="mesh" mesh="u"/><body mocap="true"><site name="s"/></body>')
        gauge = Gauge(model, [Proximity(name="gap", a="site:s", b="geom:u", mesh="exact")])
        for _ in range(50):
            data.mocap_pos[0] = rng.uniform(-2, 2, 3)
            mujoco.mj_kinematics(model, data)
            # Each face of the U lies in a box: the nearest point of a solid box to a point is the point clipped to it.
            boxes = [
                ([1.5, 0.5, 0.25], [0, 0, -1.25]),
                ([0.25, 0.5, 1.5], [-1.25, 0, 0]),
                ([0.25, 0.5, 1.5], [1.25, 0, 0]),
            ]
            away = [np.linalg.norm(np.maximum(np.abs(data.mocap_pos[0] - centre) - half, 0)) for half, centre in boxes]
            if min(away) > 0:
                assert gauge.of(data)[0, 0] == pytest.approx(min(away), abs=1e-6)

    def test_the_points_are_as_far_apart_as_the_distance_says_also_where_shapes_just_touch(self):
        geoms = [f'<geom name="g{number}" {shape}/>' for number, (shape, _, _) in enumerate(self.SHAPES)]
        body = f'<body mocap="true">{"".join(geoms)}<site name="s"/></body>'
        model, data = world({"u": U}, f'<geom name="u" type="mesh" mesh="u"/>{body}')
        parts = [*(f"geom:g{number}" for number in range(len(geoms))), "site:s"]
        gauge = Gauge(model, [Proximity(name=part, a=part, b="geom:u", mesh="exact") for part in parts])
        rng = np.random.default_rng(4)
        for number in range(300):
            # every second time at a multiple of 0.1 m, where faces and edges meet exactly
            place = rng.uniform(-1.9, 1.9, 3)
            data.mocap_pos[0] = np.round(place, 1) if number % 2 else place
            mujoco.mj_kinematics(model, data)
            found = gauge.of(data)
            apart = np.linalg.norm(found[:, 1:4] - found[:, 4:7], axis=1)
            np.testing.assert_allclose(apart, np.abs(found[:, 0]), atol=2e-5)

    def test_telemetry_has_exact_distances(self, tmp_path):
        model, data = world(
            {"u": U},
            '<geom name="u" type="mesh" mesh="u" contype="0"/><body pos="0 0 0.2"><freejoint/>'
            '<geom name="a" type="box" size="0.5 0.3 0.4" contype="0"/></body>',
        )
        gap = Proximity(name="gap", a="geom:a", b="geom:u", mesh="exact")
        with RuntimeManager(tmp_path / "t.parquet", proximities=[gap]) as manager:
            while data.time < 0.1:
                manager.step(model, data)
        found = pl.read_parquet(tmp_path / "t.parquet")["Proximities/gap:distance"].to_numpy()
        np.testing.assert_allclose(found, 0.5, atol=1e-6)


@needs("fcl", "distances")[0]
@needs("fcl", "distances")[1]
def test_both_engines_measure_the_same_bits(tmp_path):
    models, gaps = [], []
    for number in range(3):
        models.append(
            world(
                {"u": U, "ball": ball_mesh(0.3, 8)},
                '<geom name="u" type="mesh" mesh="u" contype="0"/><body pos="0.1 0 0.2"><freejoint/>'
                f'<geom name="a" type="mesh" mesh="ball" contype="0" mass="1" pos="{number / 10 + 0.1} 0 0"/></body>',
            )[0]
        )
        gaps.append([Proximity(name="gap", a="geom:a", b="geom:u", mesh="exact")])
    _, together = run_side_by_side(tmp_path, models, 100, [[]] * 3, gaps)
    for number, model in enumerate(models):
        alone = run_alone(tmp_path, model, 100, [], gaps[number])
        assert_frame_equal(together[number], alone, check_exact=True)
        assert alone["Proximities/gap:distance"][0] == pytest.approx(1 - 0.2 - 0.3 - number / 10, abs=0.03)


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(triangles, "find_spec", lambda name: None)
    with pytest.raises(
        ModelError, match=r"Proximity 'gap': `mesh: exact` needs the library FCL.*pip install python-fcl"
    ):
        between({"u": U}, BOX.format("0 0 0"))


def test_without_a_mesh_the_library_is_not_needed(monkeypatch):
    monkeypatch.setattr(triangles, "find_spec", lambda name: None)
    spheres = '<geom name="a" size="0.1"/><geom name="b" size="0.1" pos="1 0 0"/>'
    assert measure({}, spheres, "geom:a", "geom:b")[0] == pytest.approx(0.8)


def test_a_mesh_is_a_hull_or_exact():
    with pytest.raises(ModelError, match=r"Proximity 'gap': mesh: .*'hull' or 'exact'"):
        Proximity(name="gap", a="geom:a", b="geom:b", mesh="true")
