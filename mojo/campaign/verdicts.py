"""Verdicts: what a run says of the requirements when it has ended. One that is not met is a result, not an error."""

import polars as pl

from mojo.columns import value_column, verdict_column
from mojo.evidence.verdicts import Verdict, verdicts
from mojo.evidence.words import line, summary
from mojo.layout import StudyLayout
from mojo.sampling.drawn import drawn_trials, why_no_verdict
from mojo.study.kinds import Study


def find_verdicts(layout: StudyLayout, study: Study) -> list[Verdict]:
    """Return the verdict on each requirement, from trials.parquet."""
    columns = ["trial", "outcome"]
    columns += [column(name) for name in study.requirements for column in (verdict_column, value_column)]
    trials = pl.read_parquet(layout.trials_table, columns=None if study.SEARCHES else columns)
    return verdicts(study.requirements, drawn_trials(study, trials), study.nominal)


def lines(study: Study, judged: list[Verdict]) -> list[str]:
    """Return what the console shows: the verdicts counted, then one by one, or why there are none."""
    reason = why_no_verdict(study)
    return [f"requirements: {reason}"] if reason else [summary(judged), *map(line, judged)]
