"""Where the engines and the reference differ."""

import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pyarrow as pa

from tests.differential.engines import Ran, run_in_both
from tests.differential.measure import key_of
from tests.differential.reference import Reference

# What rounding may do to a trial that is well conditioned: it decides when an iterative solver is content, which shows
# in accelerations most. And what a small disturbance tells of a trial that is not.
_TOLERANCE, _LOOSE_TOLERANCE, _NUDGE, _AMPLIFIED = 1e-8, 1e-6, 1e-11, 30.0
_ACCELERATIONS = {"qacc": 1000.0, "qfrc_constraint": 1000.0, "value": 1000.0}
_STATE = ("qpos", "qvel", "act", "time", "qacc")


class Report(list):
    """The differences that were found, and how the study was run.

    Attributes:
        engine: Which engine it takes, and why.
        sensitive: Trials that are so sensitive that the reference says nothing of them.
    """

    engine = ""
    sensitive = 0


def differences(study: dict[str, Any]) -> Report:
    """Return one line for each thing in which a study's trials differ."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="mojo-fuzz-") as folder:
        try:
            alone, beside, report.engine = run_in_both(study, Path(folder))
        except Exception:  # noqa: BLE001 - whatever a study leads to is what is searched for
            report.append(traceback.format_exc())
            return report
    for number, ran in enumerate(alone):
        report += [f"trial {number}: reference, loop: {found}" for found in _from_reference(study, number, ran, report)]
        if report.engine.startswith("batch"):
            report += [f"trial {number}: loop, batch: {found}" for found in _from_batch(ran, beside.get(number))]
    return report


def _from_batch(ran: Ran, other: Ran | None) -> Iterator[str]:
    """Yield where the engines differ in a bit."""
    if other is None:
        if ran.outcome == "success" and not ran.told["warnings"]:
            yield "the batch engine gave it up, but it is a success"
        return
    for name, value in ran.told.items():
        if value != other.told[name] and (value or other.told[name]):
            yield f"{name}: {value}, {other.told[name]}"
    if ran.outcome != "success":
        yield f"outcome: {ran.outcome} ({ran.error}), success"
        return
    if not np.array_equal(ran.state, other.state):
        yield f"end state: {ran.state}, {other.state}"
    if ran.table.column_names != other.table.column_names or ran.table.num_rows != other.table.num_rows:
        yield f"shape: {ran.table.shape}, {other.table.shape}"
        return
    for name in ran.table.column_names:
        ours, theirs = _numbers(ran.table, name), _numbers(other.table, name)
        wrong = np.flatnonzero(ours.view(np.int64) != theirs.view(np.int64))
        if wrong.size:
            yield f"{name}: row {wrong[0]}: {ours[wrong[0]]!r}, {theirs[wrong[0]]!r}"


def _numbers(table: pa.Table, name: str) -> np.ndarray:
    """Return a column; nan where it is null."""
    return table[name].to_numpy(zero_copy_only=False).astype(float)


def _from_reference(study: dict[str, Any], number: int, ran: Ran, report: Report) -> Iterator[str]:
    """Yield where the loop engine differs from the reference by more than rounding explains."""
    columns = _grouped(ran.table) if ran.table else {}
    right = Reference(study, number, list(columns)).run()
    near = Reference(study, number, list(columns), _NUDGE).run()
    if (right.outcome, right.steps, right.ended_by) != (near.outcome, near.steps, near.ended_by):
        report.sensitive += 1
        return
    if right.outcome != ran.outcome:
        yield f"outcome: {right.outcome}, {ran.outcome} ({ran.error})"
        return
    if right.outcome != "success":
        return
    if (right.steps, right.ended_by) != (ran.told["steps"], ran.told["ended_by"]):
        yield f"end: {(right.steps, right.ended_by)}, {(ran.told['steps'], ran.told['ended_by'])}"
        return
    if len(right.rows) != ran.table.num_rows:
        yield f"rows: {len(right.rows)}, {ran.table.num_rows}"
        return
    exact = not right.loads
    tolerance = _TOLERANCE if right.m.opt.solver == mujoco.mjtSolver.mjSOL_NEWTON else _LOOSE_TOLERANCE
    for key, names in columns.items():
        found = np.array([_numbers(ran.table, name) for name in names]).T
        expected, other = (_column(run.rows, key, found.shape) for run in (right, near))
        attribute = key.split("/")[-1]
        bits = exact and attribute in ("qpos", "qvel", "act", "ctrl", "time")
        room = tolerance * _ACCELERATIONS.get(attribute, 1.0)
        yield from _wrong(key, expected, other, found, 0.0 if bits else room)
    ended = mujoco.MjData(right.m)
    mujoco.mj_setState(right.m, ended, ran.state, int(mujoco.mjtState.mjSTATE_INTEGRATION))
    mujoco.mj_forward(right.m, ended)
    for name in _STATE:
        values = [np.atleast_1d(getattr(data, name)) for data in (right.now, near.now, ended)]
        room = tolerance * _ACCELERATIONS.get(name, 1.0)
        yield from _wrong(f"end state: {name}", *values, 0.0 if exact and name != "qacc" else room)


def _wrong(what: str, expected: np.ndarray, other: np.ndarray, found: np.ndarray, tolerance: float) -> Iterator[str]:
    room = tolerance * (1.0 + np.nanmax(np.abs(expected), initial=0.0))
    with np.errstate(invalid="ignore"):
        room = room + (_AMPLIFIED if tolerance else 0.0) * np.nan_to_num(np.abs(expected - other))
        wrong = np.argwhere(~((np.abs(expected - found) <= room) | (np.isnan(expected) & np.isnan(found))))
    if wrong.size:
        place = tuple(wrong[0].tolist())
        yield f"{what}: {place}: {expected[place]!r}, {found[place]!r}"


def _grouped(table: pa.Table) -> dict[str, list[str]]:
    """Return the columns of each signal, by its name without components, e.g. "Bodies/b0/xpos"."""
    columns: dict[str, list[str]] = {}
    for name in table.column_names:
        columns.setdefault(key_of(name), []).append(name)
    return columns


def _column(rows: list[dict[str, Any]], key: str, shape: tuple[int, ...]) -> np.ndarray:
    return np.array([np.broadcast_to(np.ravel(row[key]), shape[1:]) for row in rows]).reshape(shape)
