"""Make the films of one trial, in a worker that renders; each is made, found finished, or fails by itself."""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mojo import digest, files
from mojo.errors import TrialError, one_line
from mojo.film.encoding import film_file, write_picture, write_poster
from mojo.film.footage import Footage, instants
from mojo.layout import TrialLayout
from mojo.model.mojo_model import MojoModel
from mojo.runtime.frames import Frames, read_frames
from mojo.runtime.recorder import Recorder
from mojo.runtime.warnings import print_warnings
from mojo.trial.again import first_difference, run_again
from mojo.trial.context import Context, context
from mojo.trial.log import captured, log_traceback
from mojo.trial.simulate import load_mojo_model
from mojo.trial.status import is_there, read_status
from mojo.trial.surroundings import surroundings

_SOURCES = ("film", "runtime/drawing.py", "runtime/frames.py", "runtime/recorder.py", "runtime/surface.py")
_NEVER_AGAIN = ("timeout", "crashed")  # nobody tries such a run again for a film
_NOTHING = "film '{}': the run did not come to what is to be filmed"

print_warnings()


def film_trial(root: str, number: int) -> dict[str, dict[str, Any]]:
    """Make the films of a trial that are missing or out of date.

    Args:
        root: The results folder of the study.
        number: The trial.

    Returns:
        For each recorder the files that it made, or the error that kept it from it.
    """
    current = context(root)
    trial = current.layout.trial(number)
    with captured(trial.log, "film"):
        current.import_code()
        mojo_model = load_mojo_model(trial)
        status = read_status(trial)
        before = read_films(trial)
        made: dict[str, dict[str, Any]] = {}
        for stale in trial.folder.glob(".*.part.*"):
            stale.unlink()
        for recorder in mojo_model.recorders:
            fingerprint = _fingerprint(recorder, status)
            made[recorder.name] = before.get(recorder.name, {})
            if not is_finished(made[recorder.name], trial, fingerprint):
                made[recorder.name] = {"fingerprint": fingerprint} | _try(current, trial, mojo_model, recorder)
                files.write_json(trial.films, made)
    return made


def read_films(trial: TrialLayout) -> dict[str, dict[str, Any]]:
    """Return what was made of a trial before, by recorder."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        return files.read_json(trial.films)
    return {}


def is_finished(film: Mapping[str, Any], trial: TrialLayout, fingerprint: str) -> bool:
    """Return whether a recorder's films are there and up to date."""
    there = all(is_there(trial.folder / name) for name in files_of_film(film))
    return film.get("fingerprint") == fingerprint and "error" not in film and there


def files_of_film(film: Mapping[str, Any]) -> list[str]:
    """Return the names of the files that were made by a recorder."""
    return [*film.get("files", []), *([film["poster"]] if film.get("poster") else [])]


def _fingerprint(recorder: Recorder, status: Mapping[str, Any]) -> str:
    """Return the digest of all that a film depends on."""
    simulated = status.get("simulate", {})
    run_number = None if status["outcome"] == "success" else status["runs"]
    own = digest.of_package(*_SOURCES)
    return digest.of_value([recorder.model_dump(mode="json"), simulated.get("fingerprint"), run_number, own])


def _try(current: Context, trial: TrialLayout, mojo_model: MojoModel, recorder: Recorder) -> dict[str, Any]:
    try:
        return _make(current, trial, mojo_model, recorder)
    except Exception as error:  # noqa: BLE001 - a film that fails is reported, and fails nothing else
        log_traceback(error)
        return {"error": one_line(error)}


