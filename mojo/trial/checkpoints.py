"""Checkpoints: what a member of a population leaves for those that go on from it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from mojo.errors import TrialError
from mojo.layout import StudyLayout, TrialLayout
from mojo.model.mojo_model import MojoModel
from mojo.sampling.evolve import best_trial
from mojo.study.kinds import Study
from mojo.study.population import PopulationStudy

GENERATIONS_KEPT = 2


@contextmanager
def checkpoint(study: Study, trial: TrialLayout, mojo_model: MojoModel, folder: Path) -> Iterator[None]:
    """Hand the runtime its parent's checkpoint and an empty folder for its own; other kinds of study get neither.

    Args:
        study: The study.
        trial: The trial that runs.
        mojo_model: Its `parent_checkpoint` and `checkpoint` are set.
        folder: Where its own checkpoint goes.

    Raises:
        TrialError: The parent's checkpoint is gone, or the runtime left nothing.
    """
    if isinstance(study, PopulationStudy):
        mojo_model.parent_checkpoint = prepare(study, trial, mojo_model.parent_num, folder)
        mojo_model.checkpoint = folder
    yield
    check_left(study, folder)


def prepare(study: Study, trial: TrialLayout, parent: int | None, folder: Path) -> Path | None:
    """Make an empty folder for the checkpoint of a member, and return its parent's; other kinds of study have none.

    Raises:
        TrialError: The parent's checkpoint is gone.
    """
    if not isinstance(study, PopulationStudy):
        return None
    left = None if parent is None else trial.sibling(parent).checkpoint
    if left is not None and not left.is_dir():
        raise TrialError(
            f"The checkpoint of trial {parent}, from which this one goes on, is gone: old ones are removed unless "
            "the study says keep_checkpoints: all. Run `snakemake clean` to train anew."
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return left


def check_left(study: Study, folder: Path) -> None:
    """Check that a member of a population has left its checkpoint in `folder`.

    Raises:
        TrialError: It has not.
    """
    if isinstance(study, PopulationStudy) and not any(folder.iterdir()):
        who, where = ("command", "{checkpoint}") if study.command else ("runtime", "mojo_model.checkpoint")
        raise TrialError(f"The {who} left no file in {where}, so no member could go on from this one.")


def prune(layout: StudyLayout, study: Study, generation: int, trials: pl.DataFrame) -> None:
    """Remove the checkpoints that a generation, which is about to begin, and those after it will not need.

    Args:
        layout: The study's files.
        study: The study.
        generation: The generation, whose design is decided.
        trials: Designs and scores of all trials before it.
    """
    if not isinstance(study, PopulationStudy) or study.keep_checkpoints == "all":
        return
    best = best_trial(study, trials)
    old = range(max(0, generation - GENERATIONS_KEPT) * study.population)
    for number in old:
        folder = layout.trial(number).checkpoint
        if folder.exists() and (best is None or number != best["trial"]):
            shutil.rmtree(folder)
