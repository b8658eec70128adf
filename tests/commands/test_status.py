"""`python -m mojo status` says how far a study has come, while it runs or after."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from mojo.commands.status import show_status
from mojo.errors import StudyError
from mojo.layout import StudyLayout
from mojo.trial.status import write_stage
from tests.commands.conftest import Command
from tests.conftest import Freeze
from tests.workflow.conftest import RunningStudy


def shown(layout: StudyLayout) -> str:
    console = Console(file=io.StringIO(), width=400)
    show_status(layout.root, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def simulated(layout: StudyLayout, number: int, seconds: float) -> None:
    write_stage(layout.trial(number), "generate", None)
    details = {"wall_seconds": seconds, "simulated_seconds": 2.0, "steps": 1000}
    write_stage(layout.trial(number), "simulate", None, details=details)


def test_a_running_study_shows_what_is_done_on_the_way_and_to_come(layout: StudyLayout, freeze: Freeze):
    freeze(n_trial=10)
    for number, seconds in enumerate([0.5, 7.25, 1.5]):
        simulated(layout, number, seconds)
    write_stage(layout.trial(0), "score", "success")
    write_stage(layout.trial(3), "generate", None)
    write_stage(layout.trial(4), "generate", "failed", "ValueError: no legs")
    text = shown(layout)
    lines = [line.split() for line in text.splitlines()]
    assert "drop (monte-carlo, 10 trials, seed 1)" in text
    assert "2 of 10 trials done (20 %)" in text
    assert ["1", "success"] in lines
    assert ["1", "failed"] in lines
    assert ["2", "simulated", "so", "far"] in lines
    assert ["1", "generated", "so", "far"] in lines
    assert ["5", "not", "started"] in lines


def test_the_slowest_trials_come_first(layout: StudyLayout, freeze: Freeze):
    freeze(n_trial=10)
    for number in range(7):
        simulated(layout, number, seconds=float(number % 4) + 0.1 * number)
    rows = [line for line in shown(layout).splitlines() if line.startswith(("│ 00000", "| 00000"))]
    assert [row.split()[1] for row in rows] == ["000003", "000006", "000002", "000005", "000001"]  # 3.3 2.6 2.2 1.5 1.1


def test_a_command_shows_its_wall_time_alone(layout: StudyLayout, freeze: Freeze):
    freeze(n_trial=1)
    write_stage(layout.trial(0), "generate", None)
    write_stage(layout.trial(0), "simulate", None, details={"wall_seconds": 1.25, "exit_code": 0})
    [row] = [line.split() for line in shown(layout).splitlines() if "000000" in line]
    assert [cell for cell in row if cell not in "│|"] == ["000000", "1.25"]


def test_failures_come_with_reason_and_log(layout: StudyLayout, freeze: Freeze):
    freeze(n_trial=10)
    simulated(layout, 0, 1.0)
    write_stage(layout.trial(1), "generate", "failed", "ValueError: no legs")
    simulated(layout, 2, 1.0)
    write_stage(layout.trial(2), "simulate", "diverged", "QACC")
    simulated(layout, 3, 1.0)
    write_stage(layout.trial(3), "simulate", "invalid", "CONTACTFULL")
    results, _, failures = shown(layout).partition("Latest failures")
    assert "ValueError: no legs" in failures
    assert str(layout.trial(1).log) in failures
    assert "QACC" not in failures  # a diverged trial is a result
    assert "CONTACTFULL" not in failures
    assert "Latest diverged and invalid" in results
    assert "QACC" in results
    assert "CONTACTFULL" in results
    assert ["1", "invalid"] in [line.split() for line in results.splitlines()]


def test_text_in_brackets_is_shown_as_it_is(layout: StudyLayout, freeze: Freeze):
    freeze(n_trial=2)
    write_stage(layout.trial(0), "generate", "failed", "KeyError: joints[bold] is not [/there]")
    assert "joints[bold] is not [/there]" in shown(layout)


def test_a_folder_without_a_study_says_what_to_do(tmp_path: Path):
    with pytest.raises(StudyError, match="holds no study"):
        show_status(tmp_path)


def test_the_command_shows_a_study_that_has_run(mojo: Command, finished: RunningStudy):
    output = mojo("status", finished.layout.root)
    assert "6 of 6 trials done (100 %)" in output
    assert "Slowest trials" in output
    assert "Latest failures" not in output
    assert "mojo: error: " in mojo("status", finished.folder, ok=False)


def test_it_is_a_module_that_python_runs(finished: RunningStudy):
    command = [sys.executable, "-m", "mojo", "status", str(finished.layout.root)]
    assert "6 of 6 trials done" in subprocess.run(command, check=True, capture_output=True, text=True).stdout
