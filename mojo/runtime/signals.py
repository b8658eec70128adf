"""Signals: which columns a study asks for, and values that are posted during a step."""

import copy
import fnmatch
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from mojo.attributes import ClosedAttributes, ListField
from mojo.errors import ModelError, TrialError, unknown
from mojo.runtime.catalogue import Address, Signal, catalogue, model_key
from mojo.runtime.loads import Load
from mojo.runtime.posted import TIME, Column, Posted
from mojo.runtime.proximity import Proximity

__all__ = ["DEFAULT", "TIME", "Chosen", "Column", "SignalManager", "resolve_signals"]

DEFAULT = ("Joints/*:qpos", "Joints/*:qvel", "Sensors/*", "Loads/*", "Proximities/*", "Actuators/*:ctrl")


@dataclass(frozen=True)
class Chosen:
    """A column of a model's signal that is recorded, and where its value is found."""

    column: Column
    address: Address


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
    _check_different([column for signal in signals for column in signal.columns])
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


def _check_different(columns: list[str]) -> None:
    """Check that no two signals have a column of the same name, as those of loads with a '/' in their names may."""
    for name, count in Counter(columns).items():
        if count > 1:
            raise ModelError(f"Signals must have different names, but {count} are called '{name}'. Rename a load.")


def _matches(pattern: str, names: list[str]) -> list[str]:
    """Return the names that are `pattern`, lie below it, or match it as a wildcard."""
    whole = re.compile(fnmatch.translate(pattern)).match
    below = re.compile(fnmatch.translate(f"{pattern}/*")).match
    return [name for name in names if name == pattern or whole(name) or below(name) or name.startswith(f"{pattern}/")]


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

    patterns = ListField[str]("names and patterns of signals")
    requested = ListField[str]("names and patterns of signals")

    def __init__(self, patterns: Sequence[str] = (), simulations: tuple[int, ...] = ()) -> None:
        self._simulations = simulations
        self.patterns = patterns
        self.requested = []
        self.posted: dict[str, Posted] = {}
        self._rows: int | None = None
        self._row = 0
        self._recorded = True
        self._taken: set[str] = set()
        self._early: list[tuple[Any, ...]] = []

    def request(self, *patterns: str) -> None:
        """Record more signals; see `resolve_signals` for the patterns.

        Raises:
            ModelError: The run has begun.
        """
        if self._rows is not None:
            raise ModelError(f"Signals must be requested before the first step, but got {', '.join(patterns)} later.")
        self.requested.extend(patterns)

    def post(
        self,
        value: Any,
        category: str,
        subgroups: str | Sequence[str] = (),
        attr: str = "value",
        unit: str = "",
        hold: bool = False,
    ) -> None:
        """Record a value in the row of this step, or with `hold` in all rows until the next post; other rows hold null.

        Posts before `RuntimeManager.step` belong to the step that it will take. Of several in a step the last counts.
        One that does not hold is lost where its step is not recorded, and counted in `dropped`.

        Args:
            value: A number, or a vector of shape (n,), which gives a column for each component; in a @vectorized
                runtime one for each simulation, shape (nsim,) or (nsim, n).
            category: First part of the column's name, e.g. "Control".
            subgroups: Its middle parts, e.g. "left" or ("left", "knee").
            attr: Its last part: "Control/left/knee:error".
            unit: Unit of the value.
            hold: Whether the value holds until the next post of this signal, as that of a controller does that is
                slower than the steps.

        Raises:
            ModelError: There is already a recorded signal of this name.
            TrialError: The value is not a number or a vector, or its length has changed.
        """
        if self._rows is None:
            self._early.append((copy.copy(value), category, subgroups, attr, unit, hold))
        elif self._rows > 0:
            groups = (subgroups,) if isinstance(subgroups, str) else subgroups
            name = f"{'/'.join((category, *groups))}:{attr}"
            posted = self.posted.get(name) or self._first_post(name, value, unit)
            if np.shape(value) != posted.shape:
                shape = np.shape(value)
                raise TrialError(f"Posted signal '{name}' must keep its shape {posted.shape}, but got {shape}.")
            posted.post(value, self._row, hold)
            if not self._recorded:
                posted.forget(self._row, counted=False)

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
        others = {column.name for other in self.posted.values() for column in other.columns}
        for column in posted.columns:
            if column.name in self._taken | others:
                source = "posted as a part of another one" if column.name in others else "recorded of the model"
                raise ModelError(f"Posted signals must have new names, but '{column.name}' is {source}.")
        self.posted[name] = posted
        return posted

    def begin(self, rows: int, taken: Iterable[str]) -> None:
        """Begin the run with blocks of `rows` rows, 0 if nothing is recorded; columns `taken` are not to be posted."""
        self._rows, self._taken = rows, set(taken)
        for chosen in (self.patterns, self.requested):
            chosen.seal("What is recorded is chosen with the first step. Ask before it, or `post` at any time.")
        for early in self._early:
            self.post(*early)
        self._early.clear()

    def record(self, on: bool) -> None:
        """Take posts from now on, or only what holds until they are taken again; what waits for a row is dropped."""
        self._recorded = on
        for posted in self.posted.values():
            posted.forget(self._row, counted=False)

    def take_row(self) -> None:
        """Give the row that has been recorded the values that hold."""
        for posted in self.posted.values():
            posted.take(self._row)

    def turn_to(self, row: int) -> None:
        """Take posts into the row `row` of the block from now on."""
        self.__dict__["_row"] = row  # in every step, so without the look at whether there is such an attribute

    def forget_row(self) -> None:
        """Drop what was posted in a step that is not recorded."""
        for posted in self.posted.values():
            posted.forget(self._row)

    @property
    def counts(self) -> dict[str, int]:
        """How many values were posted of each signal, while the run was recorded."""
        return {name: posted.count for name, posted in self.posted.items()}

    @property
    def dropped(self) -> dict[str, int]:
        """How many of them no row took, though they were to hold in their step alone; only where there are any."""
        return {name: posted.dropped for name, posted in self.posted.items() if posted.dropped}

    def forget_block(self) -> None:
        """Drop what was posted in a block that has been written."""
        for posted in self.posted.values():
            posted.given[:] = False
