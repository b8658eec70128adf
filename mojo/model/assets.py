"""The files of a model - meshes, textures, height fields, skins - bundled once under their content's hash."""

import errno
import hashlib
import os
import posixpath
import re
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import mujoco

from mojo import files
from mojo.errors import ModelError

# Tag in MJCF: the spec's list of such elements, and the prefix of the compiled model's arrays.
_KINDS = {
    "mesh": ("meshes", "mesh"),
    "texture": ("textures", "tex"),
    "hfield": ("hfields", "hfield"),
    "skin": ("skins", "skin"),
}
_CUBE_FACES = ("fileright", "fileleft", "fileup", "filedown", "filefront", "fileback")
_ARCHIVES = (".mjz", ".zip")
_FOLDER_SETTINGS = ("meshdir", "texturedir", "assetdir", "strippath")

# Comments and character data may hold what looks like a tag; in attributes MuJoCo's writer escapes ">".
_TAG = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<(compiler|mesh|texture|hfield|skin)\b[^>]*>", re.DOTALL)
_ATTRIBUTE = re.compile(r'\s([\w:.-]+)="[^"]*"')

_HASH_DIGITS = 20
# File clocks tick in milliseconds: a file younger than this may change again under the same time stamp.
_SETTLED_NS = 2_000_000_000
_bundled_names: dict[tuple[str, int, int], str] = {}


def bundle_assets(
    spec: mujoco.MjSpec, model: mujoco.MjModel, text: str, assets_folder: Path, trial_folder: Path
) -> str:
    """Copy the files of a model to the assets folder, and return its MJCF with paths to the copies.

    A copy is called <first 20 hex digits of the content's SHA-256>.<the file's extension>, is written whole or
    not at all, and is left alone where it exists. Paths are relative to the trial folder, so results can be moved.

    Args:
        spec: The spec that `text` was saved from.
        model: What `spec.compile()` returned last: it knows where MuJoCo found each file.
        text: MJCF as `spec.to_xml()` returned it.
        assets_folder: Folder of the copies.
        trial_folder: Folder that the text will be loaded from.

    Returns:
        The text; the same object where the model has no files.

    Raises:
        ModelError: A file cannot be read.
    """
    if " file" not in text:
        return text
    relative = Path(os.path.relpath(assets_folder, trial_folder)).as_posix()
    sources = {tag: _sources(spec, model, tag) for tag in _KINDS}

    def bundled(match: re.Match[str]) -> str:
        tag, written = match[1], match[0]
        attributes = _ATTRIBUTE.findall(written) if tag else []
        if tag == "compiler":
            return _replace(written, dict.fromkeys(_FOLDER_SETTINGS, ""))
        if not any(attribute.startswith("file") for attribute in attributes):
            return written
        element, found = next(sources[tag])
        copies = {}
        for attribute, (path, content) in found.items():
            name = _store(path, content, assets_folder, f"{tag.capitalize()} '{element}'")
            copies[attribute] = f' {attribute}="{relative}/{name}"'
        return _replace(written, copies)

    return _TAG.sub(bundled, text)


def missing_file(spec: mujoco.MjSpec, opened: str) -> str:
    """Return the message for a file that MuJoCo could not open: element, file, and the folders looked in.

    Args:
        spec: The spec that was compiled.
        opened: The path in MuJoCo's message: the file after its own model's meshdir or texturedir.
    """
    for tag, (elements, _) in _KINDS.items():
        for element in getattr(spec, elements):
            folder = element.compiler.texturedir if tag == "texture" else element.compiler.meshdir
            for file in _files(element).values():
                if posixpath.normpath(opened) not in _spellings(folder, file):
                    continue
                label = f"{tag.capitalize()} '{element.name}'"
                if Path(file).is_absolute():
                    return f"{label} needs the file '{file}', which does not exist. Mend the file of the model."
                own = element.compiler is spec.compiler
                home = spec.modelfiledir or f"{Path.cwd()} (the current folder: the model was given as text)"
                place = str(Path(home, folder)) if own else f"'{folder}' beside the file of the attached model"
                memory = f" It has in memory: {', '.join(spec.assets)}." if spec.assets else ""
                return (
                    f"{label} needs the file '{file}', which is not in {place}.{memory}"
                    " Put it there, or mend the file, meshdir or texturedir of the model."
                )
    return f"MuJoCo cannot open '{opened}'."


def _spellings(folder: str, file: str) -> set[str]:
    """Return the paths by which MuJoCo may name a file in its message, with and without strippath."""
    return {posixpath.normpath(posixpath.join(folder, name)) for name in (file, posixpath.basename(file))}


