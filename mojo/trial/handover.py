"""What a run hands on beside its telemetry: the values that it named, and the user data that it leaves."""

import json
from typing import Any

from mojo import files
from mojo.errors import TrialError
from mojo.layout import TrialLayout
from mojo.model import user_data
from mojo.model.mojo_model import MojoModel
from mojo.model.named import NamedValueDict
from mojo.trial.status import read_status

_NAMED_TOO_LATE = (
    "The generator and the runtime name values; a function that judges returns what it finds as a metric, and draws "
    "from mojo_model.rng(name)."
)


def forget_run(trial: TrialLayout, generated: MojoModel) -> None:
    """Remove what an earlier run of a trial has handed on, before it runs again."""
    trial.user_data.unlink(missing_ok=True)
    _write_named(trial, generated.generated["named"], [])


def hand_over(trial: TrialLayout, generated: MojoModel, ended: MojoModel) -> dict[str, Any]:
    """Write down what a run hands on.

    Args:
        trial: The trial's files.
        generated: The MojoModel that the runtime was given.
        ended: The one that it left.

    Returns:
        What status.json says of it: the named values that the run added or changed, and the file that it left.

    Raises:
        ModelError: The user data cannot be written.
    """
    before, after = generated.generated["named"], ended.named.dump()
    known = {_text(value) for value in before}
    added = [value for value in after if _text(value) not in known]
    _write_named(trial, before, added)
    handed = user_data.encode(ended.user_data)
    changed = _text(handed) != _text(generated.generated["user_data"])
    if changed:
        files.write_json(trial.user_data, handed)
    return {"named": added, "files": [trial.user_data.name] if changed else []}


def restore_named(trial: TrialLayout, status: dict[str, Any]) -> None:
    """Put the values that a run had added into the named_values.json of a model that was generated anew."""
    if added := status["simulate"].get("named"):
        _write_named(trial, files.read_json(trial.named_values), added)


def _write_named(trial: TrialLayout, before: list[dict[str, Any]], added: list[dict[str, Any]]) -> None:
    """Write what the generator named and a run added to named_values.json, unless it stands there."""
    values = list({value["name"]: value for value in [*before, *added]}.values())
    if _text(files.read_json(trial.named_values)) != _text(values):
        files.write_json(trial.named_values, values)


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
    if _text(user_data.encode(mojo_model.user_data)) != _text(handed):
        raise TrialError(
            "mojo_model.user_data was changed by a function that judges the trial, which nothing would keep. The "
            "generator and the runtime fill it; the objective returns what it finds as metrics."
        )


def _text(value: Any) -> str:
    """Return a JSON-able value as text, by which nan is equal to itself."""
    return json.dumps(value, sort_keys=True)
