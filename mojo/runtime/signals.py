"""Signals: which columns a study asks for, and values that are posted during a step."""

import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from mojo.attributes import ClosedAttributes
from mojo.errors import ModelError, TrialError, unknown
from mojo.runtime.catalogue import XYZ, Address, Signal, catalogue, model_key
from mojo.runtime.loads import Load
from mojo.runtime.proximity import Proximity

DEFAULT = ("Joints/*:qpos", "Joints/*:qvel", "Sensors/*", "Loads/*", "Proximities/*", "Actuators/*:ctrl")


@dataclass(frozen=True)
class Column:
    """One column of the telemetry.

    Attributes:
        name: E.g. "Bodies/tip/xpos:x".
        unit: "" where the model does not define it.
        frame: Frame of a vector's components.
        instant: Which instant a row's value belongs to.
        description: One line.
    """

    name: str
    unit: str
    frame: str
    instant: str
    description: str

    @property
    def metadata(self) -> dict[str, str]:
        """Return what the Parquet file says of this column."""
        every = {"unit": self.unit, "frame": self.frame, "instant": self.instant, "description": self.description}
        return {key: value for key, value in every.items() if value}


@dataclass(frozen=True)
class Chosen:
    """A column of a model's signal that is recorded, and where its value is found."""

    column: Column
    address: Address


TIME = Column("time", "s", "", "time", "simulated time; the whole row belongs to this instant")


_CACHE_SIZE = 32  # studies, models and patterns differ little within one worker
_resolved: dict[tuple[object, ...], list[Chosen]] = {}


def resolve_signals(
    model: mujoco.MjModel,
    loads: Sequence[Load],
    patterns: Sequence[str],
    more: Sequence[str] = (),
    proximities: Sequence[Proximity] = (),
) -> list[Chosen]:
    """Return the columns that `patterns` ask for, in the order of the catalogue.

    A pattern names a column ("Bodies/tip/xpos:x"), a vector ("Bodies/tip/xpos") or an element ("Bodies/tip"), and may
    hold the wildcards of fnmatch; ':' and '/' match alike.

    Args:
        model: The compiled model.
        loads: The loads that will act on it.
        patterns: What to record; empty for DEFAULT.
        more: What to record in any case.
        proximities: The proximities that are measured on it.

    Raises:
        ModelError: A pattern matches nothing.
    """
    kinds = tuple((load.name, load.recorded(model)) for load in loads)
    key = (model_key(model), kinds, tuple(p.name for p in proximities), tuple(patterns), tuple(more))
    if key not in _resolved:
        if len(_resolved) >= _CACHE_SIZE:
            _resolved.clear()
        _resolved[key] = _resolve(catalogue(model, loads, proximities), patterns, more)
    return _resolved[key]


def _resolve(signals: list[Signal], patterns: Sequence[str], more: Sequence[str]) -> list[Chosen]:
    plain = {signal: [name.replace(":", "/") for name in signal.columns] for signal in signals}
    names = [name for group in plain.values() for name in group]
    wanted: set[str] = set()
    for pattern in [*(patterns or DEFAULT), *more]:
        found = _matches(pattern.replace(":", "/"), names)
        if not found and (pattern in patterns or pattern in more):
            owner = "the model (posted signals are always recorded, and need not be asked for)"
            raise ModelError(unknown("Signal", pattern, {signal.group for signal in signals}, owner=owner))
        wanted.update(found)
    return [
        Chosen(Column(column, unit, signal.frame, "time", signal.description), address)
        for signal, group in plain.items()
        for name, column, unit, address in zip(group, signal.columns, signal.units, signal.addresses, strict=True)
        if name in wanted
    ]


def _matches(pattern: str, names: list[str]) -> list[str]:
    """Return the names that are `pattern`, lie below it, or match it as a wildcard."""
    whole = re.compile(fnmatch.translate(pattern)).match
    below = re.compile(fnmatch.translate(f"{pattern}/*")).match
    return [name for name in names if name == pattern or whole(name) or below(name) or name.startswith(f"{pattern}/")]


class Posted:
    """The values of one posted signal in the rows of a block.

    Attributes:
        columns: Its columns.
        shape: Shape of what is posted: of a value, or of one for each of many simulations.
        values: Shape (rows, *shape).
        given: Whether a value was posted, shape (rows,).
    """

    def __init__(self, name: str, shape: tuple[int, ...], unit: str, rows: int, simulations: tuple[int, ...]) -> None:
        self.shape = shape
        shape = shape[len(simulations) :]
        count = shape[0] if shape else 1
        components = XYZ if count == 3 else tuple(str(index) for index in range(count))
        names = [f"{name.replace(':', '/')}:{component}" for component in components] if shape else [name]
        instant = "posted after the step before time, or during the step from time on"
        self.columns = [Column(column, unit, "", instant, "posted by the user's code") for column in names]
        self.values = np.zeros((rows, *self.shape))
        self.given = np.zeros(rows, dtype=bool)


