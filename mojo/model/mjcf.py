"""Exact MJCF text: what the generator made, written so that loading it gives the same model to the last bit."""

import ctypes
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mujoco
import numpy as np

from mojo import files
from mojo.errors import ModelError, nearest
from mojo.layout import TrialLayout
from mojo.model.assets import bundle_assets, missing_file
from mojo.model.legible import legible
from mojo.model.sameness import check_same
from mojo.model.signs import marked_zeros

_HASH_DIGITS = 16
_CANNOT_OPEN = re.compile(r"Error opening file '(.*)'")
_LINE = re.compile(r"\bline (\d+)")
_BLANK = "\ufeff \t\r\n"  # what may stand before MJCF, a byte order mark among it
_SUFFIXES = (".xml", ".mjcf", ".urdf", ".mjz")
_LONGEST_NAME = 255  # bytes that a file's name may have, on any system
_MOST_NAMES = 12
_MOST_SHOWN = 60  # characters of what is neither a path nor MJCF
# What MuJoCo says that it cannot write, and what to do.
_INSTEAD = {
    "buffer textures": "Give the texture a `file`, on disk or in `spec.assets`, instead of `data`.",
    "Neo-Hookean": "Leave the flex's `elastic3d` at 0.",
}
# What a compiler setting of an attached model changes, if the saved text loses it.
_INFERRED = ("body_mass", "body_inertia", "body_pos", "body_ipos")


def as_spec(value: object) -> mujoco.MjSpec:
    """Return the spec of what a generator may hand over.

    Args:
        value: An MjSpec, MJCF text (it starts with "<"), or a path, relative to the current folder, to MJCF, URDF or a
            model archive (.mjz).

    Raises:
        ModelError: It is none of these, the file does not exist, or MuJoCo cannot parse it.
    """
    if isinstance(value, mujoco.MjSpec):
        return value
    if not isinstance(value, str | Path):
        hints = {"NoneType": " (is a `return` missing?)", "MjModel": " (which is compiled: return its spec)"}
        kind = "None" if value is None else f"a {type(value).__name__}"
        raise ModelError(
            f"generate must return the MojoModel, a mujoco.MjSpec, MJCF text or a path, but returned {kind}"
            f"{hints.get(type(value).__name__, '')}"
        )
    if isinstance(value, str) and value.lstrip(_BLANK).startswith("<"):
        try:
            return mujoco.MjSpec.from_string(value)
        except ValueError as error:
            raise ModelError(f"The MJCF text cannot be parsed: {_message(error)}") from error
    _check_file(value)
    try:
        return mujoco.MjSpec.from_file(str(value))
    except ValueError as error:
        hint = ". MuJoCo reads .xml, .urdf and .mjz, an archive of a model" if "decoder" in str(error) else ""
        raise ModelError(f"The model file '{value}' cannot be parsed: {_message(error)}{hint}") from error


def _check_file(value: str | Path) -> None:
    """Check that a path leads to a file.

    Raises:
        ModelError: It does not; with what it is instead.
    """
    path, text = Path(value), str(value)
    if not text.strip() or set(text) & set("<>\n") or len(path.name.encode()) > _LONGEST_NAME:
        shown = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."
        raise ModelError(f"A model must be MJCF text, which starts with '<', or a path, but is {shown!r}.")
    if path.is_dir():
        raise ModelError(f"The model '{value}' is a folder: name a file in it.{_models_in(path)}")
    if not path.is_file():
        others = [str(path.with_name(other.name)) for other in path.parent.iterdir()] if path.parent.is_dir() else []
        raise ModelError(
            f"The model file '{value}' does not exist; it was looked for from {Path.cwd()}.{nearest(text, others)}"
        )


def _models_in(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir() if path.suffix in _SUFFIXES)
    return f" It has: {', '.join(names[:_MOST_NAMES])}." if names else ""


def compile_spec(spec: mujoco.MjSpec) -> mujoco.MjModel:
    """Return the compiled model of `spec`.

    Raises:
        ModelError: MuJoCo refuses it; the message is MuJoCo's, or names the file that is missing.
    """
    try:
        return spec.compile()
    except ValueError as error:
        if unopened := _CANNOT_OPEN.search(str(error)):
            raise ModelError(missing_file(spec, unopened[1])) from error
        raise ModelError(
            f"The model does not compile: {_message(error)}. Mend the generator or its MJCF at that element."
        ) from error


def bytes_of(model: mujoco.MjModel) -> bytes:
    """Return everything about a compiled model."""
    buffer = np.empty(mujoco.mj_sizeModel(model), np.uint8)
    mujoco.mj_saveModel(model, None, buffer)
    return buffer.tobytes()


