"""Preflight: everything about the user's code and model that can be known before the first job.

Runs in a worker process, so that a crash or an endless loop of the user's code ends nothing else.
"""

import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mojo import digest, user_code
from mojo.errors import StudyError, one_line
from mojo.layout import StudyLayout
from mojo.model.mjcf import write_model
from mojo.runtime.loads import check_loads
from mojo.runtime.signals import resolve_signals
from mojo.sampling.design_specs import advice
from mojo.sampling.designs import sample
from mojo.study.frozen import Code, FrozenStudy
from mojo.study.monte_carlo import MonteCarloStudy
from mojo.trial.context import Context
from mojo.trial.generate import build, read_back

FIRST_TRIALS = 3  # a study is refused when none of these can be generated
CALLS = {
    "generator": "generate(mojo_model, overrides, *gen_args, **gen_kwargs)",
    "runtime": "run(mojo_model, runtime_manager, mj_model, mj_data, *run_args, **run_kwargs)",
    "objective": "objective(mojo_model, telemetry, mj_model, mj_data)",
}


def preflight(frozen: FrozenStudy) -> tuple[dict[str, Code], list[str]]:
    """Import and check the user's functions, and build the first trials.

    Args:
        frozen: The study, with `code` and `digests` still empty.

    Returns:
        The sources of each function, and advice for the user.

    Raises:
        StudyError: With every problem that was found.
    """
    problems: list[str] = []
    code: dict[str, Code] = {}
    for role in CALLS:
        reference = getattr(frozen.study, role)
        if reference is None:
            continue
        try:
            code[role] = _check_function(frozen.study, role, reference)
        except StudyError as error:
            problems.append(f"{role}: {error}")
    if not problems:
        problems = _build_first_trials(frozen.model_copy(update={"code": code}))
    if problems:
        raise StudyError("\n".join([f"{frozen.study_file}: this study cannot run", *(f"  {it}" for it in problems)]))
    return code, _advice(frozen)


def _check_function(study: MonteCarloStudy, role: str, reference: str) -> Code:
    function: Callable[..., Any] = user_code.resolve(reference)
    given: dict[str, tuple[list[str], list[Any], dict[str, Any]]] = {
        "generator": (["mojo_model", "overrides"], study.gen_args, study.gen_kwargs),
        "runtime": (["mojo_model", "runtime_manager", "mj_model", "mj_data"], study.run_args, study.run_kwargs),
        "objective": (["mojo_model", "telemetry", "mj_model", "mj_data"], [], {}),
    }
    names, extra, keywords = given[role]
    user_code.check_signature(role, function, CALLS[role], [*names, *map(str, extra)], set(keywords))
    sources = user_code.sources(reference)
    return Code(reference=reference, files={str(path): digest.of_source(path) for path in sources})


def _build_first_trials(frozen: FrozenStudy) -> list[str]:
    """Return why the first trials cannot be built; nothing if any of them can."""
    study = frozen.study
    trials = range(min(FIRST_TRIALS, frozen.n_trial))
    assert isinstance(study.overrides, dict)
    rows = sample(
        study.parameters, study.design, frozen.seed, frozen.n_trial, trials, study.nominal_trial, study.overrides
    ).to_dicts()
    reasons: dict[str, int] = {}
    for row in rows:
        try:
            _build(frozen, row)
        except Exception as error:  # noqa: BLE001 - whatever the user's code raises is what is reported here
            reasons.setdefault(_where(error) + one_line(error), row["trial"])
        else:
            return []
    return [f"trial {number} cannot be generated: {reason}" for reason, number in reasons.items()]


def _build(frozen: FrozenStudy, row: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory(prefix="mojo-preflight-") as folder:
        layout = StudyLayout(Path(folder))
        mojo_model = build(Context(layout, frozen), row)
        trial = layout.trial(row["trial"])
        _, model = write_model(mojo_model.spec, trial.folder, layout.assets)
        read_back(mojo_model.named, model)
        mojo_model.dump()
        if frozen.study.simulates:
            check_loads(model, mojo_model.loads)
            resolve_signals(model, mojo_model.loads, [*frozen.study.signals, *mojo_model.signals])


def _where(error: BaseException) -> str:
    """Return "file:line: " of the user's line that raised, or "" where the error is mojo's own message."""
    own = str(Path(__file__).resolve().parents[1])
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(own)]
    return f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""


def _advice(frozen: FrozenStudy) -> list[str]:
    nominal = 1 if frozen.study.nominal_trial else 0
    return advice(frozen.study.design, frozen.n_trial - nominal)
