"""Failures: the trials that did not end well, and whether the study may live with them."""

from collections import Counter
from dataclasses import dataclass

from mojo.columns import RETRIED
from mojo.layout import StudyLayout
from mojo.study.frozen import FrozenStudy
from mojo.trial.tables import read_table

SHOWN = 20


@dataclass(frozen=True)
class Tally:
    """How the trials of a study ended.

    Attributes:
        outcomes: Number of trials by outcome.
        failed: Trial number, outcome and reason of each trial that failed, crashed or timed out.
        allowed: How many of those the study allows.
    """

    outcomes: Counter[str]
    failed: list[tuple[int, str, str]]
    allowed: int

    @property
    def passed(self) -> bool:
        return len(self.failed) <= self.allowed

    def lines(self, layout: StudyLayout) -> list[str]:
        """Return what the console shows: the counts, then the failed trials with reason and log."""
        counts = ", ".join(f"{count} {outcome}" for outcome, count in self.outcomes.most_common())
        total = self.outcomes.total()
        lines = [f"{total} trial{'' if total == 1 else 's'}: {counts}. Report: {layout.report}"]
        for number, outcome, reason in self.failed[:SHOWN]:
            lines.append(f"trial {number:06d} {outcome}: {reason} (see {layout.trial(number).log})")
        more = len(self.failed) - SHOWN
        if more > 0:
            lines.append(f"and {more} more failed trials: python -m mojo status {layout.root}")
        if not self.passed:
            lines.append(
                f"{len(self.failed)} of {self.outcomes.total()} trials failed, and the study allows {self.allowed} "
                "(max_failures). The next run tries just these again."
            )
        return lines


def tally(layout: StudyLayout, frozen: FrozenStudy) -> Tally:
    """Return how the trials ended, from trials.parquet."""
    table = read_table(layout.trials_table, ["trial", "outcome", "error"]).to_pylist()
    failed = [(row["trial"], row["outcome"], row["error"] or "") for row in table if row["outcome"] in RETRIED]
    outcomes = Counter(row["outcome"] for row in table)
    return Tally(outcomes, failed, frozen.study.allowed_failures(len(table) or frozen.n_trial))
