"""Due: batches whose tables are there, but contradicted by their trials' folders."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mojo import files
from mojo.columns import RETRIED
from mojo.layout import StudyLayout
from mojo.study.frozen import FrozenStudy
from mojo.trial.status import Stage, read_status, stage_due

SHOWN = 5


@dataclass
class Due:
    """What must run again although its tables exist.

    Attributes:
        tables: The tables to be made anew.
        reasons: "trial 000017: its telemetry.parquet is missing".
        complete: The outcome of each trial whose folder is complete.
    """

    tables: list[Path] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    complete: dict[int, str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Return the reasons, the first few in full."""
        more = len(self.reasons) - SHOWN
        return self.reasons[:SHOWN] + ([f"and {more} more"] if more > 0 else [])


def find_due(layout: StudyLayout, frozen: FrozenStudy) -> Due:
    """Return the tables that the folders of their trials contradict, and why.

    Batches without a table are left to Snakemake, which makes what is missing anyway.
    """
    due = Due()
    for batch in frozen.batches:
        _look_at_batch(layout, frozen, batch, due)
        if frozen.study.SEARCHES:
            _look_at_clock(layout, frozen, batch, due)
    return due


def films_due(layout: StudyLayout) -> str | None:
    """Return why films must be made again, although there is a films.json; None if all that it tells is there."""
    if not layout.films.exists():
        return None
    told = files.read_json(layout.films)
    if told["problem"]:
        return "the films could not be made"
    for number, made in told["trials"].items():
        folder = layout.trial(int(number)).folder
        for name, film in made.items():
            if "error" in film:
                return f"film '{name}' of trial {number} could not be made"
            for file in [*film["files"], *([film["poster"]] if film.get("poster") else [])]:
                if not (folder / file).exists():
                    return f"trial {number}: its {file} is missing"
    return None


def _look_at_clock(layout: StudyLayout, frozen: FrozenStudy, batch: int, due: Due) -> None:
    """Ask again for a batch that was not asked for, because of a time limit that has changed."""
    from mojo.trial.stopwatch import read_clock  # loads Arrow

    clock = read_clock(layout, batch)
    if clock is not None and clock.stopped and clock.limit != frozen.study.time_limit(batch):
        due.tables.append(layout.table("design", batch))
        due.reasons.append(f"batch {batch} is asked for: the time limit of the search has changed")


def _trials(layout: StudyLayout, frozen: FrozenStudy, batch: int) -> Sequence[int]:
    """Return the trials that a batch has: fewer than planned in a search, or in a study that has stopped."""
    if not frozen.study.decided_by(batch) or not layout.table("design", batch).exists():
        return frozen.trials(batch)
    from mojo.trial.tables import trials_of_design

    return trials_of_design(layout, batch)


def _is_history(layout: StudyLayout, frozen: FrozenStudy, batch: int) -> bool:
    """Return whether a search has gone on from a batch, so that what failed there stays as the sampler was told."""
    is_decided = frozen.study.SEARCHES and batch in frozen.study.decided_by(batch + 1)
    return is_decided and layout.table("design", batch + 1).exists()


def _look_at_batch(layout: StudyLayout, frozen: FrozenStudy, batch: int, due: Due) -> None:
    stages: dict[Stage, None] = {}
    is_history = _is_history(layout, frozen, batch)
    for number in _trials(layout, frozen, batch):
        trial = layout.trial(number)
        status = read_status(trial)
        found = stage_due(trial, frozen.study, status)
        if found is None or (is_history and status.get("outcome") in RETRIED):
            due.complete[number] = status["outcome"]
            continue
        stage, reason = found
        if layout.table_of(stage, batch).exists():
            stages[stage] = None
            due.reasons.append(f"trial {trial.folder.name} runs again: {reason}")
    due.tables += [layout.table_of(stage, batch) for stage in stages]
