"""A population: its best member, scores and values over the generations, and who descends from whom."""

import numpy as np
import polars as pl

from mojo.report.data import StudyData, floats
from mojo.report.figures.population import Population, generations_figure, lineage_figure
from mojo.report.numbers import counted, shortened, significant
from mojo.report.page import Plot, Section
from mojo.sampling.evolve import best_trial
from mojo.study.population import PopulationStudy

WIDE = 10.0  # scores so many times the median are shown by decades


def section(data: StudyData) -> Section | None:
    """Return the best member and the figures of a population; None before the first trial has ended."""
    if data.table.is_empty():
        return None
    study = PopulationStudy.model_validate(data.study)
    table = data.table.sort("trial")
    population = _population(study, table)
    values = {
        "best": _best(data, study, table),
        "last": _best(data, study, table.filter(pl.col("evaluation") == table["evaluation"].max())),
        "copies": int(table["copied"].sum()),
        "starts": int((table["parent"].is_null() & (table["evaluation"] > 0)).sum()),
        "direction": study.direction,
        "plots": _plots(data, study, table, population),
    }
    generations = int(table["evaluation"].max()) + 1  # type: ignore[arg-type]
    return Section("population", "Population", "population.html.j2", values, counted(generations, "generation"))


def _population(study: PopulationStudy, table: pl.DataFrame) -> Population:
    score = table["objective"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    trial, parent = table["trial"].to_numpy(), table["parent"].fill_null(-1).to_numpy()
    last = table.filter(pl.col("evaluation") == table["evaluation"].max())
    end = best_trial(study, last)
    return Population(
        trial=trial,
        generation=table["evaluation"].to_numpy(),
        member=table["member"].to_numpy(),
        parent=parent,
        copied=table["copied"].to_numpy(),
        score=score,
        ancestry=ancestry(dict(zip(trial.tolist(), parent.tolist(), strict=True)), end["trial"] if end else -1),
    )


def ancestry(parent_of: dict[int, int], trial: int) -> np.ndarray:
    """Return a trial and all trials that it descends from, oldest first; -1 is nobody."""
    line = []
    while trial >= 0:
        line.append(trial)
        trial = parent_of[trial]
    return np.array(line[::-1], dtype=int)


def _best(data: StudyData, study: PopulationStudy, table: pl.DataFrame) -> dict | None:
    best = best_trial(study, table)
    if best is None:
        return None
    return {
        "trial": best["trial"],
        "generation": best["evaluation"],
        "score": significant(best["objective"], 5),
        "unit": data.unit("objective"),
        "values": [(name, best[name], data.unit(name)) for name in study.variables],
        "folder": data.link(data.layout.trial(best["trial"]).folder),
        "file": data.link(data.layout.best),
    }


def _plots(data: StudyData, study: PopulationStudy, table: pl.DataFrame, population: Population) -> list[Plot]:
    scores = population.score[np.isfinite(population.score)]
    wide = bool(scores.size) and scores.min() > 0 and scores.max() > WIDE * float(np.median(scores))
    objective = generations_figure(population, population.score, "objective", data.unit("objective"), log=wide)
    plots = [Plot(objective, "Objective over generations", "Objective of each member over the generations.")]
    for name, variable in study.variables.items():
        if table[name].dtype.is_numeric():
            log = getattr(variable, "log", False)
            figure = generations_figure(population, floats(table[name]), name, data.unit(name), log)
            described = f"{shortened(name)} of each member over the generations."
            plots.append(Plot(figure, f"{name} over generations", described))
    note = "Grey: a member goes on from itself; blue: it copied; red points have no score."
    return [*plots, Plot(lineage_figure(population), "Lineage", "Which member went on from which.", note)]
