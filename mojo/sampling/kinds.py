"""Samplers: how each kind of study fills the design table."""

import importlib
from typing import Protocol, cast

import polars as pl

from mojo.study.base import StudyBase
from mojo.study.frozen import FrozenStudy


class Sampler(Protocol):
    """What a module must have that makes the design of a kind of study."""

    def trial_count(self, study: StudyBase) -> int | None:
        """Return the number of trials that the design has by itself; None where the study must give `n_trial`.

        Raises:
            StudyError: The design contradicts itself or the study.
        """

    def design_rows(self, frozen: FrozenStudy, trials: range, earlier: pl.DataFrame | None) -> pl.DataFrame:
        """Return the rows of some trials: the same, bit for bit, whenever it is called with the same arguments.

        Args:
            frozen: The study.
            trials: The trials of one batch; before any job, the first few of the study, to try the user's code.
            earlier: All earlier trials, ascending, with the columns of their design and of their scores (outcome,
                error, objective, metrics). None for kinds that do not search (`StudyBase.SEARCHES`), and for batch 0.

        Returns:
            One row a trial: trial, seed (whole numbers), then the study's `parameter_columns()`. A column `evaluation`
            (whole numbers) gives the same random numbers to all trials that share its value and their seed; without
            it each trial has its own. Any other column goes to the tables as it is, so what a search has to remember
            can stand there.

        Raises:
            StudyError: The design contradicts itself or the study.
        """

    def advice(self, frozen: FrozenStudy) -> list[str]:
        """Return sentences for the user on what would suit the design better."""


SAMPLERS = {
    "monte-carlo": "mojo.sampling.monte_carlo",
    "sweep": "mojo.sampling.sweep",
    "optimize": "mojo.sampling.optimize",
    "population": "mojo.sampling.evolve",
}


def sampler(kind: str) -> Sampler:
    """Return the sampler of a kind of study; the libraries of the others are not loaded."""
    return cast(Sampler, importlib.import_module(SAMPLERS[kind]))
