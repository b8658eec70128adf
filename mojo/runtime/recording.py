"""Recording: copies what is asked for out of MjData, row by row, and hands full blocks to the telemetry."""

import time as clock
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from io import BytesIO
from struct import Struct

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

_BLOCK_BYTES = 2_500_000
_MOST_ROWS = 8192
_FEWEST_ROWS = 64
# A slow simulation hands its rows over at least this often, so that a kill loses little.
_FLUSH_SECONDS = 1.0

_number = Struct("d")

# What is copied, and what is computed and made bytes.
Plan = tuple[list[memoryview], list[tuple[Callable[..., bytes], Callable[[], Iterable[float]]]]]


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
        # The rows laid end to end: to write to a stream takes half the time of assigning to a part of an array.
        self._numbers = BytesIO()
        self._row = 0
        self._next_look = _FEWEST_ROWS
        self._last_flush = clock.monotonic()
        signals.begin(self._rows, self.columns)

    def _plan(self, data: mujoco.MjData, addresses: list[Address], computed: list[Computed]) -> None:
        """Lay out a row in the order in which it is copied, and find the place of every column in it."""
        copied = set(addresses).difference(*(source.addresses for source in computed))
        state = {address for address in copied if address[0] in _STATE}
        places: dict[Address, int] = {}
        self._width = 1
        self._early = self._plan_part(data, state, [source for source in computed if source.early], places)
        self._late = self._plan_part(data, copied - state, [source for source in computed if not source.early], places)
        self._places = [0, *(places[address] for address in addresses)]

    def _plan_part(
        self, data: mujoco.MjData, copied: set[Address], computed: list[Computed], places: dict[Address, int]
    ) -> Plan:
        views, found = copy_plan(data, copied)
        places.update({address: self._width + place for address, place in found.items()})
        self._width += sum(map(len, views))
        for source in computed:
            places.update({address: self._width + number for number, address in enumerate(source.addresses)})
            self._width += len(source.addresses)
        return views, [(Struct(f"{len(source.addresses)}d").pack, source.values) for source in computed]

    @property
    def needs_positions(self) -> bool:
        """Whether what is copied with the state follows from it, and so must be computed before."""
        return bool(self._early[1])

    def copy_state(self, time: float) -> None:
        """Copy what the integrator will overwrite."""
        self._numbers.write(_number.pack(time))
        self._copy(self._early)

    def copy_derived(self) -> None:
        """Copy what follows from the state, and is not overwritten before the next step."""
        self._copy(self._late)

    def _copy(self, plan: Plan) -> None:
        views, computed = plan
        self._numbers.writelines(views)
        for pack, values in computed:
            self._numbers.write(pack(*values()))

    def forget_row(self) -> None:
        """Drop what was copied into the row that is being recorded."""
        self._numbers.seek(8 * self._row * self._width)

    def value(self, column: int) -> float:
        """Return what the row that is being recorded holds in a column."""
        return _number.unpack_from(self._numbers.getbuffer(), 8 * (self._row * self._width + self._places[column]))[0]

    def commit(self) -> None:
        """Keep the row, and begin the next one."""
        if self._signals.posted:
            self._signals.take_row()
        self._row += 1
        if self._row == self._next_look:
            self._look()
        self._signals.turn_to(self._row)

    def _look(self) -> None:
        """Hand the block over if it is full or old."""
        if self._row == self._rows or clock.monotonic() - self._last_flush > _FLUSH_SECONDS:
            self._writer.append(self._batch())
            self._signals.forget_block()
            self._numbers.seek(0)
            self._row = 0
            self._last_flush = clock.monotonic()
        self._next_look = min(self._row + _FEWEST_ROWS, self._rows)

    def close(self, metadata: dict[str, str]) -> None:
        """Write the last rows, and finish the file."""
        self._writer.close(self._batch(), metadata)

    def _batch(self) -> pa.RecordBatch:
        rows = self._row
        numbers = np.frombuffer(self._numbers.getbuffer()[: 8 * rows * self._width])
        turned = numbers.reshape(rows, self._width).T.copy()
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
