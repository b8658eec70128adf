"""Preflight: everything about the user's code and model that can be known before the first job.

Runs in a worker process, so that a crash or an endless loop of the user's code ends nothing else.
"""

import shutil
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mojo import digest, shared_random, user_code
from mojo.columns import signal_column
from mojo.errors import StudyError, one_line, unknown
from mojo.layout import StudyLayout
from mojo.model.legible import turned_inertia
from mojo.model.mjcf import write_model
from mojo.runtime.catalogue import catalogue
from mojo.runtime.gauge import check_proximities
from mojo.runtime.loads import check_loads
from mojo.runtime.recorder import check_recorders
from mojo.runtime.signals import TIME, resolve_signals
from mojo.sampling.kinds import sampler
from mojo.study.frozen import FIRST_TRIALS, Code, Engine, FrozenStudy, function_role
from mojo.study.kinds import Study
from mojo.trial.check_command import command_problems
from mojo.trial.context import Context
from mojo.trial.engine import BuiltTrial, choose_engine
from mojo.trial.fresh import Made, Otherwise, SharedSpec, generated_again
from mojo.trial.generate import build, read_back
from mojo.trial.simulate import keyframe_id, signals
from mojo.trial.user_files import UserFiles

CALLS = {
    "generator": "generate(mojo_model, overrides, *gen_args, **gen_kwargs)",
    "runtime": "run(mojo_model, runtime_manager, mj_model, mj_data, *run_args, **run_kwargs)",
    "objective": "objective(mojo_model, telemetry, mj_model, mj_data)",
    "requirement": "check(mojo_model, telemetry, mj_model, mj_data)",
}


def preflight(frozen: FrozenStudy, only: int | None = None) -> tuple[dict[str, Code], Engine | None, list[str]]:
    """Import and check the user's functions, and build the first trials, or look for the command's program.

    Args:
        frozen: The study, with `code` and `digests` still empty.
        only: The one trial to build, where building several has ended the process.

    Returns:
        The sources of each function, how the trials are stepped, and advice for the user.

    Raises:
        StudyError: With every problem that was found.
    """
    problems: list[str] = []
    code: dict[str, Code] = {}
    for role, key, kind, reference in _references(frozen.study):
        try:
            shared_random.seed_import(frozen.seed)
            code[role] = _check_function(frozen.study, kind, reference)
        except StudyError as error:
            problems.append(f"{key}: {error}")
    engine = None
    words: list[str] = []
    if not problems and frozen.study.command is not None:
        problems = command_problems(frozen.model_copy(update={"code": code}))
    elif not problems:
        engine, problems = _try_trials(frozen.model_copy(update={"code": code}), only, words)
    if problems:
        raise StudyError("\n".join([f"{frozen.study_file}: this study cannot run", *(f"  {it}" for it in problems)]))
    return code, engine, [*sampler(frozen.study.kind).advice(frozen), *words]


def _references(study: Study) -> Iterator[tuple[str, str, str, str]]:
    """Yield role, key in the study file, kind of call and reference of each of the user's functions."""
    for role in ("generator", "runtime", "objective"):
        if getattr(study, role) is not None:
            yield role, role, role, getattr(study, role)
    for name, reference in study.requirement_functions().items():
        yield function_role(name), f"requirements.{name}.function", "requirement", reference


def _check_function(study: Study, role: str, reference: str) -> Code:
    function: Callable[..., Any] = user_code.resolve(reference)
    given: dict[str, tuple[list[str], list[Any], dict[str, Any]]] = {
        "generator": (["mojo_model", "overrides"], study.gen_args, study.gen_kwargs),
        "runtime": (["mojo_model", "runtime_manager", "mj_model", "mj_data"], study.run_args, study.run_kwargs),
        "objective": (["mojo_model", "telemetry", "mj_model", "mj_data"], [], {}),
        "requirement": (["mojo_model", "telemetry", "mj_model", "mj_data"], [], {}),
    }
    names, extra, keywords = given[role]
    user_code.check_signature(role, function, CALLS[role], [*names, *map(str, extra)], set(keywords))
    sources = user_code.sources(reference)
    return Code(reference=reference, files={str(path): digest.of_source(path) for path in sources})


