"""How far a study has come, from what has changed since the last look."""

import heapq
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from mojo.columns import OUTCOMES, UNSUCCESSFUL
from mojo.errors import MojoError, one_line
from mojo.files import read_json
from mojo.layout import StudyLayout
from mojo.study.frozen import FrozenStudy, asked_for, read_frozen
from mojo.trial.status import read_status

LATEST_FAILURES = 20
ERROR_LENGTH = 500
RATE_TRIALS = 200
FEWEST_FOR_RATE = 3
ACTIVE_SECONDS = 120.0
"""A run on another machine is taken to go on as long as a trial has changed within this time."""

Stamp = tuple[int, int]


@dataclass(frozen=True)
class Seen:
    """What one trial's status told."""

    trial: int
    outcome: str | None
    stage: str
    error: str
    when: float
    """When it was written, in seconds since 1970."""


class StudyWatch:
    """Reads what a study has written since the last look; what has not changed is not read again.

    Args:
        layout: The study's files.
        check: Raises StudyError for a file that must not be read.
    """

    def __init__(self, layout: StudyLayout, check: Callable[[Path], None]) -> None:
        self._layout, self._check = layout, check
        self._frozen: FrozenStudy | None = None
        self._frozen_stamp: Stamp | None = None
        self._batches: dict[int, tuple[Stamp, list[Seen]]] = {}
        self._open: dict[int, tuple[Stamp, Seen]] = {}
        self._small: dict[Path, tuple[Stamp, Any]] = {}
        self._asked: tuple[tuple[Stamp | None, Stamp | None], int] | None = None

    def look(self) -> dict[str, Any]:
        """Return the study's state as the page gets it."""
        try:
            return self._state()
        except (MojoError, OSError, ValueError) as error:  # the page says so, and shows the other studies
            name = self._layout.root.name
            return {"id": name, "name": name, "problem": one_line(error)}

    def _state(self) -> dict[str, Any]:
        frozen = self._freeze()
        seen = list(self._trials(frozen))
        outcomes = Counter(trial.outcome for trial in seen)
        stages = Counter(trial.stage for trial in seen if trial.outcome is None)
        done = sum(outcomes[outcome] for outcome in OUTCOMES)
        now = time.time()
        planned = self._asked_for(frozen)
        running = self._is_running(max((trial.when for trial in seen), default=0.0), now)
        rate = self._rate(seen, now) if running and done < planned else None
        return {
            "id": self._layout.root.name,
            "name": frozen.study.name,
            "kind": frozen.study.kind,
            "problem": "",
            "planned": planned,
            "at_most": frozen.n_trial,
            "done": done,
            "unsuccessful": [outcome for outcome in UNSUCCESSFUL if outcomes[outcome]],
            "outcomes": {outcome: outcomes[outcome] for outcome in OUTCOMES if outcomes[outcome]},
            "generated": stages["generate"],
            "simulated": stages["simulate"],
            "running": running,
            "rate": rate,
            "left": (planned - done) / rate if rate else None,
            "failures": self._failures(seen),
            "report": self._report(),
            "first_folder": self._folder(0),
            "verdicts": (self._small_json(self._layout.complete) or {}).get("requirements", {}),
            "films": self._films(),
        }

    def _freeze(self) -> FrozenStudy:
        """Return the frozen study, read again when it has changed.

        Raises:
            StudyError: It is gone, was written by another version, or must not be read.
        """
        stamp = _stamp(self._layout.study)
        if self._frozen is None or stamp != self._frozen_stamp:
            self._check(self._layout.study)
            self._frozen, self._frozen_stamp = read_frozen(self._layout), stamp
            self._batches.clear()
            self._open.clear()
        return self._frozen

    def _asked_for(self, frozen: FrozenStudy) -> int:
        stamp = _stamp(self._layout.complete), self._frozen_stamp
        if self._asked is None or self._asked[0] != stamp:
            self._asked = stamp, asked_for(self._layout, frozen)
        return self._asked[1]

    def _trials(self, frozen: FrozenStudy) -> Iterator[Seen]:
        """Yield what is known of each trial that has begun."""
        for batch in frozen.batches:
            table = self._layout.table("scores", batch)
            stamp = _stamp(table)
            if stamp is None:
                self._batches.pop(batch, None)
                yield from self._look_at_folders(frozen.trials(batch))
                continue
            if batch not in self._batches or self._batches[batch][0] != stamp:
                self._batches[batch] = stamp, list(self._settled(table, stamp))
            yield from self._batches[batch][1]

    def _settled(self, table: Path, stamp: Stamp) -> Iterator[Seen]:
        """Yield the trials of a batch whose table is there; when they ended is known of those seen before."""
        from mojo.trial.tables import read_table  # loads Arrow

        self._check(table)
        for row in read_table(table, ["trial", "outcome", "stage", "error"]).to_pylist():
            _, before = self._open.pop(row["trial"], (None, None))
            when = before.when if before else stamp[0] / 1e9
            yield Seen(row["trial"], row["outcome"], row["stage"], row["error"] or "", when)

    def _look_at_folders(self, trials: range) -> Iterator[Seen]:
        for number in trials:
            trial = self._layout.trial(number)
            stamp = _stamp(trial.status)
            if stamp is None:
                self._open.pop(number, None)
                continue
            if number not in self._open or self._open[number][0] != stamp:
                self._check(trial.status)
                status = read_status(trial)
                told = Seen(
                    number,
                    status.get("outcome"),
                    str(status.get("stage")),
                    str(status.get("error") or ""),
                    stamp[0] / 1e9,
                )
                self._open[number] = stamp, told
            yield self._open[number][1]

    def _is_running(self, latest: float, now: float) -> bool:
        """Return whether the process that took the study's lock still lives; trying the lock would disturb a run."""
        try:
            words = self._layout.lock.read_text().split()
            taken = self._layout.lock.stat().st_mtime
        except OSError:
            return False
        if len(words) != 4 or not words[1].isdigit():  # "process <number> on <machine>"
            return False
        if words[3] != platform.node():
            return now - latest < ACTIVE_SECONDS
        try:
            return psutil.Process(int(words[1])).create_time() <= taken + 1
        except psutil.Error:
            return False

    def _rate(self, seen: list[Seen], now: float) -> float | None:
        """Return trials a second in this run, from the latest of them; it falls while none ends."""
        began = self._layout.lock.stat().st_mtime
        ended = [trial.when for trial in seen if trial.outcome is not None and trial.when > began]
        if len(ended) < FEWEST_FOR_RATE:
            return None
        latest = heapq.nlargest(RATE_TRIALS, ended)
        since = began if len(latest) == len(ended) else latest[-1]
        return len(latest) / max(now - since, 1e-3)

    def _failures(self, seen: list[Seen]) -> list[dict[str, Any]]:
        bad = heapq.nlargest(
            LATEST_FAILURES, (s for s in seen if s.outcome in UNSUCCESSFUL), key=lambda s: (s.when, -s.trial)
        )
        return [
            {
                "trial": failed.trial,
                "outcome": failed.outcome,
                "stage": failed.stage,
                "error": failed.error[:ERROR_LENGTH],
                "folder": self._folder(failed.trial),
            }
            for failed in bad
        ]

    def _films(self) -> list[dict[str, Any]]:
        told = self._small_json(self._layout.films) or {"trials": {}}
        return [
            {
                "trial": int(number),
                "name": name,
                "path": f"{self._folder(int(number))}/{file}",
                "poster": film.get("poster") and f"{self._folder(int(number))}/{film['poster']}",
            }
            for number, made in told["trials"].items()
            for name, film in made.items()
            for file in film.get("files", [])
        ]

    def _report(self) -> dict[str, Any] | None:
        """Return where the report lies, and a word that differs between its versions; None where there is none."""
        stamp = _stamp(self._layout.report)
        return stamp and {"path": self._layout.report.name, "version": str(stamp[0])}

    def _folder(self, trial: int) -> str:
        """Return a trial's folder, relative to the study's."""
        return self._layout.trial(trial).folder.relative_to(self._layout.root).as_posix()

    def _small_json(self, path: Path) -> Any:
        """Return the content of a JSON file, read again when it has changed; None where there is none."""
        stamp = _stamp(path)
        if stamp is None:
            return None
        if path not in self._small or self._small[path][0] != stamp:
            self._check(path)
            self._small[path] = stamp, read_json(path)
        return self._small[path][1]


def _stamp(path: Path) -> Stamp | None:
    """Return what tells one version of a file from the next: when it was written, and its inode."""
    try:
        stat = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return stat.st_mtime_ns, stat.st_ino
