"""Frames: the states of a run from which its films are made afterwards, saved at the films' rate, and at its end.

A frame holds the simulation's whole state before its step, with the applied forces in it, and what every load has
applied. A frame takes 8·(1 + n + m) bytes before compression, where n is mj_stateSize(model, SIGNATURE), about
2·nq + 3·nv + nu + 6·nbody, and m the number of recorded components of the loads.
"""

import json
import math
import time as clock
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mojo.errors import TrialError
from mojo.runtime.end_state import SIGNATURE
from mojo.runtime.loads.base import Hand, Load
from mojo.runtime.recorder import Recorder
from mojo.runtime.telemetry import TelemetryWriter

_BLOCK_BYTES = 1_000_000
_FLUSH_SECONDS = 1.0  # a slow simulation hands its frames over at least this often, so that a kill loses little
_CLOCK_TOLERANCE = 1e-3  # as a share of the timestep: the clock is a sum of timesteps

Plan = list[dict[str, Any]]


def plan_of(recorders: Iterable[Recorder]) -> Plan:
    """Return which instants the recorders need, JSON-able; recorders that differ in what they show need the same."""
    plan: Plan = []
    for recorder in recorders:
        trigger = recorder.trigger
        if recorder.format is not None:
            start, stop = (trigger.start, trigger.stop) if trigger else (None, None)
            plan.append({"interval": recorder.interval, "start": start, "stop": stop})
        plan += [{"snapshot": instant} for instant in recorder.snapshots]
    return [entry for number, entry in enumerate(plan) if entry not in plan[:number]]


class FrameClock:
    """Tells when the next frame is due.

    Args:
        plan: What `plan_of` returned.
        start: The time [s] of the first step.
        timestep: The model's [s].

    Attributes:
        due: The step that begins at this time or later [s] is the next frame; inf after the last.
    """

    def __init__(self, plan: Plan, start: float, timestep: float) -> None:
        self._slack = _CLOCK_TOLERANCE * timestep
        self._series = [self._ticks(entry, start) for entry in plan]
        self.due = math.inf
        self.pass_by(-math.inf)

    @staticmethod
    def _ticks(entry: dict[str, Any], start: float) -> tuple[float, float, float]:
        """Return first instant, interval and last instant."""
        if "snapshot" in entry:
            return entry["snapshot"], math.inf, entry["snapshot"]
        first = start if entry["start"] is None else max(start, entry["start"])
        return first, entry["interval"], math.inf if entry["stop"] is None else entry["stop"]

    def pass_by(self, time: float) -> None:
        """Move `due` to the first instant after `time` [s]."""
        self.due = min((self._after(time, *ticks) for ticks in self._series), default=math.inf)

    def _after(self, time: float, first: float, interval: float, last: float) -> float:
        passed = time + self._slack
        following = first
        if passed >= first:
            following = first + (math.floor((passed - first) / interval) + 1) * interval
        return following - self._slack if following <= last + self._slack else math.inf


