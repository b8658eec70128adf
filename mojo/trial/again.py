"""A run again: one trial from its own files, as its study ran it, into a folder of its own."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import mujoco
import numpy as np
import polars as pl

from mojo.layout import TrialLayout
from mojo.model.mojo_model import MojoModel
from mojo.runtime.batch.vectorized import is_vectorized
from mojo.runtime.faults import Broken
from mojo.runtime.manager import Ended, RuntimeManager
from mojo.trial.checkpoints import checkpoint
from mojo.trial.context import Context
from mojo.trial.handover import borrow
from mojo.trial.side_by_side import simulate_vectorized
from mojo.trial.simulate import arguments, load, run
from mojo.trial.status import read_status

Prepare = Callable[[RuntimeManager, MojoModel, mujoco.MjModel, mujoco.MjData], None]


def run_again(
    context: Context, trial: TrialLayout, folder: Path, frames: bool = False, prepare: Prepare | None = None
) -> TrialLayout:
    """Run a trial again: with the loads, signals and conditions that end it, and by the engine that ran it.

    One that diverges, is invalid or is ended does so again, and leaves what it has recorded up to there.

    Args:
        context: The study.
        trial: The trial's files, of which none is changed.
        folder: Where what the run makes goes.
        frames: Whether it saves the states from which films are made.
        prepare: Called before the first step, for one who watches; then the loop engine runs it.

    Returns:
        The files that the run has made.
    """
    made = TrialLayout(folder)
    saved = made.frames if frames else None
    if prepare is None and _was_stepped_by_a_batch(context, trial):
        simulate_vectorized(context, trial, made.telemetry, saved)
        return made
    mojo_model, mj_model, mj_data = load(trial)
    borrow(trial, mojo_model, folder)
    given = arguments(context, mojo_model)
    manager = RuntimeManager(made.telemetry, frames=saved, recorders=mojo_model.recorders, **given)
    if prepare is not None:
        prepare(manager, mojo_model, mj_model, mj_data)
    own = checkpoint(context.frozen.study, trial, mojo_model, made.checkpoint)
    with own, manager, contextlib.suppress(Broken, Ended):
        run(context, mojo_model, manager, mj_model, mj_data)
    return made


def _was_stepped_by_a_batch(context: Context, trial: TrialLayout) -> bool:
    if context.runtime is not None:
        return is_vectorized(context.runtime)
    # NumPy may round what a user's function computes otherwise for arrays than for numbers.
    return bool(read_status(trial).get("simulate", {}).get("engine") == "batch")


def first_difference(recorded: pl.DataFrame, again: pl.DataFrame) -> str | None:
    """Return where two telemetries differ first, or None where every bit is the same."""
    if recorded.columns != again.columns:
        odd = set(recorded.columns) ^ set(again.columns)
        return f"their columns differ: {', '.join(sorted(odd)) or 'in order'}"
    if recorded.height != again.height:
        return f"{recorded.height} rows were recorded, now there are {again.height}"
    for name in recorded.columns:
        old, new = recorded[name].to_numpy(), again[name].to_numpy()
        differs = np.flatnonzero(old.view(np.int64) != new.view(np.int64))
        if differs.size:
            row = differs[0]
            return f"first in row {row} of {name}: {old[row]!r} was recorded, now it is {new[row]!r}"
    return None
