"""Verdicts: whether a study meets its requirements, by the trials that it ran."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from mojo.columns import value_column, verdict_column
from mojo.evidence.proportions import Proportion
from mojo.evidence.sequential import SequentialProportion
from mojo.study.requirements import QuantileRequirement, Requirement
from mojo.study.stopping import StopWhen

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
        """Trials that ended without a score, whatever ended them."""
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


def proportion(passed: int, trials: int, confidence: float, stop_when: StopWhen | None) -> Proportion:
    """Return k of n, with the bounds that hold for how the study came to have n trials."""
    if stop_when is None:
        return Proportion(passed, trials, confidence)
    return SequentialProportion(passed, trials, confidence, stop_when.half_width)


def verdicts(
    requirements: Mapping[str, Requirement],
    table: pl.DataFrame,
    nominal: int | None,
    stop_when: StopWhen | None = None,
) -> list[Verdict]:
    """Return the verdict on each requirement.

    Args:
        requirements: By name.
        table: One row a trial, with `trial`, `outcome` and the columns of the requirements. Trials that have not
            ended are left out.
        nominal: The trial that is no draw and does not count, if there is one.
        stop_when: By which results the study stopped early, if it could.
    """
    drawn = table.filter(pl.col("outcome").is_not_null() & (pl.col("trial") != (-1 if nominal is None else nominal)))
    return [_verdict(name, requirement, drawn, stop_when) for name, requirement in requirements.items()]


def _verdict(name: str, requirement: Requirement, drawn: pl.DataFrame, stop_when: StopWhen | None) -> Verdict:
    trials = drawn.select(
        "trial",
        "outcome",
        passed=_column(drawn, verdict_column(name), pl.Boolean()),
        value=_column(drawn, value_column(name), pl.Float64()),
    )
    passed, probability = int(trials["passed"].sum()), requirement.probability
    counted = proportion(passed, trials.height, requirement.confidence, stop_when)
    state = decide(counted, probability)
    return Verdict(
        name,
        requirement,
        state,
        counted,
        finished=proportion(passed, trials["passed"].count(), requirement.confidence, stop_when),
        more_trials=0 if state == "MET" else counted.more_trials(probability),
        allowed=counted.allowed_failures(probability) if counted.trials else -1,
        trials=trials,
    )


def _column(table: pl.DataFrame, name: str, kind: pl.DataType) -> pl.Expr:
    """Return a column, or nulls where no trial has it."""
    return (pl.col(name) if name in table.columns else pl.lit(None)).cast(kind)