class SignalManager(ClosedAttributes):
    """Takes requests for signals before the run, and values that are posted during a step.

    Attributes:
        patterns: What the study asks for; empty for the default.
        requested: What was requested on top of it.
        posted: The posted signals by name, in the order of their first posts.

    Args:
        patterns: What the study asks for.
        simulations: () for one, (nsim,) for many side by side: then what is posted has that leading axis.
    """

    def __init__(self, patterns: Sequence[str] = (), simulations: tuple[int, ...] = ()) -> None:
        self._simulations = simulations
        self.patterns = list(patterns)
        self.requested: list[str] = []
        self.posted: dict[str, Posted] = {}
        self._rows: int | None = None
        self._row = 0
        self._taken: set[str] = set()
        self._early: list[tuple[Any, ...]] = []

    def request(self, *patterns: str) -> None:
        """Record more signals; see `resolve_signals` for the patterns.

        Raises:
            ModelError: The run has begun.
        """
        if self._rows is not None:
            raise ModelError(f"Signals must be requested before the first step, but got {', '.join(patterns)} later.")
        self.requested += patterns

    def post(
        self, value: Any, category: str, subgroups: str | Sequence[str] = (), attr: str = "value", unit: str = ""
    ) -> None:
        """Record a value in the row of this step; a row of a step without a post holds null.

        Posts before `RuntimeManager.step` belong to the step that it will take.

        Args:
            value: A number, or a vector of shape (n,), which gives a column for each component; in a @vectorized
                runtime one for each simulation, shape (nsim,) or (nsim, n).
            category: First part of the column's name, e.g. "Control".
            subgroups: Its middle parts, e.g. "left" or ("left", "knee").
            attr: Its last part: "Control/left/knee:error".
            unit: Unit of the value.

        Raises:
            ModelError: There is already a recorded signal of this name.
            TrialError: The value is not a number or a vector, or its length has changed.
        """
        if self._rows is None:
            self._early.append((value, category, subgroups, attr, unit))
        elif self._rows > 0:
            groups = (subgroups,) if isinstance(subgroups, str) else subgroups
            name = f"{'/'.join((category, *groups))}:{attr}"
            posted = self.posted.get(name) or self._first_post(name, value, unit)
            if np.shape(value) != posted.shape:
                shape = np.shape(value)
                raise TrialError(f"Posted signal '{name}' must keep its shape {posted.shape}, but got {shape}.")
            posted.values[self._row] = value
            posted.given[self._row] = True

    def _first_post(self, name: str, value: Any, unit: str) -> Posted:
        shape, leading = np.shape(value), len(self._simulations)
        if len(shape) > leading + 1 or np.asarray(value).dtype.kind not in "fiub":
            raise TrialError(f"Posted signal '{name}' must be a number or a vector of numbers, but got {value!r}.")
        if shape[:leading] != self._simulations:
            raise TrialError(
                f"Posted signal '{name}' must have one value for each of {self._simulations[0]} simulations, but has "
                f"shape {shape}."
            )
        assert self._rows is not None
        posted = Posted(name, shape, unit, self._rows, self._simulations)
        for column in posted.columns:
            if column.name in self._taken:
                raise ModelError(f"Posted signals must have new names, but '{column.name}' is recorded of the model.")
        self.posted[name] = posted
        return posted

    def begin(self, rows: int, taken: Iterable[str]) -> None:
        """Begin the run with blocks of `rows` rows, 0 if nothing is recorded; columns `taken` are not to be posted."""
        self._rows, self._taken = rows, set(taken)
        for early in self._early:
            self.post(*early)
        self._early.clear()

    def turn_to(self, row: int) -> None:
        """Take posts into the row `row` of the block from now on."""
        vars(self)["_row"] = row  # in every step, so without the look at whether there is such an attribute

    def forget_row(self) -> None:
        """Drop what was posted in a step that is not recorded."""
        for posted in self.posted.values():
            posted.given[self._row] = False

    def forget_block(self) -> None:
        """Drop what was posted in a block that has been written."""
        for posted in self.posted.values():
            posted.given[:] = False
