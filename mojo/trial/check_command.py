"""What can be known of a command before its first run: that its program, and the script it is given, exist."""

import os
import re
import shutil
from pathlib import Path

from mojo.errors import MojoError, nearest, one_line
from mojo.layout import StudyLayout
from mojo.sampling.kinds import sampler
from mojo.study.command import places_in
from mojo.study.frozen import FrozenStudy
from mojo.trial.command import CommandLine, command_line, configuration

SCRIPT = re.compile(r"[^{}]+\.(py|sh|bash|jl|R|r|js|pl|rb|lua|m)")


def command_problems(frozen: FrozenStudy) -> list[str]:
    """Return why the command cannot run; nothing is started."""
    assert frozen.study.command is not None
    try:
        first, line = next(iter(command_lines(frozen, range(1), StudyLayout.of(frozen.study.name))))
    except MojoError as error:
        return [f"command: {one_line(error)}"]
    problems = [*_program(line, first, frozen), *_script(frozen)]
    return [f"command.run: {problem}" for problem in problems]


def command_lines(frozen: FrozenStudy, trials: range, layout: StudyLayout) -> list[tuple[Path, CommandLine]]:
    """Return the folder and the command line of each trial.

    Raises:
        MojoError: The design contradicts itself, an override names no parameter, or a value fits no command line.
    """
    rows = sampler(frozen.study.kind).design_rows(frozen, trials, None).to_dicts()
    folders = [layout.trial(row["trial"]).folder for row in rows]
    return [
        (folder, command_line(frozen, configuration(frozen, row), folder))
        for folder, row in zip(folders, rows, strict=True)
    ]


def _program(line: CommandLine, folder: Path, frozen: FrozenStudy) -> list[str]:
    program = line.words[0]
    path = line.environment.get("PATH", os.environ.get("PATH", os.defpath))
    if os.sep in program:  # relative to the trial's folder, unless it was found beside the study file
        place = folder / program
        if not place.is_file():
            return [f"there is no program '{program}'; a path is relative to {Path(frozen.study_file).parent}."]
        return [] if os.access(place, os.X_OK) else [f"'{place}' is not executable: chmod +x {place}"]
    if shutil.which(program, path=path) is None:
        return [f"the program '{program}' is not installed: none of that name is in a folder of PATH."]
    return []


def _script(frozen: FrozenStudy) -> list[str]:
    """Return the problem of a script that is handed to an interpreter, and is not there."""
    assert frozen.study.command is not None
    words = frozen.study.command.run
    if len(words) < 2 or places_in(words[1]) or not SCRIPT.fullmatch(words[1]) or Path(words[1]).is_file():
        return []
    folder = Path(frozen.study_file).absolute().parent
    there = [str(path.relative_to(folder)) for path in (folder / words[1]).parent.glob("*") if path.is_file()]
    return [f"the script '{words[1]}' is not in {folder}.{nearest(words[1], there)}"]