def _files(element: Any) -> dict[str, str]:
    """Return the files of an element by the MJCF attribute that names them."""
    named = {"file": element.file, **dict(zip(_CUBE_FACES, getattr(element, "cubefiles", ()), strict=False))}
    return {attribute: file for attribute, file in named.items() if file}


def _sources(spec: mujoco.MjSpec, model: mujoco.MjModel, tag: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of each element with files, in the order of the text, and path and content of each file.

    The content is None where the file is on disk.
    """
    elements, prefix = _KINDS[tag]
    for element in getattr(spec, elements):
        named = _files(element)
        # Only the compiled model knows the folder of an attached child, and of its children: the spec keeps the
        # bare file name and the child's meshdir, but not the folder of the child's own file.
        paths = {"file": _path(model, prefix, element.id)} if "file" in named else {}
        paths |= _cube_paths(spec, element, {face: file for face, file in named.items() if face != "file"})
        if paths:
            yield element.name, {attribute: (path, _in_memory(spec.assets, path)) for attribute, path in paths.items()}


def _path(model: mujoco.MjModel, prefix: str, element_id: int) -> str:
    """Return the path by which MuJoCo opened the file of a compiled element."""
    start = int(getattr(model, f"{prefix}_pathadr")[element_id])
    return model.paths[start : model.paths.index(0, start)].decode()


def _cube_paths(spec: mujoco.MjSpec, texture: Any, faces: Mapping[str, str]) -> dict[str, str]:
    """Return the paths of a cube map's separate faces, which the compiled model does not keep."""
    if not faces:
        return {}
    if texture.compiler is spec.compiler:  # not of an attached child
        folder = Path(spec.modelfiledir, texture.compiler.texturedir)
        return {face: str(folder / (Path(file).name if spec.strippath else file)) for face, file in faces.items()}
    # A child's folder shows only in compiled paths, and those are kept of single files: so each face in turn.
    given = list(texture.cubefiles)
    paths = {}
    try:
        texture.cubefiles = [""] * len(given)
        for face, file in faces.items():
            texture.file = file
            paths[face] = _path(spec.compile(), "tex", texture.id)
    finally:
        texture.file = ""
        texture.cubefiles = given
    return paths


def _in_memory(assets: Mapping[str, str | bytes], path: str) -> bytes | None:
    """Return the content that MuJoCo finds for `path` among the spec's assets in memory, which win over the disk.

    MuJoCo 3.17 looks for the whole path, then for the base name alone, where the asset added last wins; case counts
    in neither.
    """
    wanted = posixpath.normpath(path).lower()
    by_name = None
    for key, content in assets.items():
        known = posixpath.normpath(key.replace("\\", "/")).lower()
        if known == wanted:
            return _as_bytes(content)
        if posixpath.basename(known) == posixpath.basename(wanted):
            by_name = content
    return None if by_name is None else _as_bytes(by_name)


def _as_bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else bytes(content)


def _replace(written: str, attributes: Mapping[str, str]) -> str:
    """Return a tag with some attributes, and the space before them, replaced."""
    return _ATTRIBUTE.sub(lambda match: attributes.get(match[1], match[0]), written)


def _holder(path: str) -> tuple[Path, str]:
    """Return the file on disk that holds what MuJoCo found at `path`, and the name in it if it is an archive."""
    for parent in Path(path).parents:
        if parent.suffix.lower() in _ARCHIVES and parent.is_file():
            return parent, posixpath.normpath(Path(path).relative_to(parent).as_posix())
    return Path(path), ""


def _read(holder: Path, member: str) -> bytes:
    if not member:
        return holder.read_bytes()
    with zipfile.ZipFile(holder) as archive:
        known = {posixpath.normpath(name).lower(): name for name in archive.namelist()}
        if member.lower() not in known:
            raise FileNotFoundError(errno.ENOENT, f"the archive has no '{member}'")
        return archive.read(known[member.lower()])


def _store(path: str, content: bytes | None, folder: Path, owner: str) -> str:
    """Copy one file to `folder`, unless it is there, and return the name of the copy."""
    key = None
    try:
        if content is None:
            holder, member = _holder(path)
            status = holder.stat()
            if time.time_ns() - status.st_mtime_ns > _SETTLED_NS:
                key = (str(Path(path).absolute()), status.st_mtime_ns, status.st_size)
            name = _bundled_names.get(key, "") if key else ""
            if name and (folder / name).exists():
                return name
            content = _read(holder, member)
    except OSError as error:
        raise ModelError(f"{owner} needs the file '{path}', which cannot be read: {error.strerror}.") from error
    name = hashlib.sha256(content).hexdigest()[:_HASH_DIGITS] + Path(path).suffix
    if key:
        _bundled_names[key] = name
    if not (folder / name).exists():
        files.write_bytes(folder / name, content)
    return name
