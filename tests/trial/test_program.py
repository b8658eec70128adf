"""Programs end, are ended at their limit, or are ended with their parent, and nothing of them stays."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from mojo.errors import TrialError
from mojo.trial.program import run_program

# Starts a process that leaves its session and outlives it, writes both numbers, and sleeps.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sleeper = "import os, signal, time; os.setsid(); signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-S", "-c", sleeper])
with open("pids.part", "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
os.rename("pids.part", "pids")
"""
WAITS = STUBBORN + "time.sleep(600)"
PARENT = """
import os, sys
from pathlib import Path
from mojo.trial.program import run_program
run_program([sys.executable, "stubborn.py"], os.environ, Path.cwd(), 600.0)
"""


def python(program: str, folder: Path, limit: float = 60.0, **environment: str):
    (folder / "program.py").write_text(program)
    return run_program([sys.executable, "-S", "program.py"], os.environ | environment, folder, limit)


def pids(folder: Path) -> list[int]:
    end = time.monotonic() + 30
    while not (folder / "pids").exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    return [int(word) for word in (folder / "pids").read_text().split()]


def alive(numbers: list[int]) -> list[int]:
    return [
        number
        for number in numbers
        if psutil.pid_exists(number) and psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    ]


def test_a_program_runs_in_its_folder_with_its_environment_and_tells_its_exit_code(tmp_path: Path):
    program = "import os, sys; open('found', 'w').write(os.environ['GAIN']); sys.exit(3)"
    ended = python(program, tmp_path, GAIN="a b")
    assert (ended.code, ended.in_time) == (3, True)
    assert (tmp_path / "found").read_text() == "a b"


def test_a_program_that_dies_of_a_signal_tells_which(tmp_path: Path):
    assert python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", tmp_path).code == -signal.SIGSEGV


@pytest.mark.parametrize("name", ["no-such-program", "./no-such-program"])
def test_a_program_that_is_not_there_is_told(tmp_path: Path, name: str):
    with pytest.raises(TrialError, match=f"could not be started: No such file or directory: {name}"):
        run_program([name], os.environ, tmp_path, 10.0)


def test_at_its_time_limit_a_program_is_ended_with_its_children(tmp_path: Path):
    ended = python(WAITS, tmp_path, limit=3.0)
    assert not ended.in_time
    assert alive(pids(tmp_path)) == []


def test_what_a_program_leaves_running_ends_with_it(tmp_path: Path):
    assert python(STUBBORN, tmp_path).code == 0
    assert alive(pids(tmp_path)) == []


def test_a_parent_that_is_killed_takes_its_program_along(tmp_path: Path):
    (tmp_path / "stubborn.py").write_text(WAITS)
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=tmp_path)
    found = pids(tmp_path)
    assert len(alive(found)) == 2
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    end = time.monotonic() + 30
    while alive(found):
        assert time.monotonic() < end, "they outlived their parent"
        time.sleep(0.02)
