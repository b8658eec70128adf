"""mojo's part: a study's trials through its stages generate and simulate, in this process."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mojo.errors import MojoError, StudyError, one_line
from mojo.layout import StudyLayout, TrialLayout
from mojo.runtime.end_state import end_state
from mojo.runtime.signals import resolve_signals
from mojo.study.frozen import STAGES, Code, FrozenStudy
from mojo.study.monte_carlo import MonteCarloStudy
from mojo.trial.context import Context
from mojo.trial.engine import BuiltTrial, choose_engine
from mojo.trial.generate import generate
from mojo.trial.side_by_side import simulate_side_by_side
from mojo.trial.simulate import load, signals, simulate
from tests.differential.own_load import registered

_TOLD = ("steps", "simulated_seconds", "ended_by", "ended_at", "solver_at_cap", "warnings", "posts", "dropped_posts")


@dataclass(frozen=True)
class Ran:
    """How a trial went.

    Attributes:
        outcome: As in status.json.
        error: The reason, where it is no success.
        told: What status.json says of the run.
        table: Its telemetry; None where there is none.
        state: Its state at the end, likewise.
    """

    outcome: str
    error: str | None
    told: dict[str, Any]
    table: pa.Table | None
    state: np.ndarray | None


def run_in_both(study: dict[str, Any], folder: Path) -> tuple[list[Ran], dict[int, Ran], str]:
    """Run a study with both engines.

    Returns:
        Its trials in the loop engine, those that went through in the batch engine, and why it takes which.
    """
    alone = many = _context(study, folder)
    if "runtime" in study and not study["requirements"]:  # else it has to look whether each trial is over
        many = _context(study | {"runtime": f"{study['runtime']}_many"}, folder)
    with registered():
        return _in_both(study, alone, many)


def _in_both(study: dict[str, Any], alone: Context, many: Context) -> tuple[list[Ran], dict[int, Ran], str]:
    trials = [alone.layout.trial(number) for number in range(study["n_trial"])]
    for number, trial in enumerate(trials):
        generate(alone, {"trial": number, "seed": study["seed"]}, trial)
    built, beside = [_built(alone, trials[0]), _built(alone, trials[-1])], {}
    engine = choose_engine(many.frozen.study, many.runtime, built)
    try:
        engine = choose_engine(many.frozen.study.model_copy(update={"engine": "batch"}), many.runtime, built)
    except StudyError:
        assert engine.name == "loop"  # 'auto' knows as well that there is no other way
    else:
        for trial, told in simulate_side_by_side(many, trials):
            beside[trial.number] = _ran(trial, "success", None, told)
    return [_alone(alone, trial) for trial in trials], beside, f"{engine.name}: {engine.reason}"


def _context(study: dict[str, Any], folder: Path) -> Context:
    parsed = MonteCarloStudy.model_validate(study)
    code = {role: Code(reference=study[role], files={}) for role in ("generator", "runtime") if role in study}
    frozen = FrozenStudy(
        study=parsed, study_file="fuzz.yaml", code=code, inputs={}, digests=dict.fromkeys(STAGES, ""), units={}
    )
    return Context(StudyLayout(folder), frozen)


def _built(context: Context, trial: TrialLayout) -> BuiltTrial:
    mojo_model, model, _ = load(trial)
    patterns, more = signals(context.frozen.study, mojo_model), {"proximities": mojo_model.proximities}
    return BuiltTrial(mojo_model, model, resolve_signals(model, mojo_model.loads, patterns, **more))


def _alone(context: Context, trial: TrialLayout) -> Ran:
    trial.telemetry.unlink(missing_ok=True)
    try:
        return _ran(trial, *simulate(context, trial))
    except MojoError as error:
        return Ran("failed", one_line(error), {}, None, None)


def _ran(trial: TrialLayout, outcome: str, error: str | None, told: dict[str, Any]) -> Ran:
    kept = {name: told.get(name) for name in _TOLD}
    table = pq.read_table(trial.telemetry) if trial.telemetry.exists() else None
    return Ran(outcome, error, kept, table, end_state(trial.telemetry) if outcome == "success" else None)
