"""What a generator hands on to later stages in other processes: plain values and NumPy arrays, kept to the last bit.

An array becomes {"$npy": base64 of its .npy file}, a NumPy scalar {"$scalar": the same}, a tuple {"$tuple": [...]},
and a dict whose keys are not all plain text {"$dict": [[key, value], ...]}.
"""

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from mojo.errors import ModelError

_NAME = "mojo_model.user_data"
_MARK = "$"
_TAKES = "It takes numbers, texts, booleans, None, lists, tuples, dicts and NumPy arrays of these"


def encode(given: Any) -> dict[str, Any]:
    """Return user data as a JSON-able dict.

    Args:
        given: A dict with keys of text.

    Raises:
        ModelError: It is no dict, or something in it could not be read back as it is; with its place and type.
    """
    if type(given) is not dict:
        raise ModelError(f"{_NAME} must be a dict, but is {_kind(given)}.")
    if not given:
        return {}
    return _encode(given, _NAME, ())


def decode(encoded: Mapping[str, Any]) -> dict[str, Any]:
    """Return the user data that `encode` gave; its arrays are new, and can be written to."""
    return _decode(dict(encoded))


def _encode(value: Any, place: str, around: tuple[int, ...]) -> Any:
    if isinstance(value, np.generic):
        return {"$scalar": _npy(np.asarray(value), place)}
    kind = type(value)
    if kind is np.ndarray:
        return {"$npy": _npy(value, place)}
    if kind is str:
        return _text(value, place)
    if value is None or kind in (bool, int, float):
        return value
    if kind not in (list, tuple, dict):
        raise ModelError(f"{place} is {_kind(value)}, which cannot be handed on. {_TAKES}.")
    if id(value) in around:
        raise ModelError(f"{place} holds itself, which cannot be written down.")
    around = (*around, id(value))
    if kind is dict:
        return _encode_dict(value, place, around)
    items = [_encode(item, f"{place}[{index}]", around) for index, item in enumerate(value)]
    return items if kind is list else {"$tuple": items}


def _encode_dict(given: dict[Any, Any], place: str, around: tuple[int, ...]) -> dict[str, Any]:
    for key in given:
        if type(key) not in (str, int):
            raise ModelError(f"{place} has the key {key!r}, {_kind(key)}. Keys must be text or whole numbers.")
    pairs = [(_encode(key, place, ()), _encode(value, f"{place}[{key!r}]", around)) for key, value in given.items()]
    if all(type(key) is str and not key.startswith(_MARK) for key in given):
        return dict(pairs)
    return {"$dict": [list(pair) for pair in pairs]}


def _text(text: str, place: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ModelError(f"{place} is the text {text!r}, which no file can hold: {error.reason}.") from error
    return text


def _npy(array: np.ndarray, place: str) -> str:
    if array.dtype.hasobject:
        raise ModelError(f"{place} is an array of Python objects ({array.dtype}), which cannot be handed on. {_TAKES}.")
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=False)
    return base64.b64encode(file.getvalue()).decode()


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    held: Any
    [mark, held] = next(iter(value.items())) if len(value) == 1 else ("", None)
    if not mark.startswith(_MARK):
        return {key: _decode(item) for key, item in value.items()}
    if mark in ("$npy", "$scalar"):
        array = np.lib.format.read_array(io.BytesIO(base64.b64decode(held)), allow_pickle=False)
        return array if mark == "$npy" else array[()]
    items = _decode(held)
    return tuple(items) if mark == "$tuple" else dict(items)


def _kind(value: Any) -> str:
    kind = type(value)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return f"a {name}"
