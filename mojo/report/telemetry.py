"""Recorded signals: which there are, and which of them are shown."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

MAX_SIGNALS = 24
MAX_WANTED = 100
"""Signals that are drawn where some are asked for: 60 kB each on the page, with lines of five trials."""


@dataclass(frozen=True)
class Signal:
    """A recorded column and what its field says of it."""

    name: str
    unit: str | None = None
    frame: str | None = None
    instant: str | None = None
    steps: bool = False
    """Whole numbers and truth values hold between samples; others are interpolated."""

    @property
    def notes(self) -> list[str]:
        """What must be known to read it, in words: its frame, and its instant where that is not the row's own."""
        found = [f"in the frame {self.frame}"] if self.frame else []
        return found + ([self.instant] if self.instant and self.instant != "time" else [])

    @property
    def category(self) -> str:
        return self.name.split("/", 1)[0]


def scout(paths: Iterable[Path]) -> tuple[list[Signal], float, float, np.ndarray]:
    """Return what some recordings hold: numeric signals, first and last time [s], and the times of the longest.

    Signals come in the order of first appearance, without `time`. A recording that is absent, broken or empty
    is passed over; times are nan and empty where that is all there are.
    """
    signals: dict[str, Signal] = {}
    start, end, longest = math.nan, math.nan, np.empty(0)
    for path in paths:
        try:
            with pq.ParquetFile(path) as file:
                times, fields = read_column(file, "time"), file.schema_arrow
        except (pa.ArrowInvalid, OSError):  # whoever reads all trials names this one
            continue
        signals |= {f.name: _signal(f) for f in fields if _is_signal(f) and f.name not in signals}
        if times.size:
            start, end = float(np.fmin(start, times[0])), float(np.fmax(end, times[-1]))
            longest = times if not longest.size or times[-1] > longest[-1] else longest
    return list(signals.values()), start, end, longest


def read_column(file: pq.ParquetFile, name: str) -> np.ndarray:
    """Return a column of numbers or truth values as float64, shape (rows,), nan for null.

    Polars converts it, because Arrow's own `to_numpy` takes half a second to import pandas where that is installed.
    """
    return pl.DataFrame(file.read(columns=[name], use_threads=False))[name].cast(pl.Float64).to_numpy()


def _is_signal(field: pa.Field) -> bool:
    kind = field.type
    if field.name == "time":
        return False
    return pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)


def _signal(field: pa.Field) -> Signal:
    said = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    steps = not pa.types.is_floating(field.type)
    unit = said.get("unit") if said.get("unit") != "1" else None  # a number without a unit
    return Signal(field.name, unit, said.get("frame"), said.get("instant"), steps)


def pick(signals: Sequence[Signal], limit: int) -> list[Signal]:
    """Return at most `limit` signals, taken in turn from each category, in their recorded order."""
    waiting: dict[str, list[Signal]] = {}
    for signal in signals:
        waiting.setdefault(signal.category, []).append(signal)
    rounds = max((len(group) for group in waiting.values()), default=0)
    in_turn = [group[turn] for turn in range(rounds) for group in waiting.values() if turn < len(group)]
    chosen = set(in_turn[:limit])
    return [signal for signal in signals if signal in chosen]


def choose(signals: Sequence[Signal], wanted: Sequence[str]) -> tuple[list[Signal], list[str]]:
    """Return the signals that are drawn, and which of `wanted` fit none.

    Args:
        signals: All there are.
        wanted: Names of columns, vectors or elements, or patterns with '*', as in the study's `signals`; in their
            order, up to `MAX_WANTED` signals. Empty: `MAX_SIGNALS` of all.
    """
    if not wanted:
        return pick(signals, MAX_SIGNALS), []
    fitting = {text: [signal for signal in signals if _fits(signal.name, text)] for text in wanted}
    chosen = dict.fromkeys(signal for found in fitting.values() for signal in found)
    return list(chosen)[:MAX_WANTED], [text for text, found in fitting.items() if not found]


def _fits(name: str, text: str) -> bool:
    """Return whether a column is `text`, lies below it, or matches it as a wildcard."""
    name, text = name.replace(":", "/"), text.replace(":", "/")
    return name == text or name.startswith(f"{text}/") or fnmatchcase(name, text) or fnmatchcase(name, f"{text}/*")
