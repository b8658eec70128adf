"""A search: its winner, the best designs, what a confirmation says of them, and where they lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from mojo.report.data import StudyData, floats
from mojo.report.figures.search import (
    Axis,
    contour_figure,
    history_figure,
    importance_figure,
    parallel_figure,
    pareto_figure,
)
from mojo.report.numbers import count, counted, duration, significant
from mojo.report.page import Plot, Section
from mojo.report.searched import score_text
from mojo.sampling.history import BROKEN, CONFIRMED, designs_table, pareto_front, ranking, winner
from mojo.sampling.importance import importances
from mojo.study.optimize import OptimizeStudy

SHOWN = 10
FEWEST_FOR_CONTOUR = 8
MOST_CONTOURS = 3


@dataclass(frozen=True)
class Searched:
    """A search as the report sees it."""

    data: StudyData
    study: OptimizeStudy

    @cached_property
    def designs(self) -> pl.DataFrame:
        return designs_table(self.study, self.data.table)

    @cached_property
    def confirmed(self) -> pl.DataFrame:
        return designs_table(self.study, self.data.table, CONFIRMED)

    @cached_property
    def front(self) -> pl.DataFrame:
        return pareto_front(self.study, self.designs)

    @cached_property
    def ranked(self) -> pl.DataFrame:
        return ranking(self.study, self.designs)

    @cached_property
    def winner(self) -> dict[str, Any] | None:
        return winner(self.study, self.designs, self.confirmed)

    @cached_property
    def several(self) -> bool:
        return len(self.study.objectives) > 1

    @property
    def kept(self) -> np.ndarray:
        return self.designs[BROKEN].fill_null(1.0).to_numpy() <= 0

    @property
    def first_trials(self) -> np.ndarray:
        return self.designs["design_id"].to_numpy() * self.study.evals_per_trial

    def objective(self, name: str) -> Axis:
        return Axis(name, self.data.unit(name), floats(self.designs[name]))

    def variable(self, name: str) -> Axis:
        """Return a variable; words become their place among those that came."""
        column, unit = self.designs[name], self.data.unit(name)
        if column.dtype.is_numeric():
            return Axis(name, unit, floats(column), log=getattr(self.study.variables[name], "log", False))
        words = tuple(str(word) for word in column.unique().sort())
        places = [words.index(str(word)) for word in column]
        return Axis(name, unit, np.array(places, dtype=float), words=words)


def section(data: StudyData) -> Section | None:
    """Return the winner, the best designs and the figures of a search; None before the first design has ended."""
    found = Searched(data, OptimizeStudy.model_validate(data.study))
    if found.designs.is_empty():
        return None
    values = {
        "objectives": [
            f"{name}, {way}d" for name, way in zip(found.study.objectives, found.study.directions, strict=True)
        ],
        "sampler": found.study.sampler,
        "notes": _notes(found),
        "winner": _winner(found),
        "columns": list(found.study.variables),
        "scores": list(found.study.objectives),
        "rows": [_row(found, row) for row in (found.front if found.several else found.ranked).head(SHOWN).to_dicts()],
        "confirmed": [_row(found, row) for row in ranking(found.study, found.confirmed).to_dicts()],
        "front": found.front.height if found.several else None,
        "evaluations": found.study.evals_per_trial,
        "constraints": bool((found.designs[BROKEN] > 0).any()),
        "plots": _plots(found),
    }
    return Section("search", "Search", "search.html.j2", values, counted(found.designs.height, "design"))


def _winner(found: Searched) -> dict[str, Any] | None:
    """Return the winner's number, values and score, and how the nominal design scored."""
    best = found.winner
    if best is None:
        return None
    values = [(name, _text(best[name]), found.data.unit(name)) for name in found.study.variables]
    scores = [(name, score_text(best, name), found.data.unit(name)) for name in found.study.objectives]
    source = found.confirmed if found.confirmed.height and not found.several else found.designs
    evaluated = source.row(by_predicate=pl.col("design_id") == best["design_id"], named=True)
    return {
        "design": best["design_id"],
        "values": values,
        "scores": scores,
        "evaluations": f"{_evaluations(evaluated)} trial{'s' if evaluated['evaluations'] != 1 else ''}",
        "folder": found.data.link(found.data.layout.trial(int(best["design_id"]) * found.study.evals_per_trial).folder),
        "file": found.data.link(found.data.layout.best),
        "broken": best[BROKEN] > 0,
    }