def _try_trials(frozen: FrozenStudy, only: int | None, words: list[str]) -> tuple[Engine | None, list[str]]:
    """Build the first trials that can be built, load them back from their files, and build the first once more.

    Args:
        frozen: The study.
        only: The one trial to build; None for the first ones.
        words: Takes what the user should know of the model.

    Returns:
        How such trials are stepped, and what speaks against the study.
    """
    started = time.monotonic()
    trials = range(min(FIRST_TRIALS, frozen.n_trial)) if only is None else range(only, only + 1)
    rows = sampler(frozen.study.kind).design_rows(frozen, trials, None).to_dicts()
    reasons: dict[str, int] = {}
    built: list[BuiltTrial] = []
    made: list[tuple[dict[str, Any], Made]] = []
    with tempfile.TemporaryDirectory(prefix="mojo-preflight-") as folder:
        context = Context(StudyLayout(Path(folder)), frozen)
        for row in rows:
            try:
                built.append(_build(context, row))
                made.append((row, Made.of(context.layout.trial(row["trial"]), built[-1].mojo_model)))
            except SharedSpec as error:
                return None, [f"generator: {error}"]
            except BaseException as error:  # noqa: BLE001 - whatever the user's code raises is what is reported here
                reasons.setdefault(_where(error) + one_line(error), row["trial"])
            if len(built) == 2:  # which the batch engine compares
                break
        words += filter(None, [turned_inertia(trial.mojo_model.spec) for trial in built[:1]])
        if not built:
            return None, [f"trial {number} cannot be generated: {reason}" for reason, number in reasons.items()]
        is_affordable = time.monotonic() - started < frozen.study.timeout / 4
        again = _again(context, *made[0]) if len(rows) > 1 and is_affordable else Otherwise()
        words += filter(None, [again.advice])
        if again.problem or not frozen.study.simulates:
            return None, [*filter(None, [again.problem])]
        problems = _not_recorded(frozen.study, built[0])
        try:
            return choose_engine(frozen.study, context.runtime, [built[0], built[-1]]), problems
        except StudyError as error:
            return None, [*problems, str(error)]


def _again(context: Context, row: dict[str, Any], made: Made) -> Otherwise:
    """Generate the first trial once more, after the others."""
    trial = context.layout.trial(row["trial"])
    shutil.rmtree(trial.folder)
    return generated_again(row["trial"], made, lambda: Made.of(trial, _build(context, row).mojo_model))


def _build(context: Context, row: dict[str, Any]) -> BuiltTrial:
    trial = context.layout.trial(row["trial"])
    own = UserFiles(trial, "generate")
    mojo_model = build(context, row, own)
    own.left()
    _, model = write_model(mojo_model.spec, trial.folder, context.layout.assets, check=True)
    read_back(mojo_model.named, model)
    mojo_model.dump()
    if not context.frozen.study.simulates:
        return BuiltTrial(mojo_model, model, [])
    if context.frozen.study.keyframe is not None:
        keyframe_id(model, context.frozen.study.keyframe)
    check_loads(model, mojo_model.loads)
    check_proximities(model, mojo_model.proximities)
    patterns = signals(context.frozen.study, mojo_model)
    chosen = resolve_signals(model, mojo_model.loads, patterns, proximities=mojo_model.proximities)
    # a runtime of the user's may post more columns
    columns = {choice.column.name for choice in chosen} if context.frozen.study.runtime is None else None
    check_recorders(model, mojo_model.recorders, columns)
    return BuiltTrial(mojo_model, model, chosen)


def _not_recorded(study: Study, trial: BuiltTrial) -> list[str]:
    """Return a problem for each requirement on a signal of the model that the study does not record.

    A signal that the model does not have may be posted by the runtime, so nothing is said of it before the run.
    """
    catalogued = catalogue(trial.model, trial.mojo_model.loads, trial.mojo_model.proximities)
    known = [TIME.name, *(name for signal in catalogued for name in signal.columns)]
    recorded = {TIME.name, *(choice.column.name for choice in trial.chosen)}
    wanted = {
        name: signal_column(asked.signal_name, known)
        for name, asked in study.requirements.items()
        if asked.signal_name is not None
    }
    unrecorded = [
        f"requirements.{name}.signal: '{column}' is not recorded, so no trial could be judged by it. Add it to "
        "`signals`."
        for name, column in wanted.items()
        if column is not None and column not in recorded
    ]
    unknown_ends = [
        f"requirements.{name}.signal: "
        + unknown("Signal", asked.signal, known, owner="the model, so `ends_trial` cannot go by it")
        + " A runtime can end a trial by what it posts itself: runtime_manager.stop('reason')."
        for name, asked in study.ends_trials().items()
        if wanted[name] is None
    ]
    return unrecorded + unknown_ends


def _where(error: BaseException) -> str:
    """Return "file:line: " of the user's line that raised, or "" where the error is mojo's own message."""
    own = str(Path(__file__).resolve().parents[1])
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(own)]
    return f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""
