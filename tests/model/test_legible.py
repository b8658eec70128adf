"""What compiles can be read back, also where MuJoCo's writer and reader do not agree."""

import math
from pathlib import Path

import mujoco
import numpy as np
import pytest

from mojo.errors import ModelError
from mojo.model.legible import turned_inertia
from mojo.model.mjcf import write_model
from tests.model.test_mjcf import differences

INERTIA = {"mass": 1.0, "inertia": [1, 2, 2.5]}
FULL = {"mass": 1.0, "fullinertia": [1, 2, 2.5, 0.1, 0.2, 0.3]}


def spec_of_body(*, geom: bool = True, joint: bool = True, **body) -> mujoco.MjSpec:
    spec = mujoco.MjSpec()
    added = spec.worldbody.add_body(name="b", **body)
    if joint:
        added.add_freejoint(name="f")
    if geom:
        added.add_geom(size=[0.1, 0, 0])
    return spec


def read_back(spec: mujoco.MjSpec, root: Path) -> mujoco.MjModel:
    write_model(spec, root / "trials" / "000000", root / "assets", check=True)
    return mujoco.MjModel.from_xml_path(str(root / "trials" / "000000" / "model.xml"))


@pytest.mark.parametrize(
    "spec",
    [
        spec_of_body(explicitinertial=True, **INERTIA),
        spec_of_body(explicitinertial=True, joint=False, **INERTIA),
        spec_of_body(explicitinertial=True, iquat=[1, 0.1, 0.2, 0.3], **INERTIA),
        spec_of_body(explicitinertial=True, **FULL),
        spec_of_body(explicitinertial=True, ipos=[0.1, 0, 0], **FULL),
        spec_of_body(geom=False, **INERTIA),
        spec_of_body(geom=False, joint=False, **INERTIA),
        spec_of_body(geom=False, **FULL),
        spec_of_body(mocap=True, joint=False, **INERTIA),
        spec_of_body(**INERTIA),  # the geom's inertia wins
    ],
)
def test_inertia_without_a_centre_of_mass_is_what_mujoco_compiles(spec, tmp_path):
    assert differences(spec.compile(), read_back(spec, tmp_path)) == []


def test_inertia_turned_by_angles_without_a_centre_is_what_mujoco_compiles(tmp_path):
    spec = spec_of_body(explicitinertial=True, **INERTIA)
    angles = spec.body("b").ialt
    angles.type, angles.euler = mujoco.mjtOrientation.mjORIENTATION_EULER, [0.1, 0.2, 0.3]
    assert differences(spec.compile(), read_back(spec, tmp_path)) == []
    assert (angles.type, angles.euler.tolist()) == (mujoco.mjtOrientation.mjORIENTATION_EULER, [0.1, 0.2, 0.3])
    assert "no ipos" in turned_inertia(spec)


def test_inertia_beside_geoms_without_mass_is_kept(tmp_path):
    spec = spec_of_body(geom=False, **INERTIA)
    spec.body("b").add_geom(size=[0.1, 0, 0], mass=0)
    model = read_back(spec, tmp_path)
    assert (model.body("b").mass[0], model.body("b").inertia.tolist()) == (1.0, [1.0, 2.0, 2.5])
    assert differences(spec.compile(), model) == []


def test_inertia_of_an_attached_body_without_a_centre_is_kept(tmp_path):
    parent = mujoco.MjSpec()
    parent.attach(spec_of_body(explicitinertial=True, **INERTIA), prefix="c_", frame=parent.worldbody.add_frame())
    assert differences(parent.compile(), read_back(parent, tmp_path)) == []


def test_writing_leaves_the_body_without_a_centre(tmp_path):
    spec = spec_of_body(explicitinertial=True, **FULL)
    read_back(spec, tmp_path)
    body = spec.body("b")
    assert math.isnan(body.ipos[0])
    assert body.fullinertia.tolist() == FULL["fullinertia"]
    assert (body.inertia.tolist(), body.iquat.tolist()) == ([0, 0, 0], [1, 0, 0, 0])


def test_products_of_inertia_that_mujoco_forgets_are_told():
    # Principal moments along the body's axes, instead of the tensor that was given.
    spec = spec_of_body(explicitinertial=True, **FULL)
    assert spec.compile().body("b").iquat.tolist() == [1, 0, 0, 0]
    assert turned_inertia(spec).startswith("Body 'b' has an inertia about axes of its own")
    spec.body("b").ipos = [0, 0, 0]
    assert turned_inertia(spec) == ""
    model = spec.compile()
    rotation = np.empty(9)
    mujoco.mju_quat2Mat(rotation, model.body("b").iquat)
    axes = rotation.reshape(3, 3)
    xx, yy, zz, xy, xz, yz = FULL["fullinertia"]
    tensor = axes @ np.diag(model.body("b").inertia) @ axes.T
    np.testing.assert_allclose(tensor, [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]], atol=1e-12)


@pytest.mark.parametrize("old", ["njmax='100'", "nstack='1000'", "njmax='100' nconmax='50' nstack='1000'"])
def test_memory_wins_over_the_sizes_that_it_replaced(old, tmp_path):
    text = f"<mujoco><size {old}/><size memory='1M'/><worldbody><body><freejoint/><geom size='.1'/></body></worldbody>"
    spec = mujoco.MjSpec.from_string(f"{text}</mujoco>")
    sizes = spec.njmax, spec.nstack
    model = read_back(spec, tmp_path)
    assert model.narena == spec.compile().narena == 1 << 20
    assert differences(spec.compile(), model) in ([], [".njmax"])  # a size that nothing reads
    assert (spec.njmax, spec.nstack) == sizes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda spec: setattr(spec.worldbody, "gravcomp", 1.0), r"body_gravcomp\[0\], of 'world', would be 0.0"),
        (lambda spec: setattr(spec.body("b"), "name", "a\rb"), r"the name 'a\\rb' would be 'a\\nb'"),
        (lambda spec: setattr(spec.worldbody, "userdata", [1.0]), r"body_user would be of shape \(2, 0\) instead of"),
    ],
)  # fmt: skip
def test_what_mjcf_has_no_place_for_is_told_when_it_is_looked_at(change, message, tmp_path):
    spec = spec_of_body()
    change(spec)
    with pytest.raises(ModelError, match=f"MJCF text cannot hold this model: {message}.*leave it out"):
        read_back(spec, tmp_path)


def test_what_mujoco_takes_no_notice_of_is_no_difference(tmp_path):
    spec = mujoco.MjSpec.from_string(
        "<mujoco><worldbody><body name='b'><joint name='j' limited='false'/><geom size='.1'/></body></worldbody>"
        "<equality><connect body1='b' anchor='0 0 0'/></equality></mujoco>"
    )
    spec.joint("j").range = [1.0, 1.0]  # of a joint without limits
    spec.equalities[0].data[8] = 3.0  # a connect has six
    spec.worldbody.add_camera(intrinsic=[0.1, 0.1, 0, 0])
    read_back(spec, tmp_path)


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (lambda spec: setattr(spec.body("b"), "childclass", "nix"), "childclass=\"nix\""),
        (lambda spec: setattr(spec.body("b"), "quat", [0, 0, 0, 0]), "quat=\"0 0 0 0\""),
    ],
)  # fmt: skip
def test_text_that_cannot_be_read_back_is_told_with_its_line(change, shown, tmp_path):
    spec = spec_of_body()
    change(spec)
    with pytest.raises(ModelError, match=f"model.xml cannot be read back: XML Error.*Line \\d+: <body.*{shown}"):
        read_back(spec, tmp_path)
