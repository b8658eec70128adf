"""Sameness: does the text of a model give the model that was compiled?"""

from collections.abc import Iterator

import mujoco
import numpy as np

from mojo.errors import ModelError

# Where the files of a model lie, and a size that MuJoCo takes no notice of.
_LOCATIONS = ("paths", "npaths", "nbuffer", "signature", "njmax", "hfield_pathadr", "mesh_pathadr", "skin_pathadr")
# What is seen in pictures, and moves nothing.
_SEEN = ("cam_", "light_", "mat_", "tex_", "skin_", "tendon_rgba", "tendon_width")
# What does not follow from the content of files, of which MuJoCo may have compiled what they held before.
_WITHOUT_FILES = ("opt.", "names", "jnt_", "sensor_", "numeric_", "text_", "tuple_", "exclude_", "nuser", "ngravcomp")
# Numbers of an equality constraint that count, by type; the others are left as the spec has them, and not written.
_EQUALITY_NUMBERS = {
    mujoco.mjtEq.mjEQ_CONNECT: 6,
    mujoco.mjtEq.mjEQ_WELD: 11,
    mujoco.mjtEq.mjEQ_JOINT: 5,
    mujoco.mjtEq.mjEQ_TENDON: 5,
}
_NAMED = {
    "body": mujoco.mjtObj.mjOBJ_BODY,
    "geom": mujoco.mjtObj.mjOBJ_GEOM,
    "jnt": mujoco.mjtObj.mjOBJ_JOINT,
    "site": mujoco.mjtObj.mjOBJ_SITE,
    "actuator": mujoco.mjtObj.mjOBJ_ACTUATOR,
    "tendon": mujoco.mjtObj.mjOBJ_TENDON,
    "sensor": mujoco.mjtObj.mjOBJ_SENSOR,
    "eq": mujoco.mjtObj.mjOBJ_EQUALITY,
}


def check_same(compiled: mujoco.MjModel, loaded: mujoco.MjModel, has_files: bool) -> None:
    """Check that the model that was loaded from the text moves as the compiled one.

    Args:
        compiled: What the spec compiled to.
        loaded: What its text gives.
        has_files: Whether files belong to the model; then only that is compared which cannot follow from their content.

    Raises:
        ModelError: A number that counts in a simulation is another, since MJCF has no place for what the spec says.
    """
    for name, one, other in _numbers(compiled, loaded):
        if name.startswith(_LOCATIONS + _SEEN) or (has_files and not name.startswith(_WITHOUT_FILES)):
            continue
        if _is_same(one, other):
            continue
        expected, got = _that_count(compiled, name, one), _that_count(loaded, name, other)
        if not _is_same(expected, got):
            raise ModelError(
                f"MJCF text cannot hold this model: {_difference(compiled, name, expected, got)}. Set it in a way that "
                "MJCF has, or leave it out."
            )


def _numbers(compiled: mujoco.MjModel, loaded: mujoco.MjModel) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield name and both values of every number, array and table of names."""
    for part in ("", "opt", "stat"):
        one, other = (getattr(model, part) if part else model for model in (compiled, loaded))
        for field in dir(one):
            value = None if field.startswith("_") else getattr(one, field)
            if isinstance(value, np.ndarray | float | int | bytes):
                kind = object if isinstance(value, bytes) else None  # NumPy's own bytes end before a \0
                yield f"{part}.{field}".lstrip("."), np.asarray(value, kind), np.asarray(getattr(other, field), kind)


def _is_same(expected: np.ndarray, got: np.ndarray) -> bool:
    return expected.shape == got.shape and bool(np.all(_equal(expected, got)))


def _equal(expected: np.ndarray, got: np.ndarray) -> np.ndarray:
    same = np.asarray(expected == got)
    return same | (np.isnan(expected) & np.isnan(got)) if expected.dtype.kind == "f" else same


def _that_count(model: mujoco.MjModel, name: str, array: np.ndarray) -> np.ndarray:
    """Return an array with zeros in place of what MuJoCo takes no notice of."""
    if name == "jnt_range":
        return np.where(model.jnt_limited[:, None], array, 0.0)
    if name == "eq_data":
        count = [_EQUALITY_NUMBERS.get(mujoco.mjtEq(int(kind)), array.shape[1]) for kind in model.eq_type]
        return np.where(np.arange(array.shape[1]) < np.array(count)[:, None], array, 0.0)
    return array


def _difference(model: mujoco.MjModel, name: str, expected: np.ndarray, got: np.ndarray) -> str:
    """Return what is different: the array, the element and the first number."""
    if name == "names":
        pairs = zip(model.names.split(b"\0"), got.item().split(b"\0"), strict=False)
        return next(f"the name {one.decode()!r} would be {other.decode()!r}" for one, other in pairs if one != other)
    if expected.shape != got.shape or not expected.ndim:
        return f"{name} would be {_short(got)} instead of {_short(expected)}"
    index = tuple(int(number) for number in np.argwhere(~_equal(expected, got))[0])
    kind = _NAMED.get(name.partition("_")[0])
    label = mujoco.mj_id2name(model, kind, index[0]) if kind is not None else ""
    place = f"{name}[{', '.join(map(str, index))}]" + (f", of '{label}'," if label else "")
    return f"{place} would be {got[index]} instead of {expected[index]}"


def _short(array: np.ndarray) -> str:
    return f"of shape {array.shape}" if array.ndim else str(array)
