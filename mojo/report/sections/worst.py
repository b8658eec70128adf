"""The worst trials: what they scored, what was unusual about them, how to see them again, and their film."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from mojo.report.data import StudyData
from mojo.report.numbers import measured
from mojo.report.one_trial import OneTrial
from mojo.report.page import Section
from mojo.report.ranking import Ranking, keys_of, rank
from mojo.report.trial_inputs import Input, Inputs

UNUSUAL = 5


def section(data: StudyData) -> Section | None:
    """Return the worst trials, or None where nothing ranks them and nobody has asked by what."""
    keys, ranking = keys_of(data), rank(data)
    if keys.worst == 0 or (ranking is None and (keys.by == "objective" or data.successes.is_empty())):
        return None
    inputs = Inputs(data)
    cards = [_card(data, ranking, inputs, trial) for trial in ranking.worst] if ranking else []
    values = {"cards": cards, "ranked": ranking.words if ranking else "", "by": keys.by, "scores": data.scores}
    return Section("worst", "Worst trials", "worst.html.j2", values, ranking.words if ranking else "")


def _card(data: StudyData, ranking: Ranking, inputs: Inputs, trial: int) -> dict[str, Any]:
    one = OneTrial(data, data.table.row(by_predicate=pl.col("trial") == trial, named=True), inputs.of(trial))
    folder = data.link(one.layout.folder)
    return {
        "trial": trial,
        "folder": folder,
        "value": measured(one.row[ranking.metric], ranking.unit),
        "nominal": trial == data.nominal,
        "failed": [verdict.name for verdict in data.verdicts if one.row.get(verdict.column) is False],
        "inputs": _most_unusual(one.inputs),
        "replay": one.replay,
        "films": [_linked(film, folder) for film in one.films],
    }


def _linked(film: dict[str, Any], folder: str) -> dict[str, Any]:
    return film | {key: film[key] and f"{folder}/{film[key]}" for key in ("link", "poster")}


def _most_unusual(inputs: Sequence[Input]) -> list[Input]:
    """Return the inputs that lie farthest out, or the first ones where none has a distribution."""
    return sorted(inputs, key=lambda row: -row.unusual)[:UNUSUAL]
