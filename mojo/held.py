"""What modules of the user hold: globals, and what is reached from them through containers, classes and objects."""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import (
    BuiltinMethodType,
    CellType,
    FunctionType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    SimpleNamespace,
)
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from mojo.user_code import names_assigned

_MOST_ITEMS = 1000  # of a list or dict that is looked through for generators
_MOST_LOOKED_AT = 10_000  # of what a module holds
_PLAIN = {bool, int, float, complex, str, bytes, type(None), np.ndarray, np.float64, ModuleType}  # types that hold none


@dataclass
class _Looked:
    """What a look through a module has found.

    Attributes:
        names: The names that it assigns.
        ids: What stood there.
        roots: What of that may be or hold what is sought, and its name.
    """

    names: list[str]
    ids: list[int]
    roots: list[tuple[str, Any]]


_looked_through: WeakKeyDictionary[ModuleType, _Looked] = WeakKeyDictionary()


def held_by(module: ModuleType, own: Container[str], is_sought: Callable[[Any], bool]) -> Iterator[tuple[str, Any]]:
    """Return what a module holds of its own that may be what is sought, and their names.

    What it has imported is found where it was made, whichever modules of the user this process has imported as well.

    Args:
        module: One of the user's.
        own: The names of all of them, into whose classes, functions and objects it looks.
        is_sought: Whether a value is what is sought, so that it need not be looked into.
    """
    looked = _looked_through.get(module)
    if looked is None:
        looked = _looked_through[module] = _Looked(sorted(names_assigned(Path(str(module.__file__)))), [], [])
    held = vars(module)
    ids = [id(held.get(name)) for name in looked.names]
    if ids != looked.ids:
        names = set(looked.names)
        values = [each for each in held.items() if each[0] in names]
        leaves = _leaves(values, own, lambda value: _is_definition(value) and not is_sought(value))
        roots = [each for each in leaves if is_sought(each[1]) or _parts(each[1], own) is not None]
        _looked_through[module] = looked = _Looked(looked.names, ids, roots)
    return _leaves(looked.roots, own, lambda value: not is_sought(value))


def _is_definition(value: Any) -> bool:
    """Return whether a value is a class or a function, which hold the same as long as they are there."""
    return type(value) is FunctionType or issubclass(type(value), type)


def _leaves(
    values: list[tuple[str, Any]], own: Container[str], into: Callable[[Any], bool]
) -> Iterator[tuple[str, Any]]:
    """Yield what is reached from values through those that it goes `into`, each once, and its name."""
    met: set[int] = set()
    waiting = values[::-1]
    while waiting and len(met) < _MOST_LOOKED_AT:
        name, value = waiting.pop()
        if type(value) in _PLAIN or id(value) in met:
            continue
        met.add(id(value))
        parts = _parts(value, own) if into(value) else None
        if parts is None:
            yield name, value
        else:
            waiting += [(name + place, part) for place, part in reversed(parts)]


def _parts(value: Any, own: Container[str]) -> list[tuple[str, Any]] | None:
    """Return what a value holds and where; None if it is no container, and not of the user's `own` modules.

    Parts are items, attributes, defaults and variables of a function, and what is bound to one.
    """
    kind = type(value)  # a proxy may run code of its own when it is asked what it is
    for container in (list, tuple, dict):
        if issubclass(kind, container):
            items = list(dict.values(value) if container is dict else container.__iter__(value))
            return [(f"[{at}]", item) for at, item in enumerate(items[:_MOST_ITEMS]) if type(item) not in _PLAIN]
    if kind is partial:
        return [(".func", value.func), ("()", value.args), ("()", value.keywords)]
    if kind in (MethodType, BuiltinMethodType):
        return [(".self", value.__self__)]
    if kind is FunctionType:
        return _parts_of_function(value) if value.__module__ in own else None
    if kind is not SimpleNamespace and (value if issubclass(kind, type) else kind).__module__ not in own:
        return None
    if issubclass(kind, type):
        return [(f".{name}", part) for name, part in vars(value).items()]
    attributes = dict(vars(value)) if kind.__dictoffset__ else {}
    slots = [name for each in kind.__mro__ for name, slot in vars(each).items() if type(slot) is MemberDescriptorType]
    return [(f".{name}", part) for name, part in (attributes | {it: getattr(value, it, None) for it in slots}).items()]


def _parts_of_function(function: FunctionType) -> list[tuple[str, Any]]:
    given: list[tuple[Any, Any]] = [*enumerate(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).items()]
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    variables = [(f".{name}", cell.cell_contents) for name, cell in cells if cell != CellType()]  # that has none yet
    return [(f"({at})", part) for at, part in given] + variables
