"""Recording of a batch: copies what is asked for out of a Batch, row by row, and deals it to the telemetry files."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import mujoco
import numpy as np

from mojo.runtime.batch.plant import BatchPlant
from mojo.runtime.catalogue import Address
from mojo.runtime.computed import POINTS, PointVelocities, asked_points
from mojo.runtime.gauge import Gauge
from mojo.runtime.inputs import APPLIED
from mojo.runtime.loads.base import Hand
from mojo.runtime.proximity import WIDTH, Proximity
from mojo.runtime.recording import posted_columns, record_batch
from mojo.runtime.signals import TIME, Chosen, SignalManager
from mojo.runtime.spans import spans
from mojo.runtime.telemetry import TelemetryWriter

# What the acceleration stage computes, and what user code has applied, which is put back by then; all else is known
# before the loads are applied.
_ACCELERATIONS = frozenset({"qacc", "qfrc_actuator", "qfrc_constraint", "actuator_force", *APPLIED})
# Runs that fit need not be written twice, to the stream and to the file.
_BLOCK_BYTES = 128_000_000
_MOST_ROWS = 65536
# Rows are turned to columns in pieces that fit into the processor's caches: simulations whose numbers share cache
# lines, and few enough rows that their pages are known to it.
_TURNED_SIMULATIONS = 8
_TURNED_ROWS = 256

Copy = tuple[slice, np.ndarray]  # places in a row, and the live numbers that belong there, shape (places, nsim)


def needs_acceleration(model: mujoco.MjModel, address: Address) -> bool:
    """Return whether the value at `address` is known only after the accelerations are computed."""
    array, index = address
    if array == "sensordata":
        stages = np.repeat(model.sensor_needstage, model.sensor_dim)
        return bool(stages[index] == mujoco.mjtStage.mjSTAGE_ACC)
    return array in _ACCELERATIONS


class BatchRecording:
    """Rows of many runs that are stepped side by side.

    Args:
        plant: The simulations.
        models: The model of each.
        hands: Their loads' hands.
        proximities: Those of each.
        chosen: What is recorded, the same of each.
        writers: A telemetry file for each.
        signals: Where the user's code posts values.
    """

    def __init__(
        self,
        plant: BatchPlant,
        models: Sequence[mujoco.MjModel],
        hands: Sequence[Hand],
        proximities: Sequence[Sequence[Proximity]],
        chosen: Sequence[Chosen],
        writers: Sequence[TelemetryWriter],
        signals: SignalManager,
    ) -> None:
        self._chosen = chosen
        self._signals = signals
        self._writers = writers
        self._open = set(range(len(writers)))
        self._width = 1
        self._places: dict[Address, int] = {}
        self._computed: list[tuple[slice, Callable[[], Any]]] = []
        self._early: list[Copy] = []
        self._late: list[Copy] = []
        asked = {choice.address for choice in chosen}
        computed = self._plan_computed(plant, hands, asked) | self._plan_gauges(plant, models, proximities, asked)
        self._plan_arrays(plant, asked - computed)
        count = plant.batch.nsim
        rows = max(1, min(_MOST_ROWS, _BLOCK_BYTES // (8 * count * self._width)))
        self._block = np.empty((rows, self._width, count))
        self._row = 0
        signals.begin(rows, (column.name for column in (TIME, *(choice.column for choice in chosen))))

    @property
    def needs_accelerations(self) -> bool:
        """Whether anything is recorded that the acceleration stage computes."""
        return bool(self._late)

    def _plan_computed(self, plant: BatchPlant, hands: Sequence[Hand], asked: set[Address]) -> set[Address]:
        computed: set[Address] = set()
        for hand in hands:
            source = f"Loads/{hand.load.name}"
            addresses = [(source, number) for number in range(len(hand.silence))]
            if not asked.isdisjoint(addresses):
                self._compute(addresses, partial(getattr, hand, "record"))
                computed.update(addresses)
        for category in POINTS:
            ids, addresses = asked_points(category, asked)
            if ids:
                velocities = PointVelocities(plant.layout, category, ids, plant.batch.bind)
                self._compute(addresses, partial(_transposed, velocities))
                computed.update(addresses)
        return computed

    def _plan_gauges(
        self,
        plant: BatchPlant,
        models: Sequence[mujoco.MjModel],
        proximities: Sequence[Sequence[Proximity]],
        asked: set[Address],
    ) -> set[Address]:
        places = [n for n, each in enumerate(proximities[0]) if (f"Proximities/{each.name}", 0) in asked]
        if not places:
            return set()
        gauges = [Gauge(model, [own[n] for n in places]) for model, own in zip(models, proximities, strict=True)]
        names = [f"Proximities/{proximities[0][n].name}" for n in places]
        addresses = [(name, number) for name in names for number in range(WIDTH)]
        self._compute(addresses, partial(_measured, gauges, plant))
        return set(addresses)

    def _plan_arrays(self, plant: BatchPlant, asked: set[Address]) -> None:
        late = {address for address in asked if needs_acceleration(plant.layout, address)}
        self._add_arrays(self._early, plant, asked - late)
        self._add_arrays(self._late, plant, late)

    def _compute(self, addresses: Sequence[Address], values: Callable[[], Any]) -> None:
        self._places.update({address: self._width + number for number, address in enumerate(addresses)})
        self._computed.append((slice(self._width, self._width + len(addresses)), values))
        self._width += len(addresses)

    def _add_arrays(self, copies: list[Copy], plant: BatchPlant, addresses: Iterable[Address]) -> None:
        found, places = spans(addresses)
        self._places.update({address: self._width + place for address, place in places.items()})
        for array, begin, end in found:
            view = plant.batch.bind(array).reshape(plant.batch.nsim, -1)[:, begin:end]
            copies.append((slice(self._width, self._width + end - begin), view.T))
            self._width += end - begin

    def copy_state(self, time: float) -> None:
        """Copy the state and what is known before the accelerations are."""
        row = self._block[self._row]
        row[0] = time
        for place, numbers in self._early:
            row[place] = numbers
        for place, values in self._computed:
            _fill(row, place, values())

    def copy_accelerations(self) -> None:
        """Copy what the acceleration stage has computed."""
        row = self._block[self._row]
        for place, numbers in self._late:
            row[place] = numbers

    def commit(self) -> None:
        """Keep the row, and begin the next one."""
        if self._signals.posted:
            self._signals.take_row()
        self._row += 1
        if self._row == len(self._block):
            self._deal(lambda number, batch: self._writers[number].append(batch), self._open)
            self._signals.forget_block()
            self._row = 0
        self._signals.turn_to(self._row)

    def value(self, column: int) -> np.ndarray:
        """Return what the row that is being recorded holds in a column, shape (nsim,)."""
        place = 0 if column == 0 else self._places[self._chosen[column - 1].address]
        return self._block[self._row, place]

    def close(self, metadata: dict[int, dict[str, str]]) -> None:
        """Write the last rows of the simulations that have `metadata` for their files, and finish those."""
        self._open -= metadata.keys()
        self._deal(lambda number, batch: self._writers[number].close(batch, metadata[number]), metadata)

    def _deal(self, take: Callable[[int, Any], None], wanted: Iterable[int]) -> None:
        """Give each wanted simulation its rows, as columns."""
        columns = [choice.column for choice in self._chosen]
        places = [0, *(self._places[choice.address] for choice in self._chosen)]
        wanted = set(wanted)
        room = np.empty((_TURNED_SIMULATIONS, self._width, self._row))
        for first in range(0, len(self._writers), _TURNED_SIMULATIONS):
            part = self._block[: self._row, :, first : first + _TURNED_SIMULATIONS].transpose(2, 1, 0)
            if wanted.isdisjoint(range(first, first + len(part))):
                continue
            for row in range(0, self._row, _TURNED_ROWS):
                rows = slice(row, row + _TURNED_ROWS)
                room[: len(part), :, rows] = part[:, :, rows]
            for number, turned in enumerate(room[: len(part)], first):
                if number in wanted:
                    posted = posted_columns(self._signals, self._row, number)
                    take(number, record_batch(columns, [turned[place] for place in places], *posted))


def _measured(gauges: Sequence[Gauge], plant: BatchPlant) -> np.ndarray:
    """Return the proximities of every simulation, shape (numbers a simulation, nsim)."""
    places = zip(*(plant.batch.bind(name) for name in ("geom_xpos", "geom_xmat", "site_xpos")), strict=True)
    found = [gauge.measure(*place).copy() for gauge, place in zip(gauges, places, strict=True)]
    return np.reshape(found, (len(gauges), -1)).T


def _transposed(values: Callable[[], np.ndarray]) -> np.ndarray:
    return values().T


def _fill(row: np.ndarray, place: slice, values: Any) -> None:
    """Put values into their place of a row; those of a load are a tuple of arrays and numbers."""
    if isinstance(values, tuple):
        for number, value in enumerate(values, place.start):
            row[number] = value
    else:
        row[place] = values
