"""Verdicts: what a run says of the requirements when it has ended. One that is not met is a result, not an error."""

import polars as pl

from mojo.columns import value_column, verdict_column
from mojo.evidence.caveats import caveat
from mojo.evidence.verdicts import State, Verdict, verdicts
from mojo.evidence.words import line, stopping, summary
from mojo.layout import StudyLayout
from mojo.sampling.drawn import design_name, drawn_trials, why_no_verdict
from mojo.study.kinds import Study
from mojo.study.monte_carlo import MonteCarloStudy
from mojo.study.stopping import StopWhen


def tell(layout: StudyLayout, study: Study) -> tuple[list[str], dict[str, State]]:
    """Return what the console shows of the requirements, and the state of each, from trials.parquet."""
    judged = _find(layout, study)
    return _lines(study, judged), {verdict.name: verdict.state for verdict in judged}


def _find(layout: StudyLayout, study: Study) -> list[Verdict]:
    columns = ["trial", "outcome"]
    columns += [column(name) for name in study.requirements for column in (verdict_column, value_column)]
    trials = pl.read_parquet(layout.trials_table, columns=None if study.SEARCHES else columns)
    return verdicts(study.requirements, drawn_trials(study, trials), study.nominal, _stop_when(study))


def _lines(study: Study, judged: list[Verdict]) -> list[str]:
    """Return whether the study stopped early, and the verdicts, or why there are none."""
    reason, stop_when = why_no_verdict(study), _stop_when(study)
    if reason:
        return [f"requirements: {reason}"]
    stopped = [] if stop_when is None else [stopping(stop_when, judged, study.trial_count)]
    doubt = caveat(design_name(study))
    doubts = [f"requirements: the bounds assume independent draws. {doubt}"] if doubt else []
    return [*stopped, summary(judged), *map(line, judged), *doubts]


def _stop_when(study: Study) -> StopWhen | None:
    return study.stop_when if isinstance(study, MonteCarloStudy) else None
