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
from mojo.errors import ModelError
from mojo.layout import TrialLayout
from mojo.model.assets import bundle_assets, missing_file

_HASH_DIGITS = 16
_CANNOT_OPEN = re.compile(r"Error opening file '(.*)'")
# What a compiler setting of an attached model changes, if the saved text loses it.
_INFERRED = ("body_mass", "body_inertia", "body_pos", "body_ipos")


def as_spec(value: object) -> mujoco.MjSpec:
    """Return the spec of what a generator may hand over.

    Args:
        value: An MjSpec, MJCF text (it starts with "<"), or a path to MJCF or URDF, relative to the current folder.

    Raises:
        ModelError: It is none of these, the file does not exist, or MuJoCo cannot parse it.
    """
    if isinstance(value, mujoco.MjSpec):
        return value
    if not isinstance(value, str | Path):
        hint = " (is a `return` missing?)" if value is None else ""
        kind = "None" if value is None else f"a {type(value).__name__}"
        raise ModelError(
            f"generate must return the MojoModel, a mujoco.MjSpec, MJCF text or a path, but returned {kind}{hint}"
        )
    try:
        if isinstance(value, str) and value.lstrip().startswith("<"):
            return mujoco.MjSpec.from_string(value)
        if not Path(value).is_file():
            raise ModelError(f"The model file '{value}' does not exist; it was looked for from {Path.cwd()}.")
        return mujoco.MjSpec.from_file(str(value))
    except ValueError as error:
        source = "The MJCF text" if str(value).lstrip().startswith("<") else f"The model file '{value}'"
        raise ModelError(f"{source} cannot be parsed: {_message(error)}") from error


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


def exact_xml(spec: mujoco.MjSpec) -> tuple[str, bool]:
    """Return MJCF text that compiles to the same model as `spec`, bit for bit, with the spec's file paths.

    `MjSpec.to_xml` rounds to six significant digits, unless the compiler setting savecompiled is off: then MuJoCo
    writes what the spec gives, each number as the shortest text that reads back as it. Where an attached model has
    compiler settings that one text cannot hold, compiled values are written instead: equal to within 1e-13. The
    spec's own settings stay as they were.

    Args:
        spec: A compiled spec.

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
        return spec.to_xml(), True
    except mujoco.FatalError as refused:
        if "of an attached model" not in str(refused):
            raise ModelError(
                f"MuJoCo cannot write this model as MJCF: {_message(refused)}. What only the spec holds, such as an"
                " image in memory, give it as a file."
            ) from refused
        compiler.savecompiled = True
        with _shortest_numbers():
            return spec.to_xml(), False
    finally:
        compiler.savecompiled, compiler.savecanonical = kept


def write_model(spec: mujoco.MjSpec, trial_folder: Path, assets_folder: Path) -> tuple[str, mujoco.MjModel]:
    """Compile `spec`, and write it with its files so that the trial's model.xml loads by itself.

    Args:
        spec: The spec; its assets may be on disk or in memory.
        trial_folder: Folder that model.xml is written to.
        assets_folder: Folder that the model's files are copied to, shared by trials.

    Returns:
        The first 16 hex digits of the text's SHA-256, and the compiled model, equal to the one that model.xml gives.

    Raises:
        ModelError: The model does not compile, cannot be written, or a file of it is missing.
    """
    model = compile_spec(spec)
    text, authored = exact_xml(spec)
    bundled = bundle_assets(spec, model, text, assets_folder, trial_folder)
    path = TrialLayout(trial_folder).model
    files.write_text(path, bundled)
    if bundled is not text or not authored:
        # MuJoCo keeps compiled assets under their path and its time in whole seconds, those in memory under their
        # name alone: a file that a generator rewrites for each trial may come back stale. A copy under its hash
        # cannot, so the model that counts is the one loaded from the text.
        compiled, model = model, _load(path)
        if not authored:
            _check_same(compiled, model)
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


def _load(path: Path) -> mujoco.MjModel:
    try:
        return mujoco.MjModel.from_xml_path(str(path))
    except ValueError as error:
        raise ModelError(f"MuJoCo cannot load the model that it wrote to {path}: {_message(error)}.") from error


def _check_same(compiled: mujoco.MjModel, loaded: mujoco.MjModel) -> None:
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
