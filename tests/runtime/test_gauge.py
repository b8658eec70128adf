"""Proximity: signed distances against closed forms, and a row's distance belongs to the row's instant."""

import mujoco
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from scipy.optimize import minimize

from mojo.errors import ModelError
from mojo.runtime.gauge import Gauge, check_proximities
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.proximity import Proximity

WORLD = """
<mujoco>
  <asset><mesh name="tetra" vertex="0 0 0 1 0 0 0 1 0 0 0 1"/></asset>
  <worldbody>{}</worldbody>
</mujoco>
"""
FLOOR = '<geom name="floor" type="plane" size="1 1 1" pos="0 0 -1"/>'


def world(body: str) -> tuple[mujoco.MjModel, mujoco.MjData]:
    model = mujoco.MjModel.from_xml_string(WORLD.format(body))
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    return model, data


def measure(body: str, a: str, b: str, **more: float) -> np.ndarray:
    model, data = world(body)
    proximity = Proximity(name="gap", a=a, b=b, **more)
    check_proximities(model, [proximity])
    return Gauge(model, [proximity]).of(data)[0].copy()


def geom(name: str, shape: str, **attributes: str) -> str:
    return f'<geom name="{name}" type="{shape}" ' + " ".join(f'{k}="{v}"' for k, v in attributes.items()) + "/>"


def sphere(name: str, pos: str, radius: float) -> str:
    return geom(name, "sphere", pos=pos, size=str(radius))


def test_two_spheres_are_their_centres_distance_less_their_radii_apart():
    # centres 0.5 m apart along (0.6, 0, 0.8), radii 0.1 and 0.15
    found = measure(sphere("a", "0 0 0", 0.1) + sphere("b", "0.3 0 0.4", 0.15), "geom:a", "geom:b")
    np.testing.assert_allclose(found, [0.25, 0.06, 0, 0.08, 0.3 - 0.09, 0, 0.4 - 0.12], atol=1e-12)


def test_overlap_is_negative_and_the_points_lie_where_each_is_deepest_in_the_other():
    found = measure(sphere("a", "0 0 0", 0.1) + sphere("b", "0.2 0 0", 0.15), "geom:a", "geom:b")
    np.testing.assert_allclose(found, [-0.05, 0.1, 0, 0, 0.05, 0, 0], atol=1e-12)  # 0.2 - 0.1 - 0.15


def test_from_lies_on_a_and_to_on_b():
    bodies = sphere("a", "0 0 0", 0.1) + sphere("b", "0.3 0 0.4", 0.15)
    there, back = measure(bodies, "geom:a", "geom:b"), measure(bodies, "geom:b", "geom:a")
    np.testing.assert_allclose(there, np.r_[back[0], back[4:7], back[1:4]], atol=1e-15)


def test_a_plane_has_no_end():
    found = measure(FLOOR + sphere("a", "40 0 0.5", 0.2), "geom:a", "geom:floor")
    np.testing.assert_allclose(found, [1.3, 40, 0, 0.3, 40, 0, -1], atol=1e-12)  # 0.5 + 1 - 0.2, beyond the 1 m drawn
    assert measure(FLOOR + sphere("a", "0 0 -0.9", 0.2), "geom:a", "geom:floor")[0] == pytest.approx(-0.1)


def test_a_box_that_stands_on_its_edge_reaches_out_by_half_its_diagonal():
    boxes = geom("a", "box", size="0.1 0.2 0.3") + geom("b", "box", size="0.1 0.1 0.1", pos="1 0 0", euler="0 0 45")
    found = measure(boxes, "geom:a", "geom:b")
    assert found[0] == pytest.approx(1 - 0.1 - np.sqrt(0.02), abs=1e-12)
    assert found[[1, 4]] == pytest.approx([0.1, 1 - np.sqrt(0.02)])


