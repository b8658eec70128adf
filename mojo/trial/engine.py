"""Which engine steps the trials of a study, and why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mujoco

from mojo.errors import StudyError
from mojo.model.mojo_model import MojoModel
from mojo.runtime.batch.eligibility import why_not
from mojo.runtime.batch.rollout import needs_no_python
from mojo.runtime.batch.vectorized import is_vectorized
from mojo.runtime.signals import Chosen
from mojo.study.base import StudyBase
from mojo.study.frozen import Engine
from mojo.study.kinds import Study
from mojo.trial.simulate import keyframe_id


@dataclass(frozen=True)
class BuiltTrial:
    """A trial of which everything but its run is known.

    Attributes:
        mojo_model: What the generator made.
        model: The compiled model.
        chosen: What is recorded of it.
    """

    mojo_model: MojoModel
    model: mujoco.MjModel
    chosen: Sequence[Chosen]


def choose_engine(study: Study, runtime: Callable[..., Any] | None, trials: Sequence[BuiltTrial]) -> Engine:
    """Return how the trials of a study are stepped.

    Args:
        study: The study, which may leave the choice open.
        runtime: The user's runtime; None for the built-in one.
        trials: Two of its trials.

    Raises:
        StudyError: The study asks for the batch engine, which cannot run it, or for trials of a @vectorized runtime
            to end early.
    """
    if study.ends_trials() and runtime is not None and is_vectorized(runtime):
        name = next(iter(study.ends_trials()))
        raise StudyError(
            f"requirements.{name}.ends_trial: a @vectorized runtime steps all its trials to the same instant, so none "
            "of them can end early. Leave out `ends_trial`, or write a runtime that steps one trial."
        )
    if study.engine == "loop":
        return Engine(name="loop", reason="the study asks for it")
    obstacle = study.needs_loop or _obstacle(study, runtime, trials)
    if obstacle is None:
        in_blocks = runtime is None and _is_idle(study, trials[0])
        clocks = {start_time(study, trial.model) for trial in trials}
        if study.engine == "auto" and not in_blocks and len(clocks) > 1:  # each would be a batch of one
            return Engine(name="loop", reason=f"the keyframe '{study.keyframe}' gives each trial a time of its own")
        what = "nothing needs Python between two steps" if in_blocks else "all that runs between two steps takes arrays"
        return Engine(name="batch", reason=what, in_blocks=in_blocks)
    if study.engine == "batch":
        raise StudyError(f"engine: 'batch' cannot step these trials, since {obstacle}. Take 'auto' or 'loop'.")
    return Engine(name="loop", reason=obstacle)


def _obstacle(study: Study, runtime: Callable[..., Any] | None, trials: Sequence[BuiltTrial]) -> str | None:
    if runtime is not None and not is_vectorized(runtime):
        return f"the runtime {getattr(runtime, '__qualname__', runtime)} steps each trial in Python"
    models, loads = [trial.model for trial in trials], [trial.mojo_model.loads for trial in trials]
    return why_not(models, loads, trials[0].chosen)


def _is_idle(study: Study, trial: BuiltTrial) -> bool:
    """Return whether nothing needs Python between two steps of the built-in runtime."""
    own = trial.mojo_model
    return not study.ends_trials() and needs_no_python(trial.model, own.loads, own.proximities)


def start_time(study: StudyBase, model: mujoco.MjModel) -> float:
    """Return the simulated time [s] at which a trial starts.

    Raises:
        ModelError: The keyframe is not in the model.
    """
    return 0.0 if study.keyframe is None else float(model.key_time[keyframe_id(model, study.keyframe)])
