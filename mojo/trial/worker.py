"""What runs in a worker process: one stage of some trials, each of which becomes data, whatever happens to it."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mojo import files
from mojo.errors import one_line
from mojo.layout import TrialLayout
from mojo.runtime.batch.vectorized import is_vectorized
from mojo.runtime.timers import time_stages
from mojo.runtime.warnings import print_warnings
from mojo.trial import command as commanding
from mojo.trial import generate as generating
from mojo.trial import score as scoring
from mojo.trial import simulate as simulating
from mojo.trial.context import Context, context
from mojo.trial.entry import is_retired
from mojo.trial.handover import restore_named
from mojo.trial.log import append, captured, log_traceback
from mojo.trial.posts import dropped_posts
from mojo.trial.side_by_side import simulate_side_by_side, simulate_vectorized
from mojo.trial.status import Stage, ended_before, is_done, lost_file, reached, read_status, write_stage
from mojo.trial.surroundings import surroundings
from mojo.trial.user_files import clear

print_warnings()
time_stages(False)


def run_trials(root: str, stage: Stage, rows: list[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], float]:
    """Run one stage of some trials; those that are complete are left alone.

    Args:
        root: The results folder of the study.
        stage: The stage to run.
        rows: One dict a trial with its number under "trial", for generate its whole row of the design.

    Returns:
        The trials' statuses, and the wall time [s] that they took together. Trials are left out where one before
        them has left something in this process that cannot be taken back.
    """
    started = time.perf_counter()
    current = context(root)
    statuses: list[dict[str, Any]] = []
    for row in rows:
        statuses.append(_record(current, stage, row, _run_trial(current, stage, row)))
        if is_retired():
            break
    return statuses, time.perf_counter() - started


def run_side_by_side(root: str, stage: Stage, rows: list[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], float]:
    """Simulate some trials with the batch engine; as `run_trials`, which takes care of all that it leaves."""
    started = time.perf_counter()
    current = context(root)
    due, finished = {}, {}
    for row in rows:
        trial = current.layout.trial(row["trial"])
        status = read_status(trial)
        fingerprint = _due(current, stage, row, trial, status)
        if fingerprint is not None:
            trial.frames.unlink(missing_ok=True)  # of an earlier run, which no film may show as this one's
            due[trial.number] = trial, fingerprint, status
            clear(trial, stage, status)
    with tempfile.TemporaryDirectory(prefix="mojo-batch-") as folder:
        log = Path(folder) / "log"
        with captured(log, stage):
            current.import_code()
            for trial, details in simulate_side_by_side(current, [trial for trial, _, _ in due.values()]):
                _, fingerprint, status = due.pop(trial.number)
                finished[trial.number] = write_stage(trial, stage, None, None, fingerprint, details, before=status)
                told = dropped_posts(details, current.frozen.study.record_decimation)
                append(trial.log, "\n".join([f"--- {stage}, side by side with others", *told]))
        for trial, _, _ in due.values():
            append(trial.log, log.read_text())
    if not is_retired():
        left, _ = run_trials(root, stage, [row for row in rows if row["trial"] not in finished])
        finished |= {status["trial"]: status for status in left}
    return list(finished.values()), time.perf_counter() - started


def _record(current: Context, stage: Stage, row: Mapping[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    """Return what the stage's table needs of a trial: its status, after generate with the named values."""
    if not status:
        error = "Its folder was removed while the study was running."
        return {"trial": row["trial"], "outcome": "failed", "stage": "generate", "error": error, "runs": {}}
    if stage == "generate" and status.get("generate", {"outcome": "failed"})["outcome"] in (None, "skipped"):
        return status | {"named": files.read_json(current.layout.trial(row["trial"]).config)["named"]}
    return status


def _run_trial(current: Context, stage: Stage, row: Mapping[str, Any]) -> dict[str, Any]:
    trial = current.layout.trial(row["trial"])
    status = read_status(trial)
    fingerprint = _due(current, stage, row, trial, status)
    if fingerprint is None:
        return status if ended_before(status, stage) else _reached(trial, stage, status)
    if stage == "simulate":
        trial.frames.unlink(missing_ok=True)  # of an earlier run, which no film may show as this one's
    with captured(trial.log, stage):
        try:
            current.import_code()
            clear(trial, stage, status)
            with surroundings(print):
                outcome, error, details = _run(current, stage, row, trial)
        except BaseException as failure:  # noqa: BLE001 - a trial becomes data, whatever its code raises
            log_traceback(failure)
            outcome, error, details = "failed", one_line(failure), {}
    return write_stage(trial, stage, outcome, error, fingerprint, details, before=status)


def _reached(trial: TrialLayout, stage: Stage, status: dict[str, Any]) -> dict[str, Any]:
    """Return the status of a trial whose stage still holds, although its model may have been generated anew."""
    if stage == "simulate" and status["stage"] == "generate":
        restore_named(trial, status)
    return reached(trial, stage, status)


def _due(
    current: Context, stage: Stage, row: Mapping[str, Any], trial: TrialLayout, status: dict[str, Any]
) -> str | None:
    """Return the fingerprint that the trial will have when it has run; None if it has ended or run already."""
    if ended_before(status, stage):
        return None
    fingerprint = _fingerprint(current, stage, row, status)
    done = is_done(status, stage, fingerprint) and lost_file(trial, stage, current.frozen.study, status) is None
    return None if done and (stage != "generate" or _can_be_read(trial)) else fingerprint


def _can_be_read(trial: TrialLayout) -> bool:
    """Return whether what generate tells later stages is JSON; a damaged file is made again."""
    try:
        return all(files.read_json(path) is not None for path in (trial.config, trial.named_values))
    except ValueError:
        return False


def _fingerprint(current: Context, stage: Stage, row: Mapping[str, Any], status: dict[str, Any]) -> str:
    if stage == "generate":
        return generating.fingerprint(current, row)
    return simulating.fingerprint(current, status) if stage == "simulate" else scoring.fingerprint(current, status)


def _run(
    current: Context, stage: Stage, row: Mapping[str, Any], trial: TrialLayout
) -> tuple[str | None, str | None, dict[str, Any]]:
    runs_command = current.frozen.study.command is not None
    if stage == "generate":
        made = (commanding if runs_command else generating).generate(current, row, trial)
        return (None if current.frozen.study.simulates else "skipped"), None, asdict(made)
    if stage == "simulate":
        vectorized = current.runtime is not None and is_vectorized(current.runtime)
        simulate = simulate_vectorized if vectorized else simulating.simulate
        outcome, error, details = (commanding.simulate if runs_command else simulate)(current, trial)
        for sentence in dropped_posts(details, current.frozen.study.record_decimation):
            print(sentence)
        return (None if outcome == "success" else outcome), error, details
    return "success", None, scoring.score(current, trial)
