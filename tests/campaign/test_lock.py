"""One run at a time; the lock dies with the process that holds it."""

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from mojo.campaign.lock import StudyLock
from mojo.errors import StudyError


def hold(path: Path, held: Path) -> None:
    StudyLock(path).acquire()
    held.touch()
    time.sleep(60)


def test_a_second_run_is_told_who_works_on_the_study_until_that_is_killed(tmp_path: Path):
    path, held = tmp_path / "drop" / ".lock", tmp_path / "held"
    holder = multiprocessing.get_context("fork").Process(target=hold, args=(path, held))
    holder.start()
    while not held.exists():
        time.sleep(0.005)
    with pytest.raises(StudyError, match=f"{path.parent} is being worked on by process {holder.pid} on .*Wait for it"):
        StudyLock(path).acquire()
    holder.kill()
    holder.join()
    StudyLock(path).acquire()
    assert path.read_text().startswith(f"process {os.getpid()} on ")


def test_a_refused_run_leaves_the_holders_name_in_place(tmp_path: Path):
    path = tmp_path / ".lock"
    first = StudyLock(path)
    first.acquire()
    for _ in range(2):
        with pytest.raises(StudyError, match=f"by process {os.getpid()} on"):
            StudyLock(path).acquire()
