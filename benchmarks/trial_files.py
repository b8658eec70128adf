"""What the files of a trial take by themselves: MuJoCo's text and compiler, Parquet, and the file system."""

import time
from pathlib import Path

import mujoco
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from mojo.runtime.telemetry import _OPTIONS

SMALL = bytes(900)  # about what config.json, named_values.json and status.json hold


def replace(path: Path, content: bytes | memoryview) -> None:
    """Write a file under another name, and rename it, so that it is there whole or not at all."""
    part = path.with_name(f".part.{path.name}")
    part.write_bytes(content)
    part.replace(path)


def read(path: Path) -> pa.Table:
    """Return the telemetry of a trial."""
    return pq.ParquetFile(pa.BufferReader(path.read_bytes()), pre_buffer=False).read(use_threads=False)


def make_files(folder: Path, spec: mujoco.MjSpec, telemetry: pa.Table) -> None:
    """Write and read the files of a trial once for each stage that needs them."""
    folder.mkdir()
    replace(folder / "model.xml", spec.to_xml().encode())  # generate
    replace(folder / "config.json", SMALL)
    replace(folder / "named_values.json", SMALL)
    mujoco.MjModel.from_xml_path(str(folder / "model.xml"))  # simulate
    buffer = pa.BufferOutputStream()
    with pq.ParquetWriter(buffer, telemetry.schema, **_OPTIONS) as writer:
        writer.write_table(telemetry)
    replace(folder / "telemetry.parquet", memoryview(buffer.getvalue()))
    pl.from_arrow(read(folder / "telemetry.parquet"))  # score
    read(folder / "telemetry.parquet")  # report
    for _ in ("generate", "simulate", "score"):
        replace(folder / "status.json", SMALL)
        with (folder / "trial.log").open("ab", buffering=0) as log:
            log.write(bytes(40))


def seconds_of_files(folder: Path, spec: mujoco.MjSpec, telemetry: Path, count: int = 200) -> float:
    """Return the CPU time [s] that the files of one trial take.

    Args:
        folder: Where they are written.
        spec: The trial's model, compiled.
        telemetry: Its recording.
        count: How many trials are written, of which this is the mean.
    """
    table = read(telemetry)
    begun = time.process_time()
    for number in range(count):
        make_files(folder / f"{number:06d}", spec, table)
    return (time.process_time() - begun) / count
