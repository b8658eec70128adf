"""The samples of many recordings, a few at a time, so that memory stays low however many and long they are."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from mojo.layout import StudyLayout

TOGETHER_BYTES = 16 << 20
"""Samples that are read in one go."""
TOGETHER_FILES = 250
LARGE_FILE_BYTES = 16 << 20
"""Larger files are read alone, `PIECE_ROWS` at a time."""
PIECE_ROWS = 65_536

Paths = dict[int, Path]
Argument = TypeVar("Argument")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Piece:
    """Consecutive samples of trials whose times are equal."""

    trials: Sequence[int]
    time: np.ndarray
    """[s], shape (rows,)."""
    values: np.ndarray
    """float32, shape (signals, trials, rows); nan where nothing was recorded."""
    last: bool = True
    """Whether no more of these recordings follows."""
    repeated: int = 0
    """Samples at the beginning that the piece before ended with, so that the gap between is covered."""


@dataclass
class Recordings:
    """The recordings of some trials; iterating yields each as one or more pieces, in the order of `trials`.

    Args:
        layout: Where they lie.
        trials: Whose recordings to read.
        names: Signals to read; one that a recording lacks is nan throughout.
        rows: A guess at the samples in a recording, for choosing how many to read together.
    """

    layout: StudyLayout
    trials: Sequence[int]
    names: Sequence[str]
    rows: int
    missing: list[int] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)

    def __iter__(self) -> Iterator[Piece]:
        at_once = TOGETHER_BYTES // (8 * (len(self.names) + 1) * max(self.rows, 1))
        at_once = min(max(at_once, 1), TOGETHER_FILES)
        groups = (self.trials[first : first + at_once] for first in range(0, len(self.trials), at_once))
        for frame, together, alone in _one_ahead(self._read, groups):
            if frame is not None:
                yield from self._split(frame, together)
            for trial, path in alone.items():
                yield from self._read_alone(trial, path)

    def _read(self, trials: Sequence[int]) -> tuple[pl.DataFrame | None, Paths, Paths]:
        """Return the samples of the recordings that can be read together, these, and those to be read alone."""
        paths = {trial: self.layout.trial(trial).telemetry for trial in trials}
        small: Paths = {}
        large: Paths = {}
        for trial, path in paths.items():
            try:
                (small if path.stat().st_size <= LARGE_FILE_BYTES else large)[trial] = path
            except FileNotFoundError:
                self.missing.append(trial)
        try:
            return (_read_together(list(small.values()), self.names) if small else None), small, large
        except (pl.exceptions.PolarsError, OSError):  # one broken or unlike file spoils them all: one by one
            return None, {}, small | large

    def _split(self, frame: pl.DataFrame, paths: Paths) -> Iterator[Piece]:
        """Yield runs of neighbouring files with equal times."""
        runs = frame["path"].rle().struct.unnest()
        rows_of = dict(zip(runs["value"].to_list(), runs["len"].to_list(), strict=True))
        self.empty += [trial for trial, path in paths.items() if str(path) not in rows_of]
        trials = [trial for trial, path in paths.items() if str(path) in rows_of]
        time = frame["time"].to_numpy()
        values = _signals_first(frame, self.names)
        rows = runs["len"].to_numpy()
        starts = np.cumsum(rows) - rows
        for first, stop in _equal_neighbours(time, starts, rows):
            begin, end = starts[first], starts[stop - 1] + rows[stop - 1]
            block = values[:, begin:end].reshape(len(self.names), stop - first, -1)
            yield Piece(trials[first:stop], time[begin : begin + rows[first]], block)

    def _read_alone(self, trial: int, path: Path) -> Iterator[Piece]:
        """Yield one recording in pieces; each after the first begins with the last sample of the one before."""
        piece = None
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(PIECE_ROWS, use_threads=False):
                    frame = _chosen(pl.DataFrame(batch).lazy(), self.names).collect()
                    time, values = frame["time"].to_numpy(), _signals_first(frame, self.names)[:, None]
                    if piece is not None:
                        yield piece
                        time = np.append(piece.time[-1:], time)
                        values = np.concatenate([piece.values[..., -1:], values], axis=-1)
                    piece = Piece([trial], time, values, last=False, repeated=0 if piece is None else 1)
        except (pa.ArrowInvalid, pl.exceptions.PolarsError, OSError):  # the page names the trial
            self.unreadable.append(trial)
            return
        if piece is None:
            self.empty.append(trial)
        else:
            yield replace(piece, last=True)


def _one_ahead(call: Callable[[Argument], Result], arguments: Iterable[Argument]) -> Iterator[Result]:
    """Yield call(argument) for each; a thread is on the next one while whoever iterates works on this one."""
    with ThreadPoolExecutor(1) as thread:
        coming: Future[Result] | None = None
        for argument in arguments:
            done, coming = coming, thread.submit(call, argument)
            if done is not None:
                yield done.result()
        if coming is not None:
            yield coming.result()


def _equal_neighbours(time: np.ndarray, starts: np.ndarray, rows: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield (first, stop) of each run of neighbouring recordings whose times are equal."""
    first = 0
    for index in range(1, rows.size + 1):
        begin, end = starts[first], starts[first] + rows[first]
        ends = index == rows.size
        if ends or not np.array_equal(time[begin:end], time[starts[index] : starts[index] + rows[index]]):
            yield first, index
            first = index


def _read_together(paths: list[Path], names: Sequence[str]) -> pl.DataFrame:
    """Return the samples of all `paths`, one below the other, with the column `path`.

    Raises:
        PolarsError: A file is broken, or has a column that the first one lacks or has in another type.
    """
    frame = pl.scan_parquet(paths, glob=False, include_file_paths="path", missing_columns="insert")
    return _chosen(frame, names, "path").collect()


def _chosen(frame: pl.LazyFrame, names: Sequence[str], *others: str) -> pl.LazyFrame:
    """Return `others`, `time` and the signals `names` as float32, null where the frame lacks one."""
    there = set(frame.collect_schema().names())
    signals = [pl.col(name) if name in there else pl.lit(None).alias(name) for name in names]
    return frame.select(*others, pl.col("time").cast(pl.Float64), *(signal.cast(pl.Float32) for signal in signals))


def _signals_first(frame: pl.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Return the signals as float32, shape (signals, rows), nan for null."""
    return np.ascontiguousarray(frame.select(names).to_numpy().T)
