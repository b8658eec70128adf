"""What a run hands on beside its telemetry: the values that it named, and the user data that it leaves."""

import json
import shutil
from pathlib import Path
from typing import Any

from mojo import files
from mojo.errors import TrialError
from mojo.layout import StudyLayout, TrialLayout
from mojo.model import user_data
from mojo.model.mojo_model import MojoModel
from mojo.model.named import NamedValueDict
from mojo.trial.status import read_status
from mojo.trial.user_files import UserFiles

_NAMED_TOO_LATE = (
    "The generator and the runtime name values; a function that judges returns what it finds as a metric, and draws "
    "from mojo_model.rng(name)."
)


def begin_run(trial: TrialLayout, generated: MojoModel) -> UserFiles:
    """Remove what an earlier run of a trial has handed on, and give its MojoModel the trial's folder.

    Returns:
        The files that the run will leave there, for `hand_over`.
    """
    trial.user_data.unlink(missing_ok=True)
    _write_named(trial, generated.generated["named"], [])
    own = UserFiles(trial, "simulate")
    generated.keep_files_in(own.open)
    return own


def borrow(trial: TrialLayout, generated: MojoModel, folder: Path) -> UserFiles:
    """Give the MojoModel of a run that is only repeated a copy of the trial's folder, as its generator left it.

    Args:
        trial: The trial's files, of which none is changed.
        generated: The MojoModel that the runtime will be given.
        folder: Where the copy is made, once the runtime asks for it.

    Returns:
        The files that the run will leave there.
    """
    study = StudyLayout(folder.absolute())
    copy = study.trial(trial.number)
    own = UserFiles(copy, "simulate")

    def open_copy() -> Path:
        if not copy.folder.exists():
            copy.folder.mkdir(parents=True)
            if trial.in_study().assets.exists():
                study.assets.symlink_to(trial.in_study().assets.absolute())
            made = [trial.model.name, trial.config.name, trial.named_values.name, *generated.generated.get("files", ())]
            for name in made:
                (copy.folder / name).parent.mkdir(parents=True, exist_ok=True)
                source, target = trial.folder / name, copy.folder / name
                if source.is_dir():
                    target.symlink_to(source.resolve())  # it is a link itself
                else:
                    shutil.copy2(source, target)
        return own.open()

    generated.keep_files_in(open_copy)
    return own


def hand_over(trial: TrialLayout, generated: MojoModel, ended: MojoModel, own: UserFiles) -> dict[str, Any]:
    """Write down what a run hands on.

    Args:
        trial: The trial's files.
        generated: The MojoModel that the runtime was given.
        ended: The one that it left.
        own: What `begin_run` returned.

    Returns:
        What status.json says of it: the named values that the run added or changed, and the files that it left.

    Raises:
        ModelError: The user data cannot be written.
        TrialError: The runtime has changed a file that is not its own.
    """
    left = own.left()
    before, after = generated.generated["named"], ended.named.dump()
    added = _added(before, after)
    if added:
        _write_named(trial, before, added)
    handed = user_data.encode(ended.user_data)
    if not _alike(handed, generated.generated["user_data"]):
        files.write_json(trial.user_data, handed)
        left.append(trial.user_data.name)
    own.close()
    return {"named": added, "files": left}


def restore_named(trial: TrialLayout, status: dict[str, Any]) -> None:
    """Put the values that a run had added into the named_values.json of a model that was generated anew."""
    if added := status["simulate"].get("named"):
        _write_named(trial, files.read_json(trial.named_values), added)


def _write_named(trial: TrialLayout, before: list[dict[str, Any]], added: list[dict[str, Any]]) -> None:
    """Write what the generator named and a run added to named_values.json, unless it stands there."""
    content = files.as_json(list({value["name"]: value for value in [*before, *added]}.values()))
    if trial.named_values.read_bytes() != content:
        files.write_bytes(trial.named_values, content)


def _added(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the values that are new or others than before."""
    if _alike(before, after):  # as in most trials
        return []
    known = {_text(value) for value in before}
    return [value for value in after if _text(value) not in known]


def take_over(trial: TrialLayout, mojo_model: MojoModel) -> MojoModel:
    """Return a MojoModel that was loaded as the run has left it, for functions that judge, which name no values."""
    ran = read_status(trial).get("simulate", {})
    values = {value["name"]: value for value in [*mojo_model.named.dump(), *ran.get("named", [])]}
    mojo_model.named = NamedValueDict.load(list(values.values()))
    mojo_model.named.close(_NAMED_TOO_LATE)
    if trial.user_data.name in ran.get("files", []):
        mojo_model.user_data = user_data.decode(files.read_json(trial.user_data))
    return mojo_model


def check_kept(mojo_model: MojoModel, handed: dict[str, Any]) -> None:
    """Check that who judges a trial has left the user data as they were handed over.

    Raises:
        TrialError: They were changed, and nobody would ever see it.
    """
    if not _alike(user_data.encode(mojo_model.user_data), handed):
        raise TrialError(
            "mojo_model.user_data was changed by a function that judges the trial, which nothing would keep. The "
            "generator and the runtime fill it; the objective returns what it finds as metrics."
        )


def _alike(one: Any, other: Any) -> bool:
    """Return whether two JSON-able values are the same; 1, 1.0 and true are not."""
    return (not one and not other) or _text(one) == _text(other)


def _text(value: Any) -> str:
    """Return a JSON-able value as text, by which nan is equal to itself."""
    return json.dumps(value, sort_keys=True)