def test_a_rotated_capsule_is_a_segment_with_a_radius():
    # its axis: (0, 0, 0.3) turned by 60° about y is ±(0.2598, 0, 0.15); the sphere's centre is nearest to the upper end
    parts = geom("a", "capsule", size="0.05 0.3", euler="0 60 0") + sphere("b", "0.8 0.1 0.5", 0.1)
    end, centre = 0.3 * np.array([np.sin(np.pi / 3), 0, np.cos(np.pi / 3)]), np.array([0.8, 0.1, 0.5])
    gap = np.linalg.norm(centre - end)
    found = measure(parts, "geom:a", "geom:b")
    assert found[0] == pytest.approx(gap - 0.15, abs=1e-12)
    np.testing.assert_allclose(found[1:4], end + 0.05 * (centre - end) / gap, atol=1e-12)


def ellipsoid_gap(radii: np.ndarray, point: np.ndarray) -> float:
    """Return the distance of a point outside an ellipsoid at the origin, by minimising over its surface."""

    def squared(angles: np.ndarray) -> float:
        lat, lon = angles
        on = radii * [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
        return float(((on - point) ** 2).sum())

    options = {"xatol": 1e-10, "fatol": 1e-16}
    return float(np.sqrt(minimize(squared, [0.5, 0.5], method="Nelder-Mead", options=options).fun))


def test_an_ellipsoid_agrees_with_a_search_over_its_surface():
    parts = geom("a", "ellipsoid", size="0.1 0.2 0.3") + sphere("b", "0.4 0.3 0.2", 0.05)
    expected = ellipsoid_gap(np.array([0.1, 0.2, 0.3]), np.array([0.4, 0.3, 0.2])) - 0.05
    assert measure(parts, "geom:a", "geom:b")[0] == pytest.approx(expected, abs=1e-7)


def test_a_mesh_is_measured_as_its_convex_hull():
    # the tetrahedron's slanted face x + y + z = 1 lies (3 - 1)/√3 from (1, 1, 1); MuJoCo keeps vertices as floats
    found = measure(geom("a", "mesh", mesh="tetra") + sphere("b", "1 1 1", 0.1), "geom:a", "geom:b")
    assert found[0] == pytest.approx(2 / np.sqrt(3) - 0.1, abs=1e-6)


def test_a_body_counts_with_all_its_geoms_and_the_nearest_decides():
    bodies = (
        f'<body name="a">{sphere("far", "0 0 0", 0.1)}{sphere("near", "0.5 0 0", 0.1)}'
        f'<body name="child" pos="0.9 0 0">{sphere("childs", "0 0 0", 0.05)}</body></body>'
        f'<body name="b" pos="1 0 0">{sphere("one", "0 0 0", 0.2)}{sphere("two", "1 0 0", 0.3)}</body>'
    )
    np.testing.assert_allclose(measure(bodies, "body:a", "body:b"), [0.2, 0.6, 0, 0, 0.8, 0, 0], atol=1e-12)
    assert measure(bodies, "body:b", "geom:far")[0] == pytest.approx(0.7)  # 1 - 0.2 - 0.1


def test_of_several_overlaps_the_deepest_counts():
    bodies = (
        f'<body name="a">{sphere("shallow", "0 0 0", 0.11)}{sphere("deep", "0.1 0 0", 0.15)}'
        f'{sphere("apart", "-1 0 0", 0.1)}</body><body name="b">{sphere("ball", "0.3 0 0", 0.2)}</body>'
    )
    assert measure(bodies, "body:a", "body:b")[0] == pytest.approx(-0.15)  # 0.2 - 0.15 - 0.2, not 0.3 - 0.11 - 0.2


SITES = '<site name="p" pos="0.3 0 0.4"/><site name="q" pos="0 0 0"/>'


def test_a_site_is_a_point():
    np.testing.assert_allclose(measure(SITES, "site:p", "site:q"), [0.5, 0.3, 0, 0.4, 0, 0, 0], atol=1e-15)
    scene = FLOOR + SITES + geom("box", "box", size="0.1 0.2 0.3")
    np.testing.assert_allclose(measure(scene, "site:p", "geom:floor"), [1.4, 0.3, 0, 0.4, 0.3, 0, -1], atol=1e-12)
    np.testing.assert_allclose(
        measure(scene, "geom:box", "site:p"), [np.sqrt(0.2**2 + 0.1**2), 0.1, 0, 0.3, 0.3, 0, 0.4], atol=1e-12
    )
    np.testing.assert_allclose(measure(scene, "site:q", "geom:box")[0], -0.1, atol=1e-12)  # inside, nearest to x = ±0.1


@pytest.mark.parametrize("order", ["first", "last"])
def test_a_site_is_measured_to_any_shape_wherever_that_stands_in_the_model(order: str):
    shape = geom("egg", "ellipsoid", size="0.1 0.2 0.3")
    scene = SITES + (shape + FLOOR if order == "first" else FLOOR + shape)
    expected = ellipsoid_gap(np.array([0.1, 0.2, 0.3]), np.array([0.3, 0.0, 0.4]))
    assert measure(scene, "site:p", "geom:egg")[0] == pytest.approx(expected, abs=1e-7)
    assert measure(scene, "body:world", "site:p")[0] == pytest.approx(expected, abs=1e-7)  # the floor is farther


def test_beyond_the_maximal_distance_there_is_the_maximum_and_no_points():
    spheres = sphere("a", "0 0 0", 0.1) + sphere("b", "1 0 0", 0.1)
    found = measure(spheres, "geom:a", "geom:b", max_distance=0.5)
    assert found[0] == 0.5
    assert np.isnan(found[1:]).all()
    assert measure(spheres, "geom:a", "geom:b", max_distance=0.9)[0] == pytest.approx(0.8)
    assert measure(SITES, "site:p", "site:q", max_distance=0.4)[0] == 0.4


def test_measuring_leaves_model_and_data_as_they_were():
    scene = FLOOR + SITES + sphere("ball", "0 0 1", 0.1)
    model, data = world(scene)
    untouched, still = world(scene)
    Gauge(model, [Proximity(name="gap", a="site:p", b="geom:floor")]).of(data)
    for name in ("geom_type", "geom_size", "geom_rbound"):
        np.testing.assert_array_equal(getattr(model, name), getattr(untouched, name))
    np.testing.assert_array_equal(data.geom_xpos, still.geom_xpos)


FALL = """
<mujoco>
  <option timestep="0.01" integrator="{}"/>
  <worldbody>
    <geom name="floor" type="plane" size="1 1 1"/>
    <body name="ball" pos="0 0 2"><freejoint name="root"/><geom name="skin" size="0.1"/>
      <site name="pole" pos="0 0 0.1"/></body>
  </worldbody>
</mujoco>
"""
GAPS = [Proximity(name="gap", a="geom:skin", b="geom:floor"), Proximity(name="top", a="site:pole", b="body:world")]


@pytest.mark.parametrize("integrator", ["Euler", "RK4", "implicitfast"])
def test_a_rows_distance_belongs_to_the_rows_instant(tmp_path, integrator):
    model = mujoco.MjModel.from_xml_string(FALL.format(integrator))
    data = mujoco.MjData(model)
    with RuntimeManager(telemetry=tmp_path / "t.parquet", proximities=GAPS) as rm:
        rm.run(model, data, 0.5)
    table = pl.read_parquet(tmp_path / "t.parquet")
    height = table["Joints/root/qpos:z"].to_numpy()
    np.testing.assert_allclose(table["Proximities/gap:distance"], height - 0.1, atol=1e-12)
    np.testing.assert_allclose(table["Proximities/gap/from:z"], height - 0.1, atol=1e-12)
    np.testing.assert_allclose(table["Proximities/top:distance"], height + 0.1, atol=1e-12)
    np.testing.assert_allclose(table["Proximities/top/to:z"], 0.0, atol=1e-12)
    metadata = pq.read_schema(tmp_path / "t.parquet").field("Proximities/gap/from:z").metadata
    assert (metadata[b"unit"], metadata[b"frame"], metadata[b"instant"]) == (b"m", b"world", b"time")


def test_only_what_is_asked_for_is_recorded(tmp_path):
    model = mujoco.MjModel.from_xml_string(FALL.format("Euler"))
    signals = ["Proximities/gap:distance"]
    with RuntimeManager(telemetry=tmp_path / "t.parquet", signals=signals, proximities=GAPS) as rm:
        rm.run(model, mujoco.MjData(model), 0.1)
    assert pl.read_parquet(tmp_path / "t.parquet").columns == ["time", "Proximities/gap:distance"]


HILLS = '<asset><hfield name="h" nrow="2" ncol="2" size="1 1 1 1"/></asset>'


@pytest.mark.parametrize(
    ("scene", "a", "b", "message"),
    [
        (SITES, "site:p", "site:r", r"Proximity 'gap': Site 'r' is not in the model. It has: p, q"),
        (FLOOR, "geom:flor", "body:world", r"Geom 'flor' is not in the model. Did you mean 'floor'"),
        (FLOOR, "body:wrld", "geom:floor", r"Body 'wrld' is not in the model. Did you mean 'world'"),
        (SITES + FLOOR, "geom:floor", "site:p", r"the only geom of a model cannot be measured. Add a second geom"),
        ('<body name="b"/>' + FLOOR, "body:b", "geom:floor", "Body 'b' has no geoms, so it has no distance"),
        (FLOOR, "body:world", "geom:floor", "a and b must have no geom in common"),
        (FLOOR + FLOOR.replace("floor", "roof"), "geom:floor", "geom:roof", "Two planes have no distance"),
    ],
)
def test_what_the_model_does_not_have_or_has_no_distance_is_refused(scene, a, b, message):
    with pytest.raises(ModelError, match=message):
        measure(scene, a, b)


def test_a_height_field_is_refused_because_mujoco_measures_it_wrong():
    hills = geom("hills", "hfield", hfield="h") + sphere("ball", "0 0 5", 0.1)
    model = mujoco.MjModel.from_xml_string(f"<mujoco>{HILLS}<worldbody>{hills}</worldbody></mujoco>")
    with pytest.raises(ModelError, match="Geom 'hills' is a height field, and MuJoCo computes no right distance"):
        check_proximities(model, [Proximity(name="gap", a="body:world", b="geom:ball")])


def test_names_must_differ_and_are_checked_before_the_first_step():
    model, data = world(SITES)
    twice = [Proximity(name="gap", a="site:p", b="site:q")] * 2
    with pytest.raises(ModelError, match="different names, but 2 are called 'gap'"):
        RuntimeManager(proximities=twice).step(model, data)
    with pytest.raises(ModelError, match="Proximity 'gap': Site 'x' is not in the model"):
        RuntimeManager(proximities=[Proximity(name="gap", a="site:p", b="site:x")]).step(model, data)
    assert data.time == 0.0


def test_a_site_is_measured_to_a_geom_as_large_as_a_runtime_has_made_it(tmp_path):
    model, data = world('<site name="eye" pos="0 0 2"/>' + sphere("a", "0 0 0", 0.1) + sphere("b", "9 0 0", 0.1))
    proximities = [Proximity(name="gap", a="geom:a", b="site:eye"), Proximity(name="far", a="geom:b", b="site:eye")]
    with RuntimeManager(tmp_path / "t.parquet", proximities=proximities) as manager:
        for step in range(6):
            if step == 3:
                model.geom_size[0] = model.geom_rbound[0] = 0.5
            manager.step(model, data)
    found = pl.read_parquet(tmp_path / "t.parquet")
    np.testing.assert_allclose(found["Proximities/gap:distance"], [1.9] * 3 + [1.5] * 4, atol=1e-12)
    np.testing.assert_allclose(found["Proximities/far:distance"], [np.hypot(9, 2) - 0.1] * 7, atol=1e-12)
