"""Generate: from a row of the design to a trial folder with model.xml and config.json."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mujoco

from mojo import digest, files
from mojo.errors import ModelError
from mojo.layout import StudyLayout, TrialLayout
from mojo.model import elements
from mojo.model.mjcf import as_spec, write_model
from mojo.model.mojo_model import MojoModel
from mojo.model.named import NamedValueDict, Source
from mojo.study.kinds import Study
from mojo.trial import fresh
from mojo.trial.context import Context
from mojo.trial.surroundings import surroundings
from mojo.trial.user_files import UserFiles, digests

READ_BACK_TOLERANCE = 1e-6  # relative; a value that comes back further off was not the one that the model got


@dataclass(frozen=True)
class Generated:
    """What generate tells of one trial; recorders are left out of the hashes, since they change no simulation."""

    model_hash: str
    config_hash: str
    seconds: float
    files: list[str] = field(default_factory=list)
    """What the generator left in the trial's folder."""


def fingerprint(context: Context, row: Mapping[str, Any]) -> str:
    """Return the digest of everything that the model of a trial depends on."""
    study = context.frozen.study
    values = {name: value for name, value in row.items() if name not in study.LABELS}
    # Whether it is the nominal trial decides what the generator draws, also where the row is the same.
    return digest.of_value([context.frozen.digests["generate"], values, study.is_nominal(row["trial"])])


def generate(context: Context, row: Mapping[str, Any], trial: TrialLayout) -> Generated:
    """Write model.xml, config.json and named_values.json of one trial.

    Args:
        context: The campaign.
        row: The trial's row of the design table.
        trial: Its files.

    Raises:
        ModelError: The generator's return value, the model, an override or a named value is wrong, the spec is
            another trial's, too, or trials do not come out as they did before others.
    """
    started = time.perf_counter()
    study = context.frozen.study
    own = UserFiles(trial, "generate")
    mojo_model = build(context, row, own)
    left = own.left()
    model_hash, model = write_model(mojo_model.spec, trial.folder, context.layout.assets)
    read_back(mojo_model.named, model)
    config = mojo_model.dump()
    config["files"] = digests(trial, left)
    files.write_json(trial.config, config)
    files.write_json(trial.named_values, config["named"])
    simulated = {key: value for key, value in config.items() if key != "recorders"}
    if time.perf_counter() - started < study.timeout / 4:
        fresh.look_again(context, row, lambda: fresh.Made.of(trial, mojo_model), lambda first: _again(context, first))
    own.close()
    return Generated(model_hash, digest.of_value(simulated), time.perf_counter() - started, left)


def _again(context: Context, row: Mapping[str, Any]) -> fresh.Made:
    """Generate a trial once more, in a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="mojo-again-") as folder:
        elsewhere = Context(StudyLayout(Path(folder)), context.frozen)
        trial = elsewhere.layout.trial(row["trial"])
        mojo_model = build(elsewhere, row, UserFiles(trial, "generate"))
        _, model = write_model(mojo_model.spec, trial.folder, elsewhere.layout.assets)
        read_back(mojo_model.named, model)
        return fresh.Made.of(trial, mojo_model)


def build(context: Context, row: Mapping[str, Any], own: UserFiles) -> MojoModel:
    """Return the MojoModel that the user's generator makes of a row of the design; its files are its `own`."""
    study, generator = context.frozen.study, context.generator
    mojo_model = prepared(study, row)
    mojo_model.keep_files_in(own.open)
    mojo_model.begin_stage("generate")
    with surroundings(print):  # before the model is compiled, which calls the callbacks that a generator has set
        returned = generator(mojo_model, mojo_model.overrides, *study.gen_args, **study.gen_kwargs)
    if isinstance(returned, MojoModel):
        fresh.check_own(returned, mojo_model, "The generator")
        mojo_model = returned
    else:
        mojo_model.spec = as_spec(returned)
    mojo_model.check()
    fresh.hand_over(mojo_model)
    mojo_model.overrides.check_all_asked()
    return mojo_model


def prepared(study: Study, row: Mapping[str, Any]) -> MojoModel:
    """Return the MojoModel that a generator is called with: the parameters of the row are its named values."""
    nominal = study.is_nominal(row["trial"])
    assert isinstance(study.overrides, dict)
    mojo_model = MojoModel(
        seed=row["seed"],
        trial_num=row["trial"],
        draw_num=row.get("evaluation"),
        nominal=nominal,
        overrides=study.overrides,
    )
    mojo_model.parent_num = row.get("parent")
    for column, spec in study.columns().items():
        source: Source = "nominal" if nominal and spec.nominal is not None else "design"
        if column in mojo_model.overrides:
            source = "override"
        mojo_model.named.set(column, row[column], unit=spec.unit, description=spec.description, source=source)
    return mojo_model


def read_back(named: NamedValueDict, model: mujoco.MjModel) -> None:
    """Replace each named value that has an `element` by what the model that will be simulated holds there.

    Raises:
        ModelError: The model holds something else than the value says.
    """
    for value in [value for value in named.values() if value.element]:
        found = elements.read(model, value.element)
        if not _close(found, value.value):
            raise ModelError(
                f"Named value '{value.name}' says {value.value}, but the compiled model has {found} at "
                f"{value.element}. Something else sets it, or the value was never given to the model."
            )
        named.set(**value.model_dump() | {"value": found, "force": True})


def _close(found: Any, said: Any) -> bool:
    if isinstance(found, list):
        return isinstance(said, list) and len(found) == len(said) and all(map(_close, found, said))
    if not isinstance(said, int | float):
        return bool(found == said)
    return bool(abs(found - said) <= READ_BACK_TOLERANCE * max(abs(found), abs(said)))
