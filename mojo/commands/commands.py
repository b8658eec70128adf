"""python -m mojo commands: print what would be run, without running it."""

import shlex
import sys
from pathlib import Path

from mojo.campaign.freezing import existing, settle
from mojo.errors import StudyError
from mojo.layout import StudyLayout
from mojo.study.frozen import FrozenStudy
from mojo.study.loading import load_study
from mojo.trial.check_command import command_lines


def print_commands(study_file: Path) -> None:
    """Print a line for a shell for each trial of a study, in the order of their numbers.

    A search decides on each batch by the scores of the one before, so of it only the first batch is known.

    Raises:
        StudyError: The study cannot run, or its trials are no commands.
    """
    study = load_study(study_file.absolute())
    if study.command is None:
        raise StudyError(f"{study_file}: its trials are made by a generator, so there are no commands to print.")
    layout = StudyLayout.of(study.name)
    study = settle(study, existing(layout))
    frozen = FrozenStudy(study=study, study_file=str(study_file.absolute()), code={}, inputs={}, digests={}, units={})
    trials = frozen.trials(0) if study.SEARCHES else range(frozen.n_trial)
    for folder, line in command_lines(frozen, trials, layout):
        print(f"cd {shlex.quote(str(folder.absolute()))} && {line}")
    if len(trials) < frozen.n_trial:
        print(f"The other {frozen.n_trial - len(trials)} trials follow from the scores of these.", file=sys.stderr)