def _row(found: Searched, row: dict[str, Any]) -> dict[str, Any]:
    trial = int(row["design_id"]) * found.study.evals_per_trial
    return {
        "design": row["design_id"],
        "folder": found.data.link(found.data.layout.trial(trial).folder),
        "values": [_text(row[name]) for name in found.study.variables],
        "scores": [score_text(row, name) for name in found.study.objectives],
        "evaluations": _evaluations(row),
        "broken": significant(row[BROKEN], 3) if row[BROKEN] > 0 else "",
    }


def _evaluations(row: dict[str, Any]) -> str:
    """Return the number of a design's trials, and of those that its score rests on where some did not succeed."""
    if row["succeeded"] == row["evaluations"]:
        return count(row["evaluations"])
    return f"{count(row['succeeded'])} of {count(row['evaluations'])}"


def _text(value: Any) -> str:
    return (
        significant(float(value), 5) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
    )


def _notes(found: Searched) -> list[str]:
    """Return what a reader must know of how the search went."""
    study, designs = found.study, found.designs
    notes = []
    missing = study.n_trial - designs.height
    if missing > 0 and study.search_timeout is not None:
        limit = duration(study.search_timeout)
        notes.append(
            f"The search ended at its time limit of {limit} (search_timeout), after {count(designs.height)} of "
            f"{counted(study.n_trial, 'design')}."
        )
    failed = designs[study.objectives[0]].null_count()
    if failed:
        told = "pruned" if study.prune_failed_trials else "failed"
        notes.append(f"{counted(failed, 'design')} without a score, since a trial did not succeed; told as {told}.")
    broken = int((designs[BROKEN] > 0).sum())
    if broken:
        notes.append(f"{counted(broken, 'design')} with a score {'breaks' if broken == 1 else 'break'} a constraint.")
    if found.data.refined_after:
        after = ", ".join(count(number) for number in found.data.refined_after)
        notes.append(
            f"n_trial was raised after {after} designs, and the bounds shrank around the best by then, to "
            f"{study.refine_search_factor:g} of their width each time."
        )
    return notes


def _plots(found: Searched) -> list[Plot]:
    if found.ranked.is_empty():
        return []
    plots = [_front(found, pair) for pair in combinations(found.study.objectives, 2)] if found.several else []
    plots += [
        _history(found, name, way) for name, way in zip(found.study.objectives, found.study.directions, strict=True)
    ]
    shares = importances(found.study, found.designs)
    if shares:
        plots.append(
            Plot(
                importance_figure(shares),
                "Importance",
                "Importance of each variable.",
                "How much of what makes good designs good each variable explains (PED-ANOVA).",
            )
        )
    plots.append(_parallel(found))
    return plots + _contours(found, list(shares) or list(found.study.searched))


def _history(found: Searched, name: str, way: str) -> Plot:
    objective = found.objective(name)
    counts = np.where(found.kept, objective.values, np.nan)
    so_far = np.fmax.accumulate(counts) if way == "maximize" else np.fmin.accumulate(counts)
    figure = history_figure(objective, so_far, found.kept, found.first_trials)
    return Plot(figure, f"History of {name}", f"{name} of each design, in the order of the search.")


def _parallel(found: Searched) -> Plot:
    name = found.study.objectives[0]
    axes = [*map(found.variable, found.study.searched), found.objective(name)]
    order = ranking(found.study, found.designs)["design_id"].to_numpy()
    note = "A line is a design; the best quarter is orange, the worst grey."
    return Plot(
        parallel_figure(axes, order), "Parallel coordinates", f"All variables and {name}, a line a design.", note
    )


def _contours(found: Searched, names: Sequence[str]) -> list[Plot]:
    """Return the first objective over pairs of the most important variables that are numbers."""
    name = found.study.objectives[0]
    best = int(found.ranked["design_id"][0])
    numbers = [axis for axis in map(found.variable, names) if not axis.words and np.unique(axis.values).size > 2]
    pairs = list(combinations(numbers, 2))[:MOST_CONTOURS]
    if found.ranked.height < FEWEST_FOR_CONTOUR:
        return []
    note = "Other variables vary from point to point." if len(found.study.searched) > 2 else ""
    return [
        Plot(
            contour_figure(x, y, found.objective(name), best),
            f"{name} over {x.name} and {y.name}",
            f"Contours of {name} over {x.name} and {y.name}; a star marks the best design.",
            note,
        )
        for x, y in pairs
    ]


def _front(found: Searched, names: tuple[str, str]) -> Plot:
    x, y = map(found.objective, names)
    figure = pareto_figure(x, y, found.front["design_id"].to_numpy(), found.kept, found.first_trials)
    return Plot(
        figure, f"Pareto front of {names[0]} and {names[1]}", f"{names[1]} against {names[0]}, a point a design."
    )
