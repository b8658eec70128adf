"""Population-based training: who copies from whom between two generations, and what changes.

A generation is a batch, and a member is one trial of it: trial = population·generation + member. Each trial goes on
from the checkpoint of its parent, a trial of the generation before: its own predecessor or, where it copies, a better
one. Every random number has the address (seed, trial, name, purpose).

Source:
    Jaderberg et al. 2017, "Population Based Training of Neural Networks": exploit, then explore.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from mojo.randomness import generator
from mojo.sampling.schema import polars_type
from mojo.study.base import StudyBase
from mojo.study.frozen import FrozenStudy
from mojo.study.population import PopulationStudy
from mojo.study.variables import AnyVariable, FloatVariable, IntVariable


@dataclass(frozen=True)
class Member:
    """A member at the end of a generation.

    Attributes:
        trial: Its trial.
        values: Its value of each variable.
        score: Its objective; None where the trial did not succeed, so that there is nothing to go on from.
    """

    trial: int
    values: Mapping[str, Any]
    score: float | None


@dataclass(frozen=True)
class Child:
    """A member at the beginning of a generation.

    Attributes:
        values: Its value of each variable.
        parent: The trial that it goes on from; None for a start from nothing.
        copied: Whether that is another member's.
    """

    values: Mapping[str, Any]
    parent: int | None = None
    copied: bool = False


def first_generation(study: PopulationStudy, seed: int) -> list[Child]:
    """Return members that are spread at random between the bounds; member 0 has the nominal values."""
    children = []
    for member in range(study.population):
        drawn = {name: _draw(variable, seed, member, name) for name, variable in study.variables.items()}
        if member == 0:
            nominal = {name: variable.nominal for name, variable in study.variables.items()}
            drawn |= {name: value for name, value in nominal.items() if value is not None}
        children.append(Child(drawn))
    return children


def next_generation(study: PopulationStudy, members: Sequence[Member], seed: int) -> list[Child]:
    """Return the members of the generation after `members`.

    A member without a score copies from one of the best, and so does one of the worst, if the other is better by more
    than `exploit_deviations` standard deviations of all scores and `exploit_share` of the other's score. Then each
    value mutates with `mutation_probability`.

    Args:
        study: The study.
        members: All members of a generation, in order.
        seed: The study's seed.
    """
    sign = -1.0 if study.direction == "maximize" else 1.0
    scored = [(sign * it.score, it.trial, it) for it in members if it.score is not None]
    ranked = [it for _, _, it in sorted(scored, key=lambda item: item[:2])]
    best = ranked[: math.ceil(study.best_fraction * len(members))]
    worst = {it.trial for it in ranked[len(ranked) - math.ceil(study.worst_fraction * len(members)) :]}
    spread = float(np.std([score for score, _, _ in scored])) if scored else 0.0
    children = []
    for member in members:
        trial = member.trial + study.population
        source = member
        if best and (member.score is None or member.trial in worst):
            candidate = best[int(generator(seed, trial, "", "exploit").integers(len(best)))]
            if _is_better(study, candidate, member, spread):
                source = candidate
        values = {name: _mutated(study, name, source.values[name], seed, trial) for name in study.variables}
        parent = source.trial if source.score is not None else None
        children.append(Child(values, parent, copied=source is not member))
    return children


def _is_better(study: PopulationStudy, candidate: Member, member: Member, spread: float) -> bool:
    assert candidate.score is not None
    if member.score is None:
        return True
    gain = candidate.score - member.score if study.direction == "maximize" else member.score - candidate.score
    return gain > study.exploit_deviations * spread and gain > study.exploit_share * abs(candidate.score)


def _draw(variable: AnyVariable, seed: int, trial: int, name: str) -> Any:
    rng = generator(seed, trial, name)
    if not isinstance(variable, FloatVariable | IntVariable):
        choices = variable.values_on_grid
        assert choices is not None
        return choices[int(rng.integers(len(choices)))]
    low, high = variable.low, variable.high
    if variable.log:
        return _fitted(variable, math.exp(rng.uniform(math.log(low), math.log(high))))
    return _fitted(variable, rng.uniform(low, high))


def _mutated(study: PopulationStudy, name: str, value: Any, seed: int, trial: int) -> Any:
    """Return a value that has perhaps been multiplied or divided, and lies within its bounds again."""
    if name in study.overrides:
        return value
    rng, variable = generator(seed, trial, name, "explore"), study.variables[name]
    if rng.random() >= study.mutation_probability:
        return value
    if not isinstance(variable, FloatVariable | IntVariable):
        others = [other for other in variable.values_on_grid or [] if other != value]
        return others[int(rng.integers(len(others)))]
    factor, grows = rng.uniform(*study.mutation_factor), rng.random() < 0.5
    changed = _fitted(variable, value * factor if grows else value / factor)
    if changed == value and variable.step is not None:  # too small a number of steps for the factor to tell
        changed = _fitted(variable, value + variable.step if grows else value - variable.step)
    return changed


def _fitted(variable: FloatVariable | IntVariable, value: float) -> float | int:
    """Return the nearest value that the variable may take."""
    if variable.step is not None:
        value = variable.low + round((value - variable.low) / variable.step) * variable.step
    clamped = min(max(value, variable.low), variable.high)
    return round(clamped) if isinstance(variable, IntVariable) else float(clamped)


def trial_count(study: StudyBase) -> int | None:
    """Return the number of trials: a member of each generation is one."""
    return study.trial_count


def advice(frozen: FrozenStudy) -> list[str]:
    """Return no advice."""
    return []


def design_rows(frozen: FrozenStudy, trials: range, earlier: pl.DataFrame | None) -> pl.DataFrame:
    """Return the rows of a generation, or of the first few members of the first one.

    Each row has, beside trial, seed and the variables, `evaluation`, the number of the generation, so that all of its
    members meet the same random numbers; `member`; `parent`, the trial that it goes on from; and `copied`.
    """
    study = frozen.study
    assert isinstance(study, PopulationStudy) and isinstance(study.overrides, dict)
    generation = trials.start // study.population
    if earlier is None:
        children = first_generation(study, frozen.seed)
    else:
        children = next_generation(study, members_of(study, earlier, generation - 1), frozen.seed)
    fixed = {name: spec.fit(study.overrides[name]) for name, spec in study.variables.items() if name in study.overrides}
    rows = []
    for trial in trials:
        child = children[trial % study.population]
        labels = {"trial": trial, "seed": frozen.seed, "evaluation": generation, "member": trial % study.population}
        rows.append(dict(child.values) | fixed | labels | {"parent": child.parent, "copied": child.copied})
    types: dict[str, pl.DataType] = {"trial": pl.Int64(), "seed": pl.Int64()}
    types |= {name: polars_type(spec.element, is_list=False) for name, spec in study.variables.items()}
    types |= {"evaluation": pl.Int64(), "member": pl.Int64(), "parent": pl.Int64(), "copied": pl.Boolean()}
    return pl.DataFrame(rows, schema=types)


def members_of(study: PopulationStudy, trials: pl.DataFrame, generation: int) -> list[Member]:
    """Return the members of one generation, in order."""
    rows = trials.filter(pl.col("evaluation") == generation).sort("trial")
    found = []
    for row in rows.iter_rows(named=True):
        is_scored = row["outcome"] == "success" and row["objective"] is not None and math.isfinite(row["objective"])
        values = {name: row[name] for name in study.variables}
        found.append(Member(row["trial"], values, float(row["objective"]) if is_scored else None))
    return found


def best_trial(study: PopulationStudy, trials: pl.DataFrame) -> dict[str, Any] | None:
    """Return the row of the trial with the best objective, or None where none has any."""
    scored = trials.filter((pl.col("outcome") == "success") & pl.col("objective").cast(pl.Float64).is_finite())
    ranked = scored.sort("objective", "trial", descending=[study.direction == "maximize", False])
    return ranked.row(0, named=True) if ranked.height else None
