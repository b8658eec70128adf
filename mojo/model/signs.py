"""Signs: what is -0.0 stays -0.0 in text, where MuJoCo's writer leaves out what equals a default of 0."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import mujoco
import numpy as np

# An array of the compiled model, and the elements and attribute of the spec whose signs are seen in it: positions. In
# all else a zero is added to or multiplied with others, and its sign is seen nowhere.
_SEEN = (
    ("body_pos", "bodies", "pos"),
    ("geom_pos", "geoms", "pos"),
    ("site_pos", "sites", "pos"),
    ("cam_pos", "cameras", "pos"),
    ("light_pos", "lights", "pos"),
    ("jnt_pos", "joints", "pos"),
    ("qpos0", "joints", "ref"),
    ("qpos_spring", "joints", "springref"),
)
_MARK = 1e-290  # no model's own
_WRITTEN = re.compile(r'(?<=[" ])[\d.]+e-(29[0-2]|28[89])(?=[" ])')  # also where angles are written in degrees
_BYTES = np.float64(-0.0).tobytes()


@contextmanager
def marked_zeros(spec: mujoco.MjSpec, model: mujoco.MjModel) -> Iterator[Callable[[str], str]]:
    """Let `spec` have marks in place of -0.0 while it is written, and yield what turns them into -0 in the text.

    Args:
        spec: A compiled spec.
        model: What it compiled to.
    """
    marked: list[tuple[Any, str, Any]] = []
    try:
        for array, elements, attribute in _SEEN:
            if _BYTES in getattr(model, array).tobytes():
                marked += (found for element in getattr(spec, elements) for found in _mark(element, attribute))
        yield (lambda text: _WRITTEN.sub("-0", text)) if marked else (lambda text: text)
    finally:
        for element, attribute, value in marked:
            setattr(element, attribute, value)


def _mark(element: Any, attribute: str) -> Iterator[tuple[Any, str, Any]]:
    """Mark the zeros below 0 of an attribute, and yield where they were and what stood there, if there were any."""
    value = getattr(element, attribute)
    array = np.array(value, dtype=float)
    below = np.signbit(array) & (array == 0)
    if below.any():
        changed = np.where(below, _MARK, array)
        setattr(element, attribute, changed if array.ndim else float(changed))
        yield element, attribute, array if array.ndim else float(array)
