"""Tape: the calls of NumPy that a load makes in a step, written down once and played in every step from then on.

On the short arrays of a batch, NumPy's arithmetic takes less time than what Python does around it: slices, new arrays,
calls of functions; and that throws MuJoCo's data out of the processor's caches besides. What a load computes from
sites and joints is nothing but ufuncs, and the same ones in every step. So its formulas run once with arrays that
write down each call, with the arrays that it reads and writes; to play the tape makes the same calls again, so it gives
the same bits.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from pydantic import BaseModel

from mojo.runtime.batch.gathering import Gathering
from mojo.runtime.loads.base import Hand, Values
from mojo.runtime.loads.values import Table, Tables

_EXACT = (np.add, np.subtract, np.multiply, np.divide)
# Everywhere else the array to write to comes last, without its name: that takes two thirds of the time.
_OUT_BY_NAME = (np.maximum, np.minimum)


class Untraceable(Exception):
    """What was called cannot be written on a tape, since it may give something else in another step."""


class Tape:
    """The calls of a load in a step, and what it said that it applied.

    Attributes:
        result: The arrays that are up to date when the tape has been played.
    """

    def __init__(self) -> None:
        self._calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
        self._parts: list[tuple[list[Any], np.ndarray | None, int]] = []
        self._writes = False
        self.result: tuple[Any, ...] = ()

    def follow(self, array: np.ndarray) -> "Traced":
        """Return an array that writes on this tape what is done with it."""
        followed = array.view(Traced)
        followed.tape = self
        return followed

    def write(self, ufunc: np.ufunc, inputs: tuple[Any, ...], out: np.ndarray | None) -> "Traced":
        """Write a call down; one into an array that there was before is made only when the tape is played."""
        plain = [_plain(given) for given in inputs]
        result = np.asarray(ufunc(*plain))
        if ufunc in _EXACT:  # to spread a number takes NumPy as long again as the arithmetic
            plain = [np.full(result.shape, given) if isinstance(given, float) else given for given in plain]
        if out is not None:
            self._writes, result = True, _plain(out)
        by_name = ufunc in _OUT_BY_NAME
        self._calls.append((partial(ufunc, out=result), tuple(plain)) if by_name else (ufunc, (*plain, result)))
        return self.follow(result)

    def count(self, array: np.ndarray) -> int:
        """Return how many entries are not 0, on which a decision rests: it must be the same whenever this is played."""
        if self._writes:
            raise Untraceable("a decision after something was applied")
        found = int(np.count_nonzero(array))
        self._parts.append((self._calls, array, found))
        self._calls = []
        return found

    def finish(self, result: tuple[Any, ...]) -> None:
        """End the tape with what the load has returned."""
        if not self._writes:
            raise Untraceable("nothing is applied to bodies or joints")
        self._parts.append((self._calls, None, 0))
        self.result = _plain(result)

    def play(self) -> bool:
        """Make the calls; return False, and apply nothing, where a decision would have been another one."""
        for calls, counted, count in self._parts:
            for ufunc, arrays in calls:
                ufunc(*arrays)
            if counted is not None and np.count_nonzero(counted) != count:
                return False
        return True


class Traced(np.ndarray):
    """An array that writes the ufuncs that it goes into on a tape, and lets itself be read in no other way."""

    tape: Tape

    def __array_finalize__(self, source: Any) -> None:
        if isinstance(source, Traced):
            if not np.may_share_memory(_plain(self), _plain(source)):
                raise Untraceable("a copy")
            self.tape = source.tape

    def __getitem__(self, place: Any) -> Any:
        part = super().__getitem__(place)
        if not isinstance(part, Traced):
            raise Untraceable("a number")
        return part

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (None,), **more: Any) -> Any:
        if method != "__call__" or more or ufunc.nout != 1:
            raise Untraceable(ufunc.__name__)
        return self.tape.write(ufunc, inputs, out[0])

    def __array_function__(self, function: Any, types: Any, given: Any, more: Any) -> Any:
        if function is not np.count_nonzero or more:
            raise Untraceable(function.__name__)
        return self.tape.count(_plain(given[0]))

    def __bool__(self) -> bool:
        raise Untraceable("a decision")


def _plain(given: Any) -> Any:
    """Return an array, or each of several, as it is without a tape."""
    if isinstance(given, tuple):
        return tuple(map(_plain, given))
    return given.view(np.ndarray) if isinstance(given, Traced) else given


class Tapes:
    """The tapes of the loads of a batch.

    Args:
        gathering: What they read.
    """

    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering
        self._layout = gathering.layout
        self._made: dict[Hand, Tape | None] = {}
        self._running: Tape | None = None

    def act(self, hand: Hand, time: float) -> Values:
        """Let a load act, by its tape if it can have one."""
        if self._layout != self._gathering.layout:  # what is gathered will be elsewhere from the next step on
            self._layout = self._gathering.layout
            self._made.clear()
        if hand not in self._made:
            self._made[hand] = None if varies(hand.load) else self._taped(hand, time)
        tape = self._made[hand]
        return tape.result if tape is not None and tape.play() else hand.act(time)

    def _taped(self, hand: Hand, time: float) -> Tape | None:
        self._running = tape = Tape()
        try:
            tape.finish(hand.act(time))
        except Untraceable:
            return None
        finally:
            self._running = None
        return tape

    def followed(self, array: np.ndarray) -> np.ndarray:
        """Return an array of the simulations, such that what is done with it is written on the tape that is made."""
        return array if self._running is None else self._running.follow(array)


def varies(value: Any) -> bool:
    """Return whether a load, or a value of it, is more than numbers: a table over time, or the user's function."""
    if isinstance(value, BaseModel):
        return any(varies(getattr(value, name)) for name in type(value).model_fields)
    if isinstance(value, tuple | list):
        return any(map(varies, value))
    return callable(value) or isinstance(value, Table | Tables)
