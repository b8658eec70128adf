"""status.json: how far a trial has come, how each stage ended, and how often it ran."""

import json
from pathlib import Path
from typing import Any, Literal

from mojo import files
from mojo.columns import RETRIED
from mojo.layout import TrialLayout
from mojo.study.kinds import Study

Stage = Literal["generate", "simulate", "score"]
STAGES: tuple[Stage, ...] = ("generate", "simulate", "score")


def read_status(trial: TrialLayout) -> dict[str, Any]:
    """Return the trial's status, or {} where there is none that can be read."""
    try:
        status = json.loads(trial.status.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return status if isinstance(status, dict) else {}


def write_stage(
    trial: TrialLayout,
    stage: Stage,
    outcome: str | None,
    error: str | None = None,
    fingerprint: str = "",
    details: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Record that `stage` has run, and return the new status.

    Args:
        trial: The trial's files.
        stage: The stage that ran.
        outcome: How the trial ended, or None if the next stage goes on with it.
        error: The reason on one line.
        fingerprint: Digest of everything that this run of the stage depended on.
        details: What else the stage tells, JSON-able.
        before: What `read_status` returned before the stage ran, if that is known.
    """
    old = read_status(trial) if before is None else before
    runs = {name: old.get("runs", {}).get(name, 0) for name in STAGES}
    runs[stage] += 1
    # What followed a model that is generated anew may still hold: fingerprints tell, when its turn comes.
    others = STAGES if stage == "generate" else STAGES[: STAGES.index(stage)]
    kept = {name: old[name] for name in others if name in old}
    status = {"trial": trial.number, "outcome": outcome, "stage": stage, "error": error, "runs": runs} | kept
    status[stage] = {"outcome": outcome, "error": error, "fingerprint": fingerprint} | (details or {})
    files.write_json(trial.status, status)
    return status


def reached(trial: TrialLayout, stage: Stage, status: dict[str, Any]) -> dict[str, Any]:
    """Return the status of a trial whose `stage` is done; one that an earlier stage has set back is written anew."""
    if STAGES.index(status["stage"]) >= STAGES.index(stage):
        return status
    record = status[stage]
    status = status | {"stage": stage, "outcome": record["outcome"], "error": record["error"]}
    files.write_json(trial.status, status)
    return status


def is_done(status: dict[str, Any], stage: Stage, fingerprint: str) -> bool:
    """Return whether `stage` has run with this fingerprint and need not run again."""
    record = status.get(stage)
    return record is not None and record["fingerprint"] == fingerprint and record["outcome"] not in RETRIED


def ended_before(status: dict[str, Any], stage: Stage) -> bool:
    """Return whether the trial ended in a stage before `stage`."""
    return any(
        status.get(name, {"outcome": "failed"})["outcome"] not in (None, "success")
        for name in STAGES[: STAGES.index(stage)]
    )


def is_there(path: Path) -> bool:
    """Return whether a file has any content: one that a power failure took may have kept its name."""
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _lost(path: Path) -> str:
    return "is empty" if path.exists() else "is missing"


def files_of(trial: TrialLayout, stage: Stage, study: Study) -> tuple[Path, ...]:
    """Return the files that a stage leaves in a trial's folder, and without which it must run again."""
    if study.command is None:
        made = {"generate": (trial.model, trial.config, trial.named_values), "simulate": (trial.telemetry,)}
    else:
        made = {"generate": (trial.config, trial.named_values)}
        made |= {"simulate": (trial.metrics,)} if study.command.score else {}
    return made.get(stage, ())


def lost_file(trial: TrialLayout, stage: Stage, study: Study, status: dict[str, Any]) -> str | None:
    """Return which file of a stage is gone, as "its model.xml is missing"; None if all that it made are there."""
    for path in files_of(trial, stage, study):
        if not is_there(path):
            return f"its {path.name} {_lost(path)}"
    for name in status.get(stage, {}).get("files", ()):  # what the user's code left, which may be empty
        if not (trial.folder / name).exists():
            return f"its {name} is missing"
    return None


def stage_due(trial: TrialLayout, study: Study, status: dict[str, Any] | None = None) -> tuple[Stage, str] | None:
    """Return the stage from which a trial must run again and why, or None if its folder is complete.

    Args:
        trial: The trial's files.
        study: The study, which says what its trials leave.
        status: What `read_status` returned, if that has been done already.
    """
    status = read_status(trial) if status is None else status
    if not status:
        reason = "its status.json cannot be read" if trial.status.exists() else "it has no status.json"
        return "generate", reason if trial.folder.exists() else "its folder is missing"
    if status["stage"] != "generate" and (lost := lost_file(trial, "generate", study, status)):
        return "generate", lost
    if status["outcome"] in RETRIED:
        return status["stage"], f"it ended as {status['outcome']}"
    if study.simulates and status["stage"] == "generate":
        return "simulate", "it has not been simulated"
    if study.simulates and (lost := lost_file(trial, "simulate", study, status)):
        return "simulate", lost
    if status["outcome"] is None:
        return "score", "it has not been scored"
    lost = lost_file(trial, "score", study, status)
    return None if lost is None else ("score", lost)