class FrameWriter:
    """Writes the frames of one run.

    while stepping:
        if writer.is_pending:
            writer.settle()
        if time >= writer.due:
            writer.add(time, state, record)

    Args:
        path: The file; an older one is removed.
        model: The model.
        loads: What acts on it; `add` gets what they record, one after the other.
        recorders: What is to be filmed.
        start: The time [s] of the first step.

    Attributes:
        last: The time of the last frame [s]; -inf before the first, inf where none is asked for.
        is_pending: Whether it is to be told, before the next step, that the one of the last frame has been taken.
    """

    def __init__(
        self, path: Path, model: mujoco.MjModel, loads: Sequence[Load], recorders: Sequence[Recorder], start: float
    ) -> None:
        path.unlink(missing_ok=True)
        plan = plan_of(recorders)
        self._clock = FrameClock(plan, start, model.opt.timestep)
        self._writer = TelemetryWriter(path)
        self._state_size = mujoco.mj_stateSize(model, SIGNATURE)
        layout = [(load.name, record.attribute, len(record.units)) for load in loads for record in load.recorded(model)]
        self._record_size = sum(size for _, _, size in layout)
        self._schema = self._columns(plan, layout)
        width = 1 + self._state_size + self._record_size
        self._block = np.empty((max(1, min(1024, _BLOCK_BYTES // (8 * width))), width))
        self._rows, self._flushed = 0, clock.monotonic()
        self._empty = True
        self.last, self.is_pending = -math.inf if plan else math.inf, False

    def _columns(self, plan: Plan, layout: list[tuple[str, str, int]]) -> pa.Schema:
        """Return the columns; what a reader must know stands in the fields, so that a killed run leaves it too."""
        state = pa.list_(pa.float64(), self._state_size)
        fields = [
            pa.field("time", pa.float64(), False, {"unit": "s", "plan": json.dumps(plan)}),
            pa.field("state", state, False, {"signature": str(SIGNATURE)}),
        ]
        if self._record_size:
            records = pa.list_(pa.float64(), self._record_size)
            fields.append(pa.field("loads", records, False, {"layout": json.dumps(layout)}))
        return pa.schema(fields)

    @property
    def due(self) -> float:
        """The step that begins at this time or later [s] is the next frame; inf after the last."""
        return self._clock.due

    def add(self, time: float, state: np.ndarray, record: Sequence[float] | np.ndarray) -> None:
        """Add the frame of one instant.

        Args:
            time: The instant [s].
            state: As mj_getState gives it for SIGNATURE, with the loads applied, shape (mj_stateSize,).
            record: What the loads record, in their order.
        """
        row = self._block[self._rows]
        row[0] = time
        row[1 : 1 + self._state_size] = state
        row[1 + self._state_size :] = record
        self._rows += 1
        self._clock.pass_by(time)
        self.last, self.is_pending = time, True

    def settle(self) -> None:
        """Hand over what there is, if it is time: the step whose frame was added last has been taken."""
        self.is_pending = False
        if self._rows == len(self._block) or clock.monotonic() - self._flushed > _FLUSH_SECONDS:
            self._writer.append(self._batch())
            self._rows, self._flushed, self._empty = 0, clock.monotonic(), False

    def _batch(self) -> pa.RecordBatch:
        rows = self._block[: self._rows]
        parts = np.split(rows, [1, 1 + self._state_size], axis=1)
        time, state, record = (_array(np.ascontiguousarray(part)) for part in parts)
        arrays = [time, pa.FixedSizeListArray.from_arrays(state, self._state_size)]
        if self._record_size:
            arrays.append(pa.FixedSizeListArray.from_arrays(record, self._record_size))
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)

    def close(self, broken_at: float = math.inf) -> None:
        """Finish the file; a run without frames has none.

        Args:
            broken_at: When the step begins that could not be taken [s], whose frame no row of the telemetry has.
        """
        if self.is_pending and self._block[self._rows - 1, 0] >= broken_at:
            self._rows -= 1
        if self._rows or not self._empty:
            self._writer.close(self._batch(), {})


class FrameTaker:
    """Takes the frames of one MjData, after its loads have been applied.

    Attributes:
        is_last: Whether the next look is at the end of the run, of which there is a frame in any case.
    """

    def __init__(self, data: mujoco.MjData, model: mujoco.MjModel, hands: Sequence[Hand], writer: FrameWriter) -> None:
        self._model, self._data, self._hands, self._writer = model, data, hands, writer
        self.is_last = False
        self._state = np.empty(mujoco.mj_stateSize(model, SIGNATURE))

    def look(self, time: float) -> None:
        """Take a frame if one is due at `time` [s]."""
        if self._writer.is_pending:
            self._writer.settle()
        if time >= self._writer.due or (self.is_last and time > self._writer.last):
            mujoco.mj_getState(self._model, self._data, self._state, SIGNATURE)
            self._writer.add(time, self._state, [number for hand in self._hands for number in hand.record])

    def close(self, broken_at: float = math.inf) -> None:
        """Finish the file, without the frame of a step that could not be taken from `broken_at` [s] on."""
        self._writer.close(broken_at)


@dataclass(frozen=True)
class Frames:
    """The frames of one run.

    Attributes:
        times: Their instants [s], ascending, shape (n,).
        states: As mj_getState gives them for SIGNATURE, shape (n, mj_stateSize).
        loads: What each load has recorded, by its name and attribute, shape (n, number of components).
        plan: Which instants were asked for.
    """

    times: np.ndarray
    states: np.ndarray
    loads: dict[str, dict[str, np.ndarray]]
    plan: Plan

    def serve(self, recorders: Iterable[Recorder]) -> bool:
        """Return whether these are the frames that the recorders need."""
        return all(entry in self.plan for entry in plan_of(recorders))

    def at(self, instants: np.ndarray, timestep: float) -> np.ndarray:
        """Return which frames show the `instants` [s]: the first that is not earlier, at most the last."""
        found = np.searchsorted(self.times, instants - _CLOCK_TOLERANCE * timestep)
        return np.minimum(found, len(self.times) - 1)

    def have(self, instants: np.ndarray, timestep: float) -> np.ndarray:
        """Return whether there is a frame of each instant [s]: of the first step that begins there or later."""
        found = np.searchsorted(self.times, instants - _CLOCK_TOLERANCE * timestep)
        late = self.times[np.minimum(found, len(self.times) - 1)] - instants
        return (found < len(self.times)) & (late < (1.0 - _CLOCK_TOLERANCE) * timestep)


def read_frames(path: Path) -> Frames:
    """Return the frames that a run has saved.

    Raises:
        TrialError: Another MuJoCo has written them.
    """
    table = pq.ParquetFile(path).read(use_threads=False)  # read_table would import pandas, where it is installed
    metadata = {field.name: field.metadata for field in table.schema}
    signature = int(metadata["state"][b"signature"])
    if signature != SIGNATURE:
        raise TrialError(f"{path} holds states of signature {signature}, but this MuJoCo reads {SIGNATURE}.")
    arrays = {name: _matrix(table[name]) for name in table.column_names if name != "time"}
    loads: dict[str, dict[str, np.ndarray]] = {}
    begin = 0
    for load, attribute, size in json.loads(metadata["loads"][b"layout"]) if "loads" in metadata else []:
        loads.setdefault(load, {})[attribute] = arrays["loads"][:, begin : begin + size]
        begin += size
    return Frames(_numbers(table["time"].chunks), arrays["state"], loads, json.loads(metadata["time"][b"plan"]))


def _array(numbers: np.ndarray) -> pa.Array:
    # pa.array would import pandas, where it is installed
    return pa.Array.from_buffers(pa.float64(), numbers.size, [None, pa.py_buffer(numbers)])


def _matrix(column: pa.ChunkedArray) -> np.ndarray:
    return _numbers([chunk.values for chunk in column.chunks]).reshape(len(column), -1)


def _numbers(chunks: Sequence[pa.Array]) -> np.ndarray:
    # to_numpy and flatten would import pandas, where it is installed, and pyarrow.compute: a third of a film of 3 s
    return np.concatenate([np.from_dlpack(chunk) for chunk in chunks])
