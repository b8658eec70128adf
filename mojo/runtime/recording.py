"""Recording: copies what is asked for out of MjData, row by row, and hands full blocks to the telemetry."""

import time as clock
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import mujoco
import numpy as np
import pyarrow as pa

from mojo.runtime.catalogue import Address
from mojo.runtime.computed import Computed, computed_sources
from mojo.runtime.loads.base import Hand
from mojo.runtime.proximity import Proximity
from mojo.runtime.signals import TIME, Chosen, Column, SignalManager
from mojo.runtime.spans import spans
from mojo.runtime.telemetry import TelemetryWriter

# The arrays of MjData that are the state itself: the integrator overwrites them, so they are copied before it.
_STATE = frozenset({"qpos", "qvel", "act", "ctrl"})

_BLOCK_BYTES = 1_600_000
_MOST_ROWS = 4096
_FEWEST_ROWS = 64
# A slow simulation hands its rows over at least this often, so that a kill loses little.
_FLUSH_SECONDS = 1.0


def copy_plan(data: mujoco.MjData, addresses: Iterable[Address]) -> tuple[list[memoryview], dict[Address, int]]:
    """Return the fewest slices of MjData's arrays that hold all `addresses`, and where each one stands in them.

    To assign a memoryview takes a fifth of the time of asking NumPy.
    """
    found, places = spans(addresses)
    return [getattr(data, array).reshape(-1)[begin:end].data for array, begin, end in found], places


class Recording:
    """Rows of one run on their way from MjData to the telemetry file.

    Attributes:
        columns: Names of what is recorded of the model, `time` first.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        data: mujoco.MjData,
        hands: list[Hand],
        proximities: Sequence[Proximity],
        signals: SignalManager,
        writer: TelemetryWriter,
        chosen: list[Chosen],
    ) -> None:
        self._signals = signals
        self._writer = writer
        self._columns = [choice.column for choice in chosen]
        self.columns = [column.name for column in (TIME, *self._columns)]
        addresses = [choice.address for choice in chosen]
        self._plan(data, addresses, computed_sources(model, data, hands, proximities, set(addresses)))
        self._rows = max(_FEWEST_ROWS, min(_MOST_ROWS, _BLOCK_BYTES // (8 * self._width)))
        self._block = np.empty((self._rows, self._width))
        self._numbers: Any = self._block.reshape(-1).data
        self._row = 0
        self._next_look = _FEWEST_ROWS
        self._last_flush = clock.monotonic()
        signals.begin(self._rows, self.columns)

    def _plan(self, data: mujoco.MjData, addresses: list[Address], computed: list[Computed]) -> None:
        """Lay out a row: time, state, derived, computed; and find the place of every column in it."""
        copied = set(addresses).difference(*(source.addresses for source in computed))
        self._state, state = copy_plan(data, (address for address in copied if address[0] in _STATE))
        self._derived, derived = copy_plan(data, (address for address in copied if address[0] not in _STATE))
        self._state_end = 1 + sum(map(len, self._state))
        self._width = self._state_end + sum(map(len, self._derived))
        places = {address: 1 + place for address, place in state.items()}
        places |= {address: self._state_end + place for address, place in derived.items()}
        self._early: list[tuple[slice, Callable[[], Any]]] = []
        self._late: list[tuple[slice, Callable[[], Any]]] = []
        for source in computed:
            places |= {address: self._width + number for number, address in enumerate(source.addresses)}
            place = slice(self._width, self._width + len(source.addresses))
            (self._early if source.early else self._late).append((place, source.values))
            self._width = place.stop
        self._places = [0, *(places[address] for address in addresses)]

    def copy_state(self, time: float) -> None:
        """Copy what the integrator will overwrite."""
        at = self._row * self._width
        self._numbers[at] = time
        at += 1
        for view in self._state:
            self._numbers[at : at + len(view)] = view
            at += len(view)
        for place, values in self._early:
            self._block[self._row, place] = values()

    def copy_derived(self) -> None:
        """Copy what follows from the state, and is not overwritten before the next step."""
        at = self._row * self._width + self._state_end
        for view in self._derived:
            self._numbers[at : at + len(view)] = view
            at += len(view)
        for place, values in self._late:
            self._block[self._row, place] = values()

    def value(self, column: int) -> float:
        """Return what the row that is being recorded holds in a column."""
        return self._numbers[self._row * self._width + self._places[column]]

    def commit(self) -> None:
        """Keep the row, and begin the next one."""
        self._row += 1
        if self._row == self._next_look:
            self._look()
        self._signals.turn_to(self._row)

    def _look(self) -> None:
        """Hand the block over if it is full or old."""
        if self._row == self._rows or clock.monotonic() - self._last_flush > _FLUSH_SECONDS:
            self._writer.append(self._batch())
            self._signals.forget_block()
            self._row = 0
            self._last_flush = clock.monotonic()
        self._next_look = min(self._row + _FEWEST_ROWS, self._rows)

    def close(self, metadata: dict[str, str]) -> None:
        """Write the last rows, and finish the file."""
        self._writer.close(self._batch(), metadata)

    def _batch(self) -> pa.RecordBatch:
        rows = self._row
        turned = np.ascontiguousarray(self._block[:rows].T)
        added, more = posted_columns(self._signals, rows)
        return record_batch(self._columns, [turned[place] for place in self._places], added, more)


def posted_columns(
    signals: SignalManager, rows: int, simulation: int | None = None
) -> tuple[list[Column], list[pa.Array]]:
    """Return the columns that the user's code posted, and their values, null where none was posted.

    Args:
        signals: Where it posted them.
        rows: How many rows of the block are filled.
        simulation: Which of many simulations side by side; None where there is one.
    """
    arrays = []
    for signal in signals.posted.values():
        values = signal.values[:rows] if simulation is None else signal.values[:rows, simulation]
        arrays += [
            pa.array(column, mask=~signal.given[:rows]) for column in np.ascontiguousarray(values.reshape(rows, -1).T)
        ]
    return [column for signal in signals.posted.values() for column in signal.columns], arrays


def record_batch(
    columns: Sequence[Column], values: Sequence[np.ndarray], added: Sequence[Column] = (), more: Sequence[pa.Array] = ()
) -> pa.RecordBatch:
    """Return rows of telemetry.

    Args:
        columns: What is recorded in every row, `time` left out.
        values: `time` and a contiguous array of floats for each of them, shape (rows,).
        added: What the user's code posted.
        more: An array for each of those, with nulls.
    """
    buffers = [[None, pa.py_buffer(array)] for array in values]
    arrays = [pa.Array.from_buffers(pa.float64(), len(values[0]), each) for each in buffers]
    return pa.RecordBatch.from_arrays([*arrays, *more], schema=_schema((TIME, *columns), tuple(added)))


@lru_cache(maxsize=32)
def _schema(columns: tuple[Column, ...], posted: tuple[Column, ...]) -> pa.Schema:
    return pa.schema(
        [pa.field(column.name, pa.float64(), nullable=False, metadata=column.metadata) for column in columns]
        + [pa.field(column.name, pa.float64(), metadata=column.metadata) for column in posted]
    )