def exact_xml(spec: mujoco.MjSpec, model: mujoco.MjModel) -> tuple[str, bool]:
    """Return MJCF text that compiles to the same model as `spec`, digit for digit, with the spec's file paths.

    `MjSpec.to_xml` rounds to six significant digits, unless the compiler setting savecompiled is off: then MuJoCo
    writes what the spec gives, each number as the shortest text that reads back as it. Where an attached model has
    compiler settings that one text cannot hold, compiled values are written instead: equal to within 1e-13. The
    spec's own settings stay as they were. Numbers that are MuJoCo's defaults are left out, so that a -0.0 where the
    default is 0 comes back as 0.0, but for positions; nothing else that MuJoCo computes tells the two apart.

    Args:
        spec: A compiled spec.
        model: What it compiled to.

    Returns:
        The text, and whether it is what the spec gives, rather than what compilation made of it.

    Raises:
        ModelError: MuJoCo cannot write the model.

    Source:
        MuJoCo changelog 3.16.0, "Added compiler attributes savecompiled and savecanonical".
    """
    compiler = spec.compiler
    kept = compiler.savecompiled, compiler.savecanonical
    # Canonical notation, since turning an attached model's radians into this model's degrees would round.
    compiler.savecompiled, compiler.savecanonical = False, True
    try:
        with legible(spec, model), marked_zeros(spec, model) as with_zeros:
            return with_zeros(spec.to_xml()), True
    except mujoco.FatalError as refused:
        if "of an attached model" not in str(refused):
            hint = next((hint for cause, hint in _INSTEAD.items() if cause in str(refused)), "")
            raise ModelError(
                f"MuJoCo cannot write this model as MJCF: {_message(refused)}. {hint or 'Build it without that.'}"
            ) from refused
        compiler.savecompiled = True
        with legible(spec, model), _shortest_numbers():
            return spec.to_xml(), False
    finally:
        compiler.savecompiled, compiler.savecanonical = kept


def write_model(
    spec: mujoco.MjSpec, trial_folder: Path, assets_folder: Path, *, check: bool = False
) -> tuple[str, mujoco.MjModel]:
    """Compile `spec`, and write it with its files so that the trial's model.xml loads by itself.

    Args:
        spec: The spec; its assets may be on disk or in memory.
        trial_folder: Folder that model.xml is written to.
        assets_folder: Folder that the model's files are copied to, shared by trials.
        check: Load model.xml back, and compare; it costs a second compilation.

    Returns:
        The first 16 hex digits of the text's SHA-256, and the compiled model, equal to the one that model.xml gives.

    Raises:
        ModelError: The model does not compile, cannot be written or read back, or a file of it is missing.
    """
    model = compile_spec(spec)
    text, authored = exact_xml(spec, model)
    bundled = bundle_assets(spec, model, text, assets_folder, trial_folder)
    path = TrialLayout(trial_folder).model
    files.write_text(path, bundled)
    has_files = bundled is not text
    if has_files or not authored or check:
        # MuJoCo keeps compiled assets under their path and its time in whole seconds, those in memory under their
        # name alone: a file that a generator rewrites for each trial may come back stale. A copy under its hash
        # cannot, so the model that counts is the one loaded from the text.
        compiled, model = model, _load(path, bundled)
        if not authored:
            _check_inferred(compiled, model)
        elif check:
            check_same(compiled, model, has_files)
    return hashlib.sha256(bundled.encode()).hexdigest()[:_HASH_DIGITS], model


@contextmanager
def _shortest_numbers() -> Iterator[None]:
    """Let MuJoCo write compiled values, too, as the shortest text that reads back as them, in this thread.

    MuJoCo has no public setting for it; precision 0 is what its own writer uses when savecompiled is off.
    """
    library = ctypes.CDLL(str(next(Path(mujoco.__file__).parent.glob("*mujoco.*"))))
    before = library._mjPRIVATE__get_xml_precision()
    library._mjPRIVATE__set_xml_precision(0)
    try:
        yield
    finally:
        library._mjPRIVATE__set_xml_precision(before)


def _load(path: Path, text: str) -> mujoco.MjModel:
    try:
        return mujoco.MjModel.from_xml_path(str(path))
    except ValueError as error:
        line = _LINE.search(str(error))
        lines = text.splitlines()
        shown = f" Line {line[1]}: {lines[int(line[1]) - 1].strip()}" if line and int(line[1]) <= len(lines) else ""
        raise ModelError(
            f"The model compiles, but its {path.name} cannot be read back: {_message(error)}.{shown} Give that element "
            "what MJCF asks for."
        ) from error


def _check_inferred(compiled: mujoco.MjModel, loaded: mujoco.MjModel) -> None:
    """Check that the one compiler element of the text infers what the settings of the attached models did."""
    for field in _INFERRED:
        expected, got = getattr(compiled, field), getattr(loaded, field)
        if expected.shape != got.shape or not np.allclose(got, expected, rtol=1e-9, atol=1e-12):
            raise ModelError(
                f"MJCF text cannot hold this model: an attached model has other compiler settings, and {field} would"
                " change. Give both the same boundmass, boundinertia, balanceinertia, inertiafromgeom,"
                " inertiagrouprange and alignfree, e.g. `child.compiler.boundmass = parent.compiler.boundmass`."
            )


def _message(error: Exception) -> str:
    """Return MuJoCo's message on one line, without its own "Error: " and full stop."""
    return " ".join(str(error).split()).removeprefix("Error: ").rstrip(".")
