"""Verdicts: what a run says of the requirements when it has ended. One that is not met is a result, not an error."""

import polars as pl

from mojo.columns import value_column, verdict_column
from mojo.evidence.verdicts import Verdict, verdicts
from mojo.evidence.words import line, summary
from mojo.layout import StudyLayout
from mojo.study.kinds import Study


def find_verdicts(layout: StudyLayout, study: Study) -> list[Verdict]:
    """Return the verdict on each requirement, from trials.parquet."""
    columns = ["trial", "outcome"]
    columns += [column(name) for name in study.requirements for column in (verdict_column, value_column)]
    return verdicts(study.requirements, pl.read_parquet(layout.trials_table, columns=columns), study.nominal)


def lines(judged: list[Verdict]) -> list[str]:
    """Return what the console shows: the verdicts counted, then one by one."""
    return [summary(judged), *map(line, judged)]
