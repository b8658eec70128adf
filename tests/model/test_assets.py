"""Bundled files: a trial's model.xml loads by itself, from anywhere, whatever the model's folders were."""

import hashlib
import os
import shutil
import struct
import zipfile
import zlib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import mujoco
import numpy as np
import pytest

from mojo.errors import ModelError
from mojo.model import assets
from mojo.model.mjcf import as_spec, compile_spec, write_model


def tetrahedron_obj(size: float) -> str:
    corners = f"v 0 0 0\nv {size} 0 0\nv 0 {size} 0\nv 0 0 {size}\n"
    return "mtllib absent.mtl\n" + corners + "f 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"


def tetrahedron_stl(size: float) -> bytes:
    corners = np.vstack([np.zeros(3), size * np.eye(3)])
    faces = [corners[list(face)] for face in ((0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3))]
    return bytes(80) + struct.pack("<I", 4) + b"".join(struct.pack("<12fH", 0, 0, 0, *f.ravel(), 0) for f in faces)


def png(shade: int, side: int = 4) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes([shade] * side * 3)) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def skin() -> bytes:
    """Return a .skn file: three vertices, one triangle, one bone, the body 'b'."""
    sizes, vertices = struct.pack("4i", 3, 0, 1, 1), struct.pack("9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
    bone = b"b".ljust(40, b"\0") + struct.pack("7fi3i3f", 0, 0, 0, 1, 0, 0, 0, 3, 0, 1, 2, 1, 1, 1)
    return sizes + vertices + struct.pack("3i", 0, 1, 2) + bone


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def mesh_model(file: str, compiler: str = "", extra: str = "", body: str = "") -> str:
    return (
        f'<mujoco><compiler {compiler}/><asset><mesh name="m" file="{file}"/>{extra}</asset>'
        f'<worldbody><body name="b"><geom type="mesh" mesh="m"/>{body}</body></worldbody></mujoco>'
    )


def mesh_sizes(model: mujoco.MjModel) -> list[float]:
    """Return the edge length of each mesh of a model, all of them tetrahedra."""
    spans = []
    for start, count in zip(model.mesh_vertadr, model.mesh_vertnum, strict=True):
        vertices = model.mesh_vert[start : start + count]
        edges = np.linalg.norm(vertices[:, None] - vertices, axis=-1)
        spans.append(round(float(edges.max() / 2**0.5), 4))  # longest edge of the corner tetrahedron: √2 · size
    return spans


class Results:
    """A study's results folder in a test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.assets = root / "assets"

    def write(self, spec: mujoco.MjSpec, trial: int = 0) -> mujoco.MjModel:
        return write_model(spec, self.root / "trials" / f"{trial:06d}", self.assets)[1]

    def load(self, trial: int = 0) -> mujoco.MjModel:
        return mujoco.MjModel.from_xml_path(str(self.root / "trials" / f"{trial:06d}" / "model.xml"))

    def names(self) -> list[str]:
        return sorted(path.name for path in self.assets.iterdir())


@pytest.fixture
def results(tmp_path) -> Results:
    return Results(tmp_path / "results" / "study")


@pytest.fixture
def source(tmp_path) -> Path:
    """Return the folder of the user's model, which the tests remove before they load."""
    return tmp_path / "source"


def name_of(content: str | bytes, suffix: str) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()[:20] + suffix


def archive(path: Path) -> Path:
    """Write a model archive with meshes in folders, one of them in an included file, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(
            "robot.xml",
            '<mujoco><compiler meshdir="meshes"/><include file="part.xml"/><asset><mesh name="a" file="A.obj"/></asset>'
            '<worldbody><geom type="mesh" mesh="a"/></worldbody></mujoco>',
        )
        made.writestr("part.xml", '<mujoco><asset><mesh name="b" file="more/b.obj"/></asset></mujoco>')
        made.writestr("meshes/A.obj", tetrahedron_obj(1))
        made.writestr("meshes/more/b.obj", tetrahedron_obj(2))
    return path


@pytest.mark.parametrize("attached", [False, True])
def test_files_in_a_model_archive_are_bundled(results, source, attached):
    spec = as_spec(archive(source / "robot.mjz"))
    if attached:
        parent = mujoco.MjSpec()
        parent.attach(spec, prefix="c_", frame=parent.worldbody.add_frame())
        spec = parent
    model = results.write(spec)
    assert sorted(mesh_sizes(model)) == [1, 2]
    assert results.names() == sorted(name_of(tetrahedron_obj(size), ".obj") for size in (1, 2))
    shutil.rmtree(source)
    assert sorted(mesh_sizes(results.load())) == [1, 2]


def test_file_is_copied_under_its_hash_and_loads_after_the_results_moved(results, source, tmp_path, monkeypatch):
    write(source / "meshes" / "a.obj", tetrahedron_obj(2))
    write(source / "m.xml", mesh_model("a.obj", 'meshdir="meshes"'))
    model = results.write(mujoco.MjSpec.from_file(str(source / "m.xml")))
    assert results.names() == [name_of(tetrahedron_obj(2), ".obj")]
    shutil.rmtree(source)
    moved = tmp_path / "moved"
    results.root.rename(moved)
    monkeypatch.chdir(tmp_path / "results")
    loaded = mujoco.MjModel.from_xml_path(os.path.relpath(moved / "trials" / "000000" / "model.xml"))
    assert mesh_sizes(loaded) == mesh_sizes(model) == [2.0]


@pytest.mark.parametrize(
    ("compiler", "file", "place"),
    [
        ("", "a.stl", "a.stl"),
        ('meshdir="deep/er"', "and/deeper/a.stl", "deep/er/and/deeper/a.stl"),
        ('assetdir="all"', "a.stl", "all/a.stl"),
        ('meshdir="../beside"', "../up/a.stl", "../up/a.stl"),
        ('meshdir="{source}/absolute"', "a.stl", "absolute/a.stl"),
        ('meshdir="unused"', "{source}/a.stl", "a.stl"),
        ('meshdir="flat" strippath="true"', "C:/somebody/else/a.stl", "flat/a.stl"),
        ("", "A & B.STL", "A & B.STL"),
    ],
)
def test_every_way_to_name_a_folder_is_followed(results, source, compiler, file, place):
    write(source / place, tetrahedron_stl(3))
    text = mesh_model(file.replace("&", "&amp;"), compiler).replace("{source}", str(source))
    results.write(mujoco.MjSpec.from_file(str(write(source / "m.xml", text))))
    shutil.rmtree(source)
    assert mesh_sizes(results.load()) == [3.0]


def test_model_given_as_text_has_its_files_in_the_current_folder(results, source, monkeypatch):
    write(source / "meshes" / "a.obj", tetrahedron_obj(2))
    monkeypatch.chdir(source)
    results.write(mujoco.MjSpec.from_string(mesh_model("a.obj", 'meshdir="meshes"')))
    assert mesh_sizes(results.load()) == [2.0]


def test_included_file_in_another_folder_brings_its_assets(results, source):
    write(source / "meshes" / "a.obj", tetrahedron_obj(2))
    write(source / "parts" / "part.xml", mesh_model("a.obj"))
    path = write(source / "m.xml", '<mujoco><compiler meshdir="meshes"/><include file="parts/part.xml"/></mujoco>')
    results.write(mujoco.MjSpec.from_file(str(path)))
    shutil.rmtree(source)
    assert mesh_sizes(results.load()) == [2.0]


def family(source: Path) -> Path:
    """Write a parent, child and grandchild, each with its own a.obj in a folder of its own."""
    for folder, size in (("parent/meshes", 1), ("child/shapes", 2), ("grandchild/forms/sub", 3)):
        write(source / folder / "a.obj", tetrahedron_obj(size))
    write(source / "child" / "images" / "t.png", png(100))
    write(source / "grandchild" / "g.xml", mesh_model("sub/a.obj", 'meshdir="forms"'))
    attached = '<attach model="grandchild" body="b" prefix="grand_"/>'
    extra = '<texture name="t" type="2d" file="t.png"/><model name="grandchild" file="../grandchild/g.xml"/>'
    folders = 'meshdir="shapes" texturedir="images"'
    write(source / "child" / "c.xml", mesh_model("a.obj", folders, extra, attached))
    attached, extra = (text.replace("grandchild/g", "child/c") for text in (attached, extra.split("/>", 1)[1]))
    parent = mesh_model("a.obj", 'meshdir="meshes"', extra, attached.replace("grand_", "child_"))
    return write(source / "parent" / "p.xml", parent.replace('"grandchild"', '"child"'))


def test_attached_files_at_any_depth_keep_their_own_folders(results, source):
    results.write(mujoco.MjSpec.from_file(str(family(source))))
    shutil.rmtree(source)
    model = results.load()
    assert mesh_sizes(model) == [1.0, 2.0, 3.0]
    assert model.tex_data.max() == 100
    assert len(results.names()) == 4


def test_copy_of_a_spec_keeps_the_folders_of_its_attached_models(results, source):
    results.write(mujoco.MjSpec.from_file(str(family(source))).copy())
    shutil.rmtree(source)
    assert mesh_sizes(results.load()) == [1.0, 2.0, 3.0]


def test_specs_attached_in_python_keep_their_own_folders(results, source):
    family(source)
    parent = mujoco.MjSpec.from_string(mesh_model("a.obj", 'meshdir="meshes"'))
    parent.modelfiledir = str(source / "parent")
    child = mujoco.MjSpec.from_file(str(source / "child" / "c.xml"))
    parent.attach(child, prefix="child_", frame=parent.worldbody.add_frame())
    results.write(parent)
    shutil.rmtree(source)
    assert mesh_sizes(results.load()) == [1.0, 2.0, 3.0]


CUBE = "".join(f' {face}="{face[4:]}.png"' for face in assets._CUBE_FACES)


def cube_model(source: Path) -> Path:
    for number, face in enumerate(assets._CUBE_FACES):
        write(source / "sky" / f"{face[4:]}.png", png(10 * (number + 1)))
    text = (
        f'<mujoco><compiler texturedir="sky"/><asset><texture name="faces" type="cube"{CUBE}/>'
        '<texture name="grid" type="cube" file="up.png" gridsize="1 1" gridlayout="."/>'
        '<texture name="plain" type="2d" builtin="flat" width="2" height="2"/></asset>'
        "<worldbody><body name='b'><geom size='1'/></body></worldbody></mujoco>"
    )
    return write(source / "cube.xml", text)


@pytest.mark.parametrize("attached", [False, True])
def test_cube_maps_keep_each_face(results, source, attached):
    spec = mujoco.MjSpec.from_file(str(cube_model(source)))
    expected = spec.compile().tex_data.copy()
    if attached:
        parent = mujoco.MjSpec()
        parent.attach(spec, prefix="c_", frame=parent.worldbody.add_frame())
        spec = parent
    faces = list(spec.textures[0].cubefiles)
    results.write(spec)
    assert list(spec.textures[0].cubefiles) == faces
    shutil.rmtree(source)
    np.testing.assert_array_equal(results.load().tex_data, expected)
    assert len(results.names()) == 6


def test_height_fields_and_skins_are_bundled(results, source):
    heights = np.linspace(0, 1, 6, dtype=np.float32)
    write(source / "h.bin", struct.pack("ii", 2, 3) + heights.tobytes())
    write(source / "h.png", png(200))
    write(source / "s.skn", skin())
    text = (
        '<mujoco><asset><hfield name="h" file="h.bin" size="1 1 1 .1"/><hfield name="p" file="h.png" size="1 1 1 .1"/>'
        '</asset><worldbody><body name="b"><geom size="1"/></body></worldbody>'
        '<deformable><skin name="s" file="s.skn"/></deformable></mujoco>'
    )
    results.write(mujoco.MjSpec.from_file(str(write(source / "m.xml", text))))
    shutil.rmtree(source)
    model = results.load()
    np.testing.assert_array_equal(model.hfield_data[:6], heights)
    assert (model.nskin, model.nskinvert) == (1, 3)
    assert sorted(Path(name).suffix for name in results.names()) == [".bin", ".png", ".skn"]


@pytest.mark.parametrize("key", ["a.obj", "meshes/a.obj", "elsewhere/A.obj"])
def test_assets_in_memory_become_files(results, key):
    text = mesh_model("a.obj", 'meshdir="meshes"')
    results.write(mujoco.MjSpec.from_string(text, assets={key: tetrahedron_obj(2)}))
    assert mesh_sizes(results.load()) == [2.0]


def test_whole_path_wins_over_base_name_in_memory(results):
    memory = {"meshes/x/a.obj": tetrahedron_obj(1), "meshes/y/a.obj": tetrahedron_obj(2)}
    model = results.write(mujoco.MjSpec.from_string(mesh_model("x/a.obj", 'meshdir="meshes"'), assets=memory))
    assert mesh_sizes(model) == [1.0]


def test_assets_in_memory_of_an_attached_spec_become_files(results):
    parent = mujoco.MjSpec.from_string(mesh_model("a.obj"), assets={"a.obj": tetrahedron_obj(1)})
    child = mujoco.MjSpec.from_string(mesh_model("a.obj"), assets={"a.obj": tetrahedron_obj(2)})
    parent.attach(child, prefix="c_", frame=parent.worldbody.add_frame())
    results.write(parent)
    assert mesh_sizes(results.load()) == [1.0, 2.0]


def test_spec_from_a_zip_is_bundled(results, tmp_path):
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr("m.xml", mesh_model("a.obj", 'meshdir="meshes"', '<mesh name="n" file="sub/a.obj"/>'))
        archive.writestr("meshes/a.obj", tetrahedron_obj(1))
        archive.writestr("meshes/sub/a.obj", tetrahedron_obj(2))
    results.write(mujoco.MjSpec.from_zip(str(tmp_path / "m.zip")))
    assert mesh_sizes(results.load()) == [1.0, 2.0]


def test_file_that_changes_from_trial_to_trial_is_never_stale(results, source):
    # MuJoCo's cache knows a file by its path and whole second: compiled at once, it would see the first one thrice.
    path = write(source / "m.xml", mesh_model("a.obj"))
    sizes = []
    for trial in range(3):
        write(source / "a.obj", tetrahedron_obj(trial + 1))
        sizes += mesh_sizes(results.write(mujoco.MjSpec.from_file(str(path)), trial))
    assert sizes == [1.0, 2.0, 3.0]
    memory = [{"a.obj": tetrahedron_obj(size)} for size in (4, 5)]
    specs = [mujoco.MjSpec.from_string(mesh_model("a.obj"), assets=each) for each in memory]
    assert [mesh_sizes(results.write(spec))[0] for spec in specs] == [4.0, 5.0]


def test_unchanged_file_is_read_once_and_copied_once(results, source, monkeypatch):
    path = write(source / "a.obj", tetrahedron_obj(1))
    os.utime(path, (1e9, 1e9))
    spec = mujoco.MjSpec.from_file(str(write(source / "m.xml", mesh_model("a.obj"))))
    hashed = []
    sha256 = hashlib.sha256
    monkeypatch.setattr(assets.hashlib, "sha256", lambda content: hashed.append(len(content)) or sha256(content))
    copied = []
    for trial in range(4):
        results.write(spec, trial)
        copied += [copy.stat().st_mtime_ns for copy in results.assets.iterdir()]
    assert hashed.count(path.stat().st_size) == 1
    assert copied == [copied[0]] * 4


def write_trials(root: Path, source: Path, first: int) -> None:
    for trial in range(first, first + 10):
        Results(root).write(mujoco.MjSpec.from_file(str(source / "m.xml")), trial)


def test_workers_that_bundle_the_same_file_at_once_leave_one_whole_copy(results, source):
    write(source / "a.obj", tetrahedron_obj(1))
    write(source / "m.xml", mesh_model("a.obj"))
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        for job in [pool.submit(write_trials, results.root, source, first) for first in (0, 10)]:
            job.result()
    assert results.names() == [name_of(tetrahedron_obj(1), ".obj")]
    assert all(mesh_sizes(results.load(trial)) == [1.0] for trial in range(20))


def test_text_that_only_looks_like_a_file_is_left_alone(results, source):
    write(source / "a.obj", tetrahedron_obj(1))
    spec = mujoco.MjSpec.from_file(str(write(source / "m.xml", mesh_model("a.obj"))))
    spec.comment = '<mesh name="old" file="gone.obj"/>'
    spec.add_text(name="note", data='line\n<texture name="t" file="none.png">')
    results.write(spec)
    text = (results.root / "trials" / "000000" / "model.xml").read_text()
    assert 'file="gone.obj"' in text
    assert results.load().text_data.startswith(b'line\n<texture name="t" file="none.png">')


def test_missing_file_names_element_file_and_folder(results, source):
    path = write(source / "m.xml", mesh_model("a.obj", 'meshdir="meshes"'))
    with pytest.raises(ModelError) as caught:
        results.write(mujoco.MjSpec.from_file(str(path)))
    assert str(caught.value) == (
        f"Mesh 'm' needs the file 'a.obj', which is not in {source / 'meshes'}."
        " Put it there, or mend the file, meshdir or texturedir of the model."
    )


def test_missing_file_of_an_attached_model_names_its_folder(results, source):
    path = family(source)
    (source / "child" / "images" / "t.png").unlink()
    with pytest.raises(ModelError, match=r"Texture 'child_t' needs the file 't.png', which is not in 'images' beside"):
        results.write(mujoco.MjSpec.from_file(str(path)))


def test_missing_file_with_a_whole_path_is_not_looked_for_elsewhere():
    with pytest.raises(ModelError, match=r"Mesh 'm' needs the file '/nowhere/a.obj', which does not exist\. Mend"):
        compile_spec(mujoco.MjSpec.from_string(mesh_model("/nowhere/a.obj")))


def test_missing_file_in_memory_says_what_memory_has(results):
    spec = mujoco.MjSpec.from_string(mesh_model("a.obj"), assets={"b.obj": tetrahedron_obj(1)})
    with pytest.raises(ModelError, match=r"needs the file 'a.obj', which is not in .*\. It has in memory: b.obj\."):
        results.write(spec)
