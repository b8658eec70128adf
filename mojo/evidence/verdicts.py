"""Verdicts: whether a study meets its requirements, by the trials that it ran."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from mojo.columns import value_column, verdict_column
from mojo.evidence.proportions import Proportion, allowed_failures, trials_needed
from mojo.study.requirements import QuantileRequirement, Requirement

State = Literal["MET", "NOT MET", "NOT ENOUGH TRIALS"]


@dataclass(frozen=True)
class Verdict:
    """What the trials say of one requirement.

    Attributes:
        name: The requirement.
        requirement: What it asks.
        state: MET if the one-sided lower bound of the share of trials that pass reaches what is asked, NOT MET if
            the upper one does not, else NOT ENOUGH TRIALS.
        counted: Trials that passed, of all that ended; one that did not finish did not pass.
        finished: The same of those that finished alone.
        more_trials: How many further trials, all of them passed, would make it MET; 0 where it is.
        allowed: How many of the trials that ran may fail; -1 where they are too few even without a failure.
        trials: Trial, whether it passed (None: it did not finish) and the value it was judged by.
    """

    name: str
    requirement: Requirement
    state: State
    counted: Proportion
    finished: Proportion
    more_trials: int
    allowed: int
    trials: pl.DataFrame

    @property
    def column(self) -> str:
        """The column of its verdicts in the joined table."""
        return verdict_column(self.name)

    @property
    def unfinished(self) -> int:
        """Trials that failed, diverged, timed out or crashed."""
        return self.counted.trials - self.finished.trials

    @property
    def values(self) -> np.ndarray:
        """The values of all trials that ended, shape (n,); the worst there is where a trial has none."""
        limits = self.requirement
        assert isinstance(limits, QuantileRequirement)
        worst = np.inf if limits.max is not None else -np.inf
        return self.trials["value"].fill_nan(None).fill_null(worst).to_numpy()


def decide(counted: Proportion, probability: float) -> State:
    """Return whether k of n trials show that a share of `probability` of all trials passes, or that it does not."""
    if counted.trials and counted.at_least >= probability:
        return "MET"
    return "NOT MET" if counted.at_most < probability else "NOT ENOUGH TRIALS"


def verdicts(requirements: Mapping[str, Requirement], table: pl.DataFrame, nominal: int | None) -> list[Verdict]:
    """Return the verdict on each requirement.

    Args:
        requirements: By name.
        table: One row a trial, with `trial`, `outcome` and the columns of the requirements. Trials that have not
            ended are left out.
        nominal: The trial that is no draw and does not count, if there is one.
    """
    drawn = table.filter(pl.col("outcome").is_not_null() & (pl.col("trial") != (-1 if nominal is None else nominal)))
    return [_verdict(name, requirement, drawn) for name, requirement in requirements.items()]


def _verdict(name: str, requirement: Requirement, drawn: pl.DataFrame) -> Verdict:
    trials = drawn.select(
        "trial",
        "outcome",
        passed=_column(drawn, verdict_column(name), pl.Boolean()),
        value=_column(drawn, value_column(name), pl.Float64()),
    )
    passed, probability = int(trials["passed"].sum()), requirement.probability
    counted = Proportion(passed, trials.height, requirement.confidence)
    finished = Proportion(passed, trials["passed"].count(), requirement.confidence)
    state = decide(counted, probability)
    needed = trials_needed(counted.trials - passed, probability, requirement.confidence)
    return Verdict(
        name,
        requirement,
        state,
        counted,
        finished,
        more_trials=0 if state == "MET" else needed - counted.trials,
        allowed=allowed_failures(counted.trials, probability, requirement.confidence) if counted.trials else -1,
        trials=trials,
    )


def _column(table: pl.DataFrame, name: str, kind: pl.DataType) -> pl.Expr:
    """Return a column, or nulls where no trial has it."""
    return (pl.col(name) if name in table.columns else pl.lit(None)).cast(kind)
