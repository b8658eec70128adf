"""Tape: the calls of NumPy that a load makes in a step, written down once and played in every step from then on.

On the short arrays of a batch, NumPy's arithmetic takes less time than what Python does around it: slices, new arrays,
calls of functions; and that throws MuJoCo's data out of the processor's caches besides. What a load computes from
sites and joints is nothing but ufuncs, and the same ones in every step. So its formulas run once on stand-ins for the
arrays, which write down each call, with the arrays that it reads and writes; to play the tape makes the same calls
again, so it gives the same bits.

A stand-in has no numbers to be read, and a tape is played once against its formula before it is trusted: see tapes.py.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

_EXACT = (np.add, np.subtract, np.multiply, np.divide)
# Everywhere else the array to write to comes last, without its name: that takes two thirds of the time.
_OUT_BY_NAME = (np.maximum, np.minimum)


class Untraceable(Exception):
    """What was called cannot be written on a tape, since it may give something else in another step."""


class Tape:
    """The calls of a load in a step, and what it said that it applied.

    Attributes:
        result: The arrays that are up to date when the tape has been played.
        roots: The arrays that it reads or writes, and that others fill before it is played.
    """

    def __init__(self) -> None:
        self._calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
        self._parts: list[tuple[list[Any], np.ndarray | None, int]] = []
        self._writes = self._finished = False
        self.result: tuple[Any, ...] = ()
        self.roots: list[np.ndarray] = []

    def follow(self, array: np.ndarray) -> "Traced":
        """Return what stands for an array, and writes on this tape what is done with it."""
        self.roots.append(array)
        return Traced(self, array)

    def write(self, ufunc: np.ufunc, inputs: tuple[Any, ...], out: Any) -> "Traced":
        """Write a call down; one into an array that there was before is made only when the tape is played."""
        if self._finished:
            raise Untraceable("what stood for an array was kept from one step to another")
        plain = [_plain(given) for given in inputs]
        result = np.asarray(ufunc(*plain))
        if ufunc in _EXACT:  # to spread a number takes NumPy as long again as the arithmetic
            plain = [np.full(result.shape, given) if isinstance(given, float) else given for given in plain]
        if out is not None:
            self._writes, result = True, _plain(out)
        by_name = ufunc in _OUT_BY_NAME
        self._calls.append((partial(ufunc, out=result), tuple(plain)) if by_name else (ufunc, (*plain, result)))
        return Traced(self, result)

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
        self.result, self._finished = _plain(result), True

    def play(self) -> bool:
        """Make the calls; return False, and apply nothing, where a decision would have been another one."""
        for calls, counted, count in self._parts:
            for ufunc, arrays in calls:
                ufunc(*arrays)
            if counted is not None and np.count_nonzero(counted) != count:
                return False
        return True


class Traced(NDArrayOperatorsMixin):
    """Stands for an array: writes the ufuncs that it goes into on a tape, and has no numbers to be read.

    Basic slices of it stand for views. Everything else that NumPy or Python could do to come to its numbers raises
    Untraceable: to convert, copy, iterate over numbers, assign to, decide by or ask for any other attribute.
    """

    __slots__ = ("_array", "_tape")

    def __init__(self, tape: Tape, array: np.ndarray) -> None:
        self._tape, self._array = tape, array

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return self._array.shape

    @property
    def ndim(self) -> int:
        """The number of its axes."""
        return self._array.ndim

    @property
    def size(self) -> int:
        """How many numbers it stands for."""
        return self._array.size

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, place: Any) -> "Traced":
        part = self._array[_plain(place)]
        if not isinstance(part, np.ndarray) or not np.may_share_memory(part, self._array):
            raise Untraceable("a number, or a copy")
        return Traced(self._tape, part)

    def __iter__(self) -> Iterator["Traced"]:
        return (self[place] for place in range(len(self)))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (None,), **more: Any) -> Any:
        if method != "__call__" or more or ufunc.nout != 1:
            raise Untraceable(ufunc.__name__)
        return self._tape.write(ufunc, inputs, out[0])

    def __array_function__(self, function: Any, types: Any, given: Any, more: Any) -> Any:
        if function is not np.count_nonzero or more:
            raise Untraceable(function.__name__)
        return self._tape.count(_plain(given[0]))

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise Untraceable("its numbers")

    __array__ = __bool__ = __float__ = __int__ = __index__ = __complex__ = _refuse
    __setitem__ = __contains__ = __reduce_ex__ = _refuse  # type: ignore[assignment]

    def __getattr__(self, name: str) -> NoReturn:
        raise Untraceable(name)


class Unread:
    """Stands for data that a load could read past its sites and joints, while it is written down."""

    def __getattr__(self, name: str) -> NoReturn:
        raise Untraceable(name)


def _plain(given: Any) -> Any:
    """Return an array, or each of several, as it is without a tape."""
    if isinstance(given, tuple):
        return tuple(map(_plain, given))
    return given._array if isinstance(given, Traced) else given
