"""What a load's value may be: a number, a table over time, or a function."""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
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

    @cached_property
    def times(self) -> tuple[float, ...]:
        """The times of the points [s]."""
        return tuple(time for time, _ in self.points)

    @cached_property
    def values(self) -> tuple[float, ...]:
        """The values of the points."""
        return tuple(value for _, value in self.points)

    def at(self, time: float) -> float:
        """Return the value at `time` [s]."""
        return interpolated(time, self.times, self.values)


@dataclass(frozen=True)
class Tables:
    """One table a simulation, for many simulations side by side."""

    tables: tuple[Table, ...]

    @cached_property
    def _stacked(self) -> list[np.ndarray] | None:
        """The values of all tables at each of their times, if they share their times."""
        shared = all(table.times == self.tables[0].times for table in self.tables)
        return list(np.array([table.values for table in self.tables]).T) if shared else None

    def at(self, time: float) -> np.ndarray:
        """Return each table's value at `time` [s], shape (number of tables,)."""
        if self._stacked is None:
            return np.array([table.at(time) for table in self.tables])
        return interpolated(time, self.tables[0].times, self._stacked)


def interpolated(time: float, times: Sequence[float], values: Sequence[Any]) -> Any:
    """Return the value at `time` [s], linear between two points and held outside; see Table.

    Args:
        time: When.
        times: The points' times [s], in their order.
        values: The points' values, of any shape.
    """
    last = bisect_right(times, time) - 1
    if last < 0:
        return values[0]
    if last == len(times) - 1:
        return values[-1]
    slope = (values[last + 1] - values[last]) / (times[last + 1] - times[last])
    return slope * (time - times[last]) + values[last]


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