def _make(current: Context, trial: TrialLayout, mojo_model: MojoModel, recorder: Recorder) -> dict[str, Any]:
    """Make the film and the snapshots of one recorder."""
    started = time.perf_counter()
    frames = frames_of(current, trial, mojo_model)
    told: dict[str, Any] = {"files": [], "frames": 0, "poster": None, "missed": sorted(set(recorder.snapshots))}
    if frames is None:
        print(_NOTHING.format(recorder.name))
        return told
    footage = Footage(trial, mojo_model, current.frozen, frames, recorder)
    times = instants(recorder, frames, trial)
    if recorder.format is not None and len(times):
        told |= _film(trial, recorder, footage, times)
    told["files"] += _snapshots(trial, recorder, footage)
    told["missed"] = sorted(set(recorder.snapshots) - set(footage.reached(recorder.snapshots)))
    told |= {"seconds": time.perf_counter() - started, "rendering_seconds": footage.rendering_seconds}
    if told["files"]:
        print(f"film '{recorder.name}': {told['frames']} frames in {told['seconds']:.2f} s")
    else:
        print(_NOTHING.format(recorder.name))
    if told["missed"]:
        missed = ", ".join(f"{instant:g} s" for instant in told["missed"])
        print(f"film '{recorder.name}': the run did not come to the instants {missed}, so there is no picture of them")
    return told


def _film(trial: TrialLayout, recorder: Recorder, footage: Footage, times: np.ndarray) -> dict[str, Any]:
    """Make a film, and the poster of one that does not show its first picture by itself, as animated pictures do."""
    assert recorder.format is not None
    path, telling = trial.film(recorder.name, recorder.format), footage.telling(times)
    made: dict[str, Any] = {"files": [path.name], "frames": len(times)}
    with film_file(path, recorder) as add:
        for number, picture in enumerate(footage.pictures(times)):
            if number != telling or recorder.format == "gif":
                add(picture)
                continue
            finished = cache(picture)
            write_poster(trial.poster(recorder.name), finished())
            add(finished)
            made["poster"] = trial.poster(recorder.name).name
    return made


def _snapshots(trial: TrialLayout, recorder: Recorder, footage: Footage) -> list[str]:
    """Make the pictures of the instants that the run has come to, and return their names."""
    reached = footage.reached(recorder.snapshots)
    if not reached:
        return []
    paths = [trial.snapshot(recorder.name, instant) for instant in reached]
    for path, picture in zip(paths, footage.pictures(np.array(reached)), strict=True):
        write_picture(path, picture)
    return [path.name for path in paths]


def frames_of(current: Context, trial: TrialLayout, mojo_model: MojoModel) -> Frames | None:
    """Return the frames of a trial; its run is repeated where it has saved none, or not those that are needed now.

    A run that did not come to any of the instants that are asked for has none.

    Raises:
        TrialError: There are none, and the run must not be repeated.
    """
    if trial.frames.exists() and (frames := read_frames(trial.frames)).serve(mojo_model.recorders):
        return frames
    outcome = read_status(trial)["outcome"]
    if outcome not in _NEVER_AGAIN:
        print("the states for this film were not saved; the run is repeated for them")
        _repeat(current, trial, outcome)
    if not trial.frames.exists() and outcome == "success":
        return None
    if not trial.frames.exists():
        raise TrialError(f"There is nothing to film: the run ended as {outcome} before it saved a state.")
    return read_frames(trial.frames)


def _repeat(current: Context, trial: TrialLayout, outcome: str) -> None:
    """Run a trial again, and keep the states that it went through.

    Raises:
        TrialError: It is not the run that was recorded.
    """
    with tempfile.TemporaryDirectory(prefix="mojo-film-") as folder:
        again = TrialLayout(Path(folder))
        try:
            with surroundings(print):
                run_again(current, trial, again.folder, frames=True)
        except Exception:
            if outcome == "success":
                raise
            # else it ends as it did the first time, and is filmed up to there
        if trial.telemetry.exists() and again.telemetry.exists():
            _compare(trial, again)
        if again.frames.exists():
            shutil.move(again.frames, trial.frames)


def _compare(trial: TrialLayout, again: TrialLayout) -> None:
    difference = first_difference(pl.read_parquet(trial.telemetry), pl.read_parquet(again.telemetry))
    if difference is not None:
        raise TrialError(
            "A film would show another run than the one that was recorded: the states of that one were not saved, and "
            f"when it was repeated for them, its telemetry differed, {difference}. What the runtime does must follow "
            "from its trial alone, not from clocks, other trials or what earlier runs have left."
        )
