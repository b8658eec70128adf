"""The designs of a search so far: from rows of trials to one row a design, to what the sampler is told."""

import functools
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from mojo.errors import StudyError, unknown
from mojo.sampling.told import Attributes, Design, State, Told
from mojo.study.optimize import OptimizeStudy

SEARCHED, CONFIRMED = "search", "confirm"
ERROR, BROKEN = "standard error of ", "broken by"


def designs_table(study: OptimizeStudy, trials: pl.DataFrame, phase: str = SEARCHED) -> pl.DataFrame:
    """Return one row for each design, ascending.

    Args:
        study: The study.
        trials: Designs and scores of trials, as in trials.parquet.
        phase: Whether trials of the search or of the confirmation count.

    Returns:
        The columns design_id, the variables, `evaluations` and `succeeded` (numbers of trials), each objective as the
        mean over the evaluations (null unless all succeeded) and its standard error under `ERROR` + name (null for one
        evaluation), `BROKEN` (by how much the constraints are broken together; 0 where they hold), and sampler_notes.
        In a confirmation the means are over the evaluations that succeeded, since of hundreds some may well fail.

    Raises:
        StudyError: The objective function returned no metric of the name of an objective or a constraint.
    """
    rows = trials.filter(pl.col("phase") == phase)
    columns = {name: _score_column(rows, name) for name in [*study.objectives, *study.constraints]}
    good = pl.col("outcome") == "success"
    for column in columns.values():
        good &= pl.col(column).cast(pl.Float64).is_not_nan().fill_null(False)
    found = rows.group_by("design_id", maintain_order=True).agg(
        *(pl.col(name).first() for name in study.variables),
        pl.len().alias("evaluations"),
        good.sum().alias("succeeded"),
        *(_good(columns[name], good).mean().alias(f"mean {name}") for name in columns),
        *((_good(columns[name], good).std() / good.sum().sqrt()).alias(ERROR + name) for name in study.objectives),
        pl.col("sampler_notes").first(),
    )
    counts = pl.col("succeeded") >= (pl.col("evaluations") if phase == SEARCHED else 1)
    scores = [*study.objectives, *(ERROR + name for name in study.objectives)]
    return found.with_columns(
        _broken(study).alias(BROKEN), *(pl.col(f"mean {name}").alias(name) for name in study.objectives)
    ).select(
        *("design_id", *study.variables, "evaluations", "succeeded"),
        *(pl.when(counts).then(pl.col(name)).alias(name) for name in [*scores, BROKEN]),
        "sampler_notes",
    )


def _score_column(rows: pl.DataFrame, name: str) -> str:
    for column in (name, f"metric:{name}"):
        if column in rows.columns and rows[column].dtype.is_numeric() | (rows[column].dtype == pl.Boolean):
            return column
    if not (rows["outcome"] == "success").any():
        return "objective"  # nobody has scored yet, so nothing is known but that all have failed
    raise StudyError(unknown("Metric", name, _numbers(rows), owner="what the objective function returns"))


def _numbers(rows: pl.DataFrame) -> list[str]:
    start = rows.columns.index("objective")
    return [name.removeprefix("metric:") for name in rows.columns[start:] if rows[name].dtype.is_numeric()]


def _good(column: str, good: pl.Expr) -> pl.Expr:
    return pl.col(column).cast(pl.Float64).filter(good)


def _broken(study: OptimizeStudy) -> pl.Expr:
    total = pl.lit(0.0)
    for name in study.constraints:
        for _, excess in _excesses(study, name):
            total += pl.max_horizontal(excess, 0.0)
    return total


def _excesses(study: OptimizeStudy, name: str) -> list[tuple[str, pl.Expr]]:
    """Return each limit of a constraint, with the expression that is positive where it is broken."""
    limits, mean = study.constraints[name], pl.col(f"mean {name}")
    found = [] if limits.max is None else [("max", mean - limits.max)]
    return found + ([] if limits.min is None else [("min", limits.min - mean)])


def ranking(study: OptimizeStudy, designs: pl.DataFrame) -> pl.DataFrame:
    """Return the designs that have a score, best first.

    In a confirmation, those of which fewer evaluations failed come first. Then come those that keep the constraints,
    by the first objective; then the others, by how little they break them. Of equals the earlier comes first.
    """
    sign = -1 if study.directions[0] == "maximize" else 1
    broken = pl.col(BROKEN)
    return designs.drop_nulls(study.objectives).sort(
        pl.col("evaluations") - pl.col("succeeded"),
        broken > 0,
        broken,
        sign * pl.col(study.objectives[0]),
        "design_id",
        maintain_order=True,
    )


def pareto_front(study: OptimizeStudy, designs: pl.DataFrame) -> pl.DataFrame:
    """Return the designs that keep the constraints and that no other one beats in all objectives, in their order."""
    good = designs.drop_nulls(study.objectives).filter(pl.col(BROKEN) <= 0)
    values = good.select(study.objectives).to_numpy() * _signs(study)
    beaten = [((values <= one).all(axis=1) & (values < one).any(axis=1)).any() for one in values]
    return good.filter(~pl.Series(beaten, dtype=pl.Boolean))


def _signs(study: OptimizeStudy) -> np.ndarray:
    return np.array([-1.0 if direction == "maximize" else 1.0 for direction in study.directions])


def winner(study: OptimizeStudy, designs: pl.DataFrame, confirmed: pl.DataFrame) -> dict[str, Any] | None:
    """Return the row of the best design, or None where none succeeded.

    With a confirmation it is the best one there. With several objectives it is the design of the Pareto front that is
    nearest to the best values of all objectives, each taken as a share of its range over the front.
    """
    front = pareto_front(study, designs) if len(study.objectives) > 1 else pl.DataFrame()
    if front.height:
        values = front.select(study.objectives).to_numpy() * _signs(study)
        spread = np.where(np.ptp(values, axis=0) > 0, np.ptp(values, axis=0), 1.0)
        distance = np.linalg.norm((values - values.min(axis=0)) / spread, axis=1)
        return front.row(int(distance.argmin()), named=True)
    ranked = [ranked for table in (confirmed, designs) if (ranked := ranking(study, table)).height]
    return ranked[0].row(0, named=True) if ranked else None


def told(study: OptimizeStudy, designs: pl.DataFrame) -> list[Told]:
    """Return what the sampler is told of each design of the search; arguments as `designs_table` returns them.

    A design of which an evaluation did not succeed has no score: it is told as failed, or pruned.
    """
    bad: State = "pruned" if study.prune_failed_trials else "failed"
    searched, found = list(study.searched), []
    for row in designs.iter_rows(named=True):
        design = Design({name: row[name] for name in searched}, _notes(row["sampler_notes"]))
        if row[study.objectives[0]] is None:
            found.append(Told(design, bad))
            continue
        constraints = {"limits": row[BROKEN]} if study.constraints else {}
        found.append(Told(design, "complete", [row[name] for name in study.objectives], constraints))
    return found


@functools.lru_cache(maxsize=256)
def _notes(text: str) -> Attributes:
    """Return what the sampler noted; CMA-ES notes the same long text with all designs of a batch."""
    noted = json.loads(text)
    return Attributes(noted["trial"], noted["study"])


def notes_text(designs: Sequence[Design]) -> list[str]:
    """Return what the sampler noted with each design as JSON, which `told` reads again."""
    return [
        json.dumps({"trial": dict(one.attributes.trial), "study": dict(one.attributes.study)}, sort_keys=True)
        for one in designs
    ]
