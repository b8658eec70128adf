"""Films: the picked trials, dealt to workers that render. What goes wrong with them is told, and fails nothing."""

import os
import time
from collections.abc import Callable
from concurrent.futures import Future, as_completed
from concurrent.futures import TimeoutError as TimeLimitExceeded
from dataclasses import asdict
from typing import Any

from mojo import files
from mojo.campaign.console import say
from mojo.errors import MojoError
from mojo.film.gl import VARIABLE, Backend, probe
from mojo.film.picks import pick
from mojo.layout import StudyLayout
from mojo.study.frozen import FrozenStudy
from mojo.trial.log import append
from mojo.trial.pool import ONE_THREAD, WorkerPool
from mojo.trial.tables import read_table
from mojo.trial.worker_process import WorkerDied, death

MOST_WORKERS = 4  # contexts of a driver at a time; more of them can hang
SHOWN = 5
PROGRESS_SECONDS = 30.0

Made = dict[str, dict[str, Any]]


def make_films(layout: StudyLayout, frozen: FrozenStudy, cores: int, started: Callable[[WorkerPool], None]) -> None:
    """Film the picked trials, say how it went, and write films.json.

    Args:
        layout: The study's files.
        frozen: The study.
        cores: How many may be used.
        started: Called with the workers, so that who is interrupted can stop them.
    """
    told: dict[str, Any] = {"picked": [], "renderer": None, "problem": None, "trials": {}}
    try:
        told["picked"] = picked = _pick(layout, frozen)
        if picked:
            backend = probe(os.environ.get(VARIABLE, ""))
            told["renderer"] = asdict(backend)
            told["trials"] = _Filming(layout, frozen, backend, cores, started).run(picked)
        _forget_frames(layout, frozen, picked)
    except MojoError as error:
        told["problem"] = str(error)
    for line in _lines(layout, told):
        say(line)
    files.write_json(layout.films, told)


def _pick(layout: StudyLayout, frozen: FrozenStudy) -> list[int]:
    films = frozen.study.films
    return pick(films, read_table(layout.trials_table).to_pylist())


def _forget_frames(layout: StudyLayout, frozen: FrozenStudy, picked: list[int]) -> None:
    """Remove the states of trials that are not picked: they were saved before it was known which would be."""
    for number in set(range(frozen.n_trial)) - set(picked):
        layout.trial(number).frames.unlink(missing_ok=True)


class _Filming:
    """Picked trials on their way through the workers."""

    def __init__(
        self,
        layout: StudyLayout,
        frozen: FrozenStudy,
        backend: Backend,
        cores: int,
        started: Callable[[WorkerPool], None],
    ) -> None:
        self._layout, self._timeout, self._backend = layout, frozen.study.films.timeout, backend
        self._cores, self._started = cores, started

    def run(self, picked: list[int]) -> dict[str, Made]:
        """Return what was made of each trial, by its number."""
        workers = max(1, min(self._cores, MOST_WORKERS, len(picked)))
        # llvmpipe takes every core that it sees, in each worker.
        threads = dict.fromkeys(ONE_THREAD, "1") | {"LP_NUM_THREADS": str(max(1, self._cores // workers))}
        pool = WorkerPool(workers, environment=threads | {VARIABLE: self._backend.variable})
        self._started(pool)
        told, made = time.monotonic(), dict[int, Made]()
        try:
            task, root = "mojo.film.make:film_trial", str(self._layout.root)
            futures = {pool.schedule(task, root, number, timeout=self._timeout): number for number in picked}
            for future in as_completed(futures):
                made[futures[future]] = self._result(future, futures[future])
                if time.monotonic() - told > PROGRESS_SECONDS:
                    told = time.monotonic()
                    say(f"films: {len(made)} of {len(picked)} trials")
        finally:
            pool.stop()
        return {f"{number:06d}": made[number] for number in picked}

    def _result(self, future: Future[Any], number: int) -> Made:
        """Return what was made of a trial; what kept its worker from going on counts as an error of the film."""
        try:
            return future.result()
        except TimeLimitExceeded:
            error = f"It took longer than the time limit of {self._timeout:g} s (films.timeout)."
        except WorkerDied as died:
            error = f"Its worker process died: {death(died.exitcode)}."
        except Exception as failed:  # noqa: BLE001 - the trial's folder was damaged, for one; the run goes on
            error = f"{type(failed).__name__}: {failed}"
        trial = self._layout.trial(number)
        append(trial.log, f"film: {error}")
        return self._finished_before(number) | {"film": {"error": error}}

    def _finished_before(self, number: int) -> Made:
        try:
            return files.read_json(self._layout.trial(number).films)
        except (FileNotFoundError, ValueError):
            return {}


def _lines(layout: StudyLayout, told: dict[str, Any]) -> list[str]:
    """Return what the console shows."""
    if told["problem"]:
        return [f"films: none was made. {told['problem']}"]
    films = [(number, name, film) for number, made in told["trials"].items() for name, film in made.items()]
    if not films:
        return ["films: no trial is picked by `films`"]
    there = {number for number, _, film in films if film.get("files")}
    failed = [(number, name, film["error"]) for number, name, film in films if "error" in film]
    lines = [f"films: {len(there)} of {len(told['trials'])} trials with {Backend(**told['renderer'])}"]
    for number, name, error in failed[:SHOWN]:
        log = layout.trial(int(number)).log
        lines.append(f"film '{name}' of trial {number} could not be made: {error} (see {log})")
    if len(failed) > SHOWN:
        lines.append(f"and {len(failed) - SHOWN} more films that could not be made")
    missed = [(number, name, film["missed"]) for number, name, film in films if film.get("missed")]
    for number, name, instants in missed[:SHOWN]:
        gone = ", ".join(f"{instant:g} s" for instant in instants)
        lines.append(f"film '{name}' of trial {number} has no picture of {gone}: its run did not come there")
    if len(missed) > SHOWN:
        lines.append(f"and {len(missed) - SHOWN} more with instants that their runs did not come to")
    return lines
