"""What a load's value may be: a number, a table over time, or a function."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from pydantic import PlainSerializer, PlainValidator, SerializationInfo

from mojo import user_code

Function = Callable[..., Any]


@dataclass(frozen=True)
class Table:
    """Values over simulated time.

    Linear between two points; before the first and after the last their values hold. Two points of one time make a
    jump, and the later one counts from that time on.

    Attributes:
        points: Pairs (time [s], value), in the order of time.
    """

    points: tuple[tuple[float, float], ...]
    _times: np.ndarray = field(init=False, repr=False, compare=False)
    _values: np.ndarray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        times, values = np.array(self.points).T
        object.__setattr__(self, "_times", times)
        object.__setattr__(self, "_values", values)

    def at(self, time: Any) -> Any:
        """Return the value at `time` [s]; any shape gives the same shape."""
        value = np.interp(time, self._times, self._values)
        return float(value) if isinstance(time, float) else value


@dataclass(frozen=True)
class Tables:
    """One table a simulation, for many simulations side by side."""

    tables: tuple[Table, ...]

    def at(self, time: float) -> np.ndarray:
        """Return each table's value at `time` [s], shape (number of tables,)."""
        return np.array([table.at(time) for table in self.tables])


Value = float | np.ndarray | Table | Tables | Function


def value_of(given: Any, call: str) -> Value:
    """Return a field's value: the finite number, the table, or the function that it is or names.

    Args:
        given: A number, pairs (time, value), a Table, a function, or what `user_code.reference` gave for one.
        call: How the function is called, e.g. "force(time, model, data)".

    Raises:
        ValueError: It is none of them.
        StudyError: The function cannot be found, or takes other parameters.
    """
    if isinstance(given, str) or (isinstance(given, dict) and "function" in given):
        given = user_code.resolve(given)
    if isinstance(given, Table):
        return _table(given.points)
    if callable(given):
        arguments = call[call.index("(") + 1 : -1].split(", ")
        user_code.check_signature("load's function", given, call, arguments, set())
        return given
    if isinstance(given, list | tuple | np.ndarray):
        return _table(given)
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise ValueError(f"must be a finite number or a function {call} or a table of (time, value), but got {given!r}")
    return float(given)


def _table(given: Any) -> Table:
    try:
        points = np.array(given, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a table must be pairs (time, value) of numbers, but got {given!r}") from error
    if points.ndim != 2 or points.shape[0] == 0 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError(f"a table must be pairs (time, value) of finite numbers, but got {given!r}")
    falling = np.flatnonzero(np.diff(points[:, 0]) < 0.0)
    if falling.size:
        before, after = points[falling[0] : falling[0] + 2, 0]
        raise ValueError(f"a table's times must not decrease, but {after:g} s comes after {before:g} s")
    return Table(tuple((float(time), float(value)) for time, value in points))


def dumped(value: Any, info: SerializationInfo) -> Any:
    """Return a field's value as data: tables as their points, and in config.json functions by reference."""
    if isinstance(value, Table):
        return [list(point) for point in value.points]
    return user_code.reference(value) if callable(value) and info.mode == "json" else value


Component = Annotated[
    Value,
    PlainValidator(lambda given: value_of(given, "component(time, model, data)")),
    PlainSerializer(dumped),
]
