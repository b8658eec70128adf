"""The files that user code leaves in a trial's folder: whose they are, and when they go."""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mojo import files
from mojo.errors import TrialError
from mojo.layout import TrialLayout
from mojo.trial.status import STAGES, Stage, read_status

WHO = {"generate": "generator", "simulate": "runtime", "score": "function that judges the trial"}
_MADE_MEANWHILE = ("telemetry", "frames", "log")  # mojo's own, which change while a stage runs
_HIDDEN = re.compile(r"^\.([0-9a-f]{8}\.part\..*|[a-z]+\.begun)$")  # half written, and what `open` notes
_OWN = [name for name, value in vars(TrialLayout).items() if isinstance(value, property)]

Listing = dict[str, list[int]]


class UserFiles:
    """The files that user code leaves in a trial's folder in one stage; nothing is looked at until it asks for it.

    Args:
        trial: The trial's files.
        stage: The stage that runs.
    """

    def __init__(self, trial: TrialLayout, stage: Stage) -> None:
        self._trial, self._stage = trial, stage
        self._before: Listing | None = None

    def open(self) -> Path:
        """Return the trial's folder for the user's code, after noting what is there already."""
        if self._before is None:
            self._trial.folder.mkdir(parents=True, exist_ok=True)
            self._before = _listing(self._trial)
            files.write_json(self._trial.begun(self._stage), self._before)
        return self._trial.folder.absolute()

    def left(self) -> list[str]:
        """Return the names of what user code has left, as paths in the folder.

        Raises:
            TrialError: It has changed or removed what is not its own; that is removed, so that it is made again. Or it
                has left what is no file, or has a name that is no text.
        """
        if self._before is None:
            return []
        before, now, own = self._before, _listing(self._trial), _own_names(self._trial)
        changed = {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}
        meanwhile = {getattr(self._trial, name).name for name in _MADE_MEANWHILE}
        earlier = set(_recorded(read_status(self._trial), STAGES[: STAGES.index(self._stage)]))
        for name in sorted(changed & (own | earlier) - meanwhile):
            self._refuse(name, "mojo's own" if name in own else "of an earlier stage", name in now)
        left = sorted(changed & now.keys() - own)
        for name in left:
            self._check_readable(name)
        return left

    def close(self) -> None:
        """Forget what was noted, since all went well and status.json will tell what was left."""
        self._trial.begun(self._stage).unlink(missing_ok=True)

    def _check_readable(self, name: str) -> None:
        path = self._trial.folder / name
        shown = _shown(name)
        if shown == name and path.exists() and (path.is_file() or path.is_dir()):
            return
        path.unlink()
        what = "which is neither a file nor a link to one" if shown == name else "a name that is no text in UTF-8"
        raise TrialError(f"The {WHO[self._stage]} left {shown} in mojo_model.trial_dir, {what}, and was removed.")

    def _refuse(self, name: str, whose: str, is_there: bool) -> None:
        (self._trial.folder / name).unlink(missing_ok=True)
        raise TrialError(
            f"The {WHO[self._stage]} {'wrote' if is_there else 'removed'} {name} in mojo_model.trial_dir, which is "
            f"{whose}, and has to be made again. Choose another name."
        )


def clear(trial: TrialLayout, stage: Stage, status: Mapping[str, Any]) -> None:
    """Remove what user code has left in earlier runs of a stage that is to run again, also in one that was cut short.

    What followed a model that is generated anew may still hold; what followed a run does not.
    """
    stages = STAGES[STAGES.index(stage) :] if stage != "generate" else (stage,)
    gone = set(_recorded(status, stages))
    for journal in map(trial.begun, stages):
        if journal.exists():
            gone |= _listing(trial).keys() - _own_names(trial) - _noted(journal, trial).keys()
            journal.unlink()
    for path in (trial.folder / name for name in gone):
        path.unlink(missing_ok=True)
        _remove_empty(path.parent, trial.folder)


def user_files(trial: TrialLayout, made: Iterable[str] = ()) -> list[str]:
    """Return the names of all files in a trial's folder that are not mojo's own, nor among those `made` of it."""
    found = _listing(trial).keys() - _own_names(trial) - set(made) if trial.folder.is_dir() else ()
    return sorted(map(_shown, found))


def _shown(name: str) -> str:
    """Return the name of a file as it can be written; bytes that are no text are replaced."""
    return os.fsencode(name).decode(errors="replace")


def digests(trial: TrialLayout, names: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of files in a trial's folder, by name; of a link to a folder that of the folder's path."""
    return {name: hashlib.sha256(_content(trial.folder / name)).hexdigest() for name in names}


def _content(path: Path) -> bytes:
    return os.fsencode(path.readlink()) if path.is_dir() else path.read_bytes()


def _recorded(status: Mapping[str, Any], stages: Iterable[Stage]) -> list[str]:
    """Return the files that status.json has of some stages."""
    return [name for stage in stages for name in status.get(stage, {}).get("files", ())]


def _own_names(trial: TrialLayout) -> set[str]:
    """Return the names of the files that mojo writes; metrics.json is a command's."""
    paths = [getattr(trial, name) for name in _OWN]
    return {path.name for path in paths if isinstance(path, Path)} - {trial.metrics.name}


def _listing(trial: TrialLayout) -> Listing:
    """Return time and size of every file in a trial's folder, but for checkpoints and what is half written."""
    found = {}
    for path in trial.folder.rglob("*"):
        name = path.relative_to(trial.folder)
        if not (name.parts[0] == trial.checkpoint.name or _HIDDEN.match(path.name) or _is_folder(path)):
            stat = path.lstat()
            found[str(name)] = [stat.st_mtime_ns, stat.st_size]
    return found


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _noted(journal: Path, trial: TrialLayout) -> Listing:
    """Return what stood in the folder when a run began; one whose note is damaged leaves what it has made."""
    try:
        return dict(files.read_json(journal))
    except ValueError:
        return _listing(trial)


def _remove_empty(folder: Path, top: Path) -> None:
    """Remove a folder and those around it that are empty, up to the trial's."""
    while folder != top and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
