"""The page of a single trial, and which trials have one."""

from collections.abc import Sequence

import polars as pl

from mojo.columns import value_column
from mojo.errors import TrialError
from mojo.evidence.words import percent
from mojo.files import write_text
from mojo.layout import StudyLayout
from mojo.report.data import StudyData, gather
from mojo.report.numbers import count, duration, measured, shortened
from mojo.report.one_trial import OneTrial
from mojo.report.page import plotly_js
from mojo.report.plain_page import PlainHeading, render_plain
from mojo.report.ranking import Ranking, rank
from mojo.report.statement import ENDED
from mojo.report.trial_inputs import Inputs
from mojo.report.trial_sections import build_trial_sections
from mojo.study.requirements import LimitRequirement

MOST_FAILED = 25
"""Trials without success that get a page by themselves; `python -m mojo page` makes any other."""


class PageWriter:
    """Writes pages of trials, and what they share."""

    def __init__(self, data: StudyData) -> None:
        self._data, self._inputs, self._ranking = data, Inputs(data), rank(data)

    def write(self, trial: int) -> None:
        """Write the page of a trial into its folder.

        Raises:
            TrialError: No such trial has ended.
        """
        rows = self._data.table.filter(pl.col("trial") == trial)
        if rows.is_empty():
            raise TrialError(f"Trial {trial} has no page: {_there(self._data)}")
        one = OneTrial(self._data, rows.row(0, named=True), self._inputs.of(trial))
        script = self._data.layout.plotly
        if not script.is_file():
            write_text(script, plotly_js())
        write_text(one.layout.page, render_plain(_heading(one, self._ranking), build_trial_sections(one)))

    def write_all(self) -> None:
        """Write the pages that every report has, and those that are older than what they show."""
        write_text(self._data.layout.plotly, plotly_js())  # the version may have changed
        wanted = set(pages_of(self._data, self._ranking))
        for trial in sorted(wanted | _outdated(self._data)):
            self.write(trial)


def pages_of(data: StudyData, ranking: Ranking | None) -> list[int]:
    """Return the trials that always have a page: nominal, worst by the metric and by each requirement, failed."""
    found = [] if data.nominal is None else [data.nominal]
    found += ranking.worst if ranking else []
    found += [trial for name in data.study.get("requirements", {}) for trial in _worst_of(data, name)]
    found += data.unsuccessful["trial"].head(MOST_FAILED).to_list()
    there = set(data.table["trial"].to_list())
    return [trial for trial in dict.fromkeys(found) if trial in there]


def _worst_of(data: StudyData, requirement: str) -> list[int]:
    """Return the trial that is farthest outside the limits of a requirement, or nearest to them."""
    [limits] = [verdict.requirement for verdict in data.verdicts if verdict.name == requirement]
    values = data.successes.select("trial", value_column(requirement)).drop_nulls().rows()
    if not isinstance(limits, LimitRequirement) or not values:
        return []
    return [min(values, key=lambda row: limits.margin(row[1]))[0]]


def _outdated(data: StudyData) -> set[int]:
    """Return the trials that have ended anew since their page was written."""
    trials = [data.layout.trial(int(page.parent.name)) for page in data.layout.pages()]
    there = set(data.table["trial"].to_list())
    outdated = [
        trial.number
        for trial in trials
        if trial.status.is_file() and trial.status.stat().st_mtime_ns > trial.page.stat().st_mtime_ns
    ]
    return there.intersection(outdated)


def write_pages(layout: StudyLayout, trials: Sequence[int]) -> None:
    """Write the pages of some trials of a study.

    Raises:
        TrialError: The study has no joined trials yet, or no such trial.
    """
    writer = PageWriter(gather(layout))
    for trial in trials:
        writer.write(trial)


def _there(data: StudyData) -> str:
    if data.table.is_empty():
        return f"no trial of '{data.name}' has ended yet."
    trials = data.table["trial"].to_list()
    numbers = f"numbers {trials[0]} to {trials[-1]}"
    return f"{count(len(trials))} trials of '{data.name}' have ended, {numbers}. See {data.layout.report}."


def _heading(one: OneTrial, ranking: Ranking | None) -> PlainHeading:
    data, outcome = one.data, str(one.row["outcome"])
    words = {"success": "succeeded", "skipped": "was generated, not simulated"} | ENDED
    nominal = " (nominal)" if one.number == data.nominal else ""
    failed = [verdict.name for verdict in data.verdicts if one.row.get(verdict.column) is False]
    statement = f"Trial {one.number}{nominal} {words[outcome]}"
    if outcome == "success" and data.verdicts:
        statement += (
            f" and does not pass {' and '.join(shortened(name) for name in failed)}" if failed else " and passes"
        )
    bad = outcome not in ("success", "skipped") or failed
    details = [one.row.get("error") or "", _place(one, ranking), _unusual(one), _cost(one)]
    up = "../.."  # from the trial's folder to the study's
    return PlainHeading(
        name=data.name,
        home=f"{up}/{data.layout.report.name}",
        statement=statement,
        tone="bad" if bad else "good" if data.verdicts else "",
        details=[text for text in details if text],
        plotly=f"{up}/{data.layout.plotly.name}",
    )


def _place(one: OneTrial, ranking: Ranking | None) -> str:
    if ranking is None or one.number not in ranking.places:
        return ""
    value = measured(one.row[ranking.metric], ranking.unit)
    worse = 1 - ranking.places[one.number] / ranking.trials.size
    place = "the worst of all trials" if ranking.places[one.number] == 1 else f"worse than {percent(worse)} of trials"
    return f"{ranking.metric}: {value}, {place}"


def _unusual(one: OneTrial) -> str:
    """Return the inputs that are farthest out."""
    far = sorted((row for row in one.inputs if row.unusual >= 2), key=lambda row: -row.unusual)[:3]
    return f"Unusual: {', '.join(f'{shortened(row.name)} {row.place}' for row in far)}" if far else ""


def _cost(one: OneTrial) -> str:
    simulated, wall = one.row.get("simulated_seconds"), one.row.get("wall_seconds")
    return f"{duration(simulated)} simulated in {duration(wall)} of computing" if simulated and wall else ""
