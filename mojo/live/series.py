"""Recorded signals of single trials: which there are, their samples for a screen, and all of them as CSV."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from mojo.errors import TrialError

TIME = "time"


def catalogue(telemetry: Path) -> list[dict[str, str]]:
    """Return name, unit, frame and instant of each signal that a trial recorded.

    Raises:
        TrialError: There is no recording that can be read.
    """
    try:
        fields = pq.read_schema(telemetry)
    except (pa.ArrowInvalid, OSError) as error:
        raise TrialError(f"'{telemetry.name}' of trial {telemetry.parent.name} cannot be read.") from error
    return [{"name": field.name, **_told(field)} for field in fields if field.name != TIME and _is_number(field.type)]


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)


def _told(field: pa.Field) -> dict[str, str]:
    said = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    return {key: said.get(key, "") for key in ("unit", "frame", "instant")}


def samples(
    telemetry: Path, names: Sequence[str], points: int, span: tuple[float, float] | None = None
) -> dict[str, dict[str, list[Any]]]:
    """Return the times and values of some signals, None where one is not finite; names not recorded are left out.

    Args:
        telemetry: The recording.
        names: The signals.
        points: About how many a screen can show.
        span: First and last time [s] to show; None for all.

    Raises:
        TrialError: There is no recording that can be read.
    """
    frame = _read(telemetry, names, span)
    time = frame[TIME].to_numpy()
    found = {}
    for name in frame.columns[1:]:
        values = frame[name].to_numpy()
        kept = kept_rows(values, points)
        found[name] = {
            "time": time[kept].tolist(),
            "values": [value if np.isfinite(value) else None for value in values[kept].tolist()],
        }
    return found


def _read(telemetry: Path, names: Sequence[str], span: tuple[float, float] | None) -> pl.DataFrame:
    known = [signal["name"] for signal in catalogue(telemetry)]
    scan = pl.scan_parquet(telemetry, glob=False)
    if span is not None:
        scan = scan.filter(pl.col(TIME).is_between(*span))
    columns = [pl.col(name).cast(pl.Float64) for name in dict.fromkeys(names) if name in known]
    return scan.select(pl.col(TIME).cast(pl.Float64), *columns).collect()


def kept_rows(values: np.ndarray, points: int) -> np.ndarray:
    """Return ascending rows of at most about `points` samples that show all of `values`, shape (n,).

    The first and the last row, and of each of points/2 equal pieces the rows of the least and the greatest value, so
    that no peak is skipped. Of pieces without any finite number the first row is kept: it shows as a gap.
    """
    pieces = max(points // 2, 1)
    if values.size <= 2 * pieces:
        return np.arange(values.size)
    starts = np.linspace(0, values.size, pieces + 1).astype(int)[:-1]
    known = np.isfinite(values)
    low, high = np.where(known, values, np.inf), np.where(known, values, -np.inf)
    piece = np.repeat(np.arange(pieces), np.diff(np.append(starts, values.size)))
    least = np.lexsort((low, piece))[starts]
    greatest = np.lexsort((-high, piece))[starts]
    return np.unique(np.concatenate([[0], least, greatest, [values.size - 1]]))


def csv(recordings: Sequence[tuple[int, Path]], names: Sequence[str]) -> Iterator[str]:
    """Yield all samples of some signals as CSV, trial after trial; the heading gives the units.

    A signal that a trial did not record is empty there.
    """
    units = {signal["name"]: signal["unit"] for _, path in reversed(recordings) for signal in catalogue(path)}
    wanted = list(dict.fromkeys(names))
    titles = {name: f"{name} [{units[name]}]" if units.get(name) else name for name in wanted}
    for index, (trial, path) in enumerate(recordings):
        frame = _read(path, wanted, None)
        columns = [pl.col(name) if name in frame.columns else pl.lit(None).alias(name) for name in wanted]
        table = frame.select(pl.lit(trial).alias("trial"), pl.col(TIME), *columns)
        yield table.rename({TIME: "time [s]"} | titles).write_csv(include_header=index == 0)
