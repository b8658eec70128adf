"""python -m mojo page: all about one trial, as a page in its folder."""

from collections.abc import Sequence
from pathlib import Path

from mojo.layout import StudyLayout
from mojo.report.trial_page import write_pages


def write(results: Path, trials: Sequence[int]) -> None:
    """Write the pages of some trials, and print where they are.

    Raises:
        TrialError: The study has no joined trials, or no such trial.
    """
    layout = StudyLayout(results)
    write_pages(layout, trials)
    for trial in trials:
        print(layout.trial(trial).page)
