"""The tapes of the loads of a batch: who may have one, and how it earns trust."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from pydantic import BaseModel

from mojo.runtime.batch.gathering import Gathering
from mojo.runtime.batch.tape import Tape
from mojo.runtime.loads.base import Hand, Values
from mojo.runtime.loads.values import Table, Tables


class Tapes:
    """Lets loads act by their tapes.

    A load whose values are numbers is written down in the first step in which it acts in all simulations. The tape is
    then played once in a state made of random numbers, beside the formula at another time: only where both apply the
    same bits, it is played from then on. A load that reads numbers in any way that no tape follows, keeps something
    from step to step, or asks for the time, acts by its formula in every step.

    Args:
        gathering: What they read.

    Attributes:
        running: The tape that is being written; None at all other times.
    """

    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering
        self._layout = gathering.layout
        self._made: dict[Hand, Tape | None] = {}
        self.running: Tape | None = None

    def act(self, hand: Hand, time: Any) -> Values:
        """Let a load act, by its tape if it can have one."""
        if self._layout != self._gathering.layout:  # what is gathered will be elsewhere from the next step on
            self._layout = self._gathering.layout
            self._made.clear()
        if hand not in self._made:
            self._made[hand] = None if varies(hand.load) else self._trusted(hand, time)
        tape = self._made[hand]
        return tape.result if tape is not None and tape.play() else hand.act(time)

    def followed(self, array: np.ndarray) -> Any:
        """Return an array of the simulations, or what stands for it on the tape that is being written."""
        return array if self.running is None else self.running.follow(array)

    def _trusted(self, hand: Hand, time: Any) -> Tape | None:
        """Return the tape of a load, or None if it has none that does what its formula does."""
        tape = self._written(hand, time)
        return tape if tape is not None and self._agrees(tape, hand, time + 0.5) else None

    def _written(self, hand: Hand, time: Any) -> Tape | None:
        self.running = tape = Tape()
        before = dict(vars(hand))
        try:
            tape.finish(hand.act(time))
        except Exception:  # noqa: BLE001 - whatever it is, the formula is asked next, without a tape, and raises it again
            return None
        finally:
            self.running = None
            changed = vars(hand).keys() != before.keys() or any(vars(hand)[name] is not before[name] for name in before)
            vars(hand).clear()
            vars(hand).update(before)
        return None if changed else tape

    def _agrees(self, tape: Tape, hand: Hand, time: Any) -> bool:
        """Return whether tape and formula apply and return the same bits in a state that both have never seen."""
        with _kept(tape.roots), np.errstate(all="ignore"):
            rng = np.random.default_rng(0)
            for root in tape.roots:
                root[...] = rng.normal(size=root.shape)
            with _kept(tape.roots):
                if not tape.play():
                    return False
                played = _bits(tape.roots), _bits(tape.result)
            try:
                returned = hand.act(time)
            except Exception:  # noqa: BLE001 - a formula that refuses a state cannot be compared in it
                return False
            return played == (_bits(tape.roots), _bits(returned))


@contextmanager
def _kept(arrays: list[np.ndarray]) -> Iterator[None]:
    """Put the arrays' numbers back at the end."""
    before = [array.copy() for array in arrays]
    try:
        yield
    finally:
        for array, numbers in zip(arrays, before, strict=True):
            array[...] = numbers


def _bits(values: Any) -> Any:
    """Return the bytes of numbers, arrays, or (nested) sequences of these."""
    return [_bits(value) for value in values] if isinstance(values, list | tuple) else np.asarray(values).tobytes()


def varies(value: Any) -> bool:
    """Return whether a load, or a value of it, is more than numbers: a table over time, or the user's function."""
    if isinstance(value, BaseModel):
        return any(varies(getattr(value, name)) for name in type(value).model_fields)
    if isinstance(value, tuple | list):
        return any(map(varies, value))
    return callable(value) or isinstance(value, Table | Tables)
