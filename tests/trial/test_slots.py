"""Slots: no two trials share a GPU unless they may, and starts keep their distance."""

import os
import threading
import time
from pathlib import Path

import pytest

from mojo.errors import TrialError
from mojo.trial import slots
from mojo.trial.slots import await_start, dealt_gpus


@pytest.fixture(autouse=True)
def four_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6,7")
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_trials_get_gpus_of_their_own_and_give_them_back():
    with dealt_gpus(2, 1) as first, dealt_gpus(2, 1) as second:
        assert first.devices + second.devices == ["4", "5", "6", "7"]
    with dealt_gpus(4, 1) as all_of_them:
        assert all_of_them.devices == ["4", "5", "6", "7"]


def test_a_trial_waits_until_there_are_enough(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(slots, "POLL_SECONDS", 0.01)
    got: list[list[str]] = []

    def take() -> None:
        with dealt_gpus(2, 1) as dealt:
            got.append(dealt.devices)

    with dealt_gpus(3, 1):
        waiting = threading.Thread(target=take)
        waiting.start()
        waiting.join(0.2)
        assert got == []
    waiting.join(30)
    assert got == [["4", "5"]]


def test_shared_gpus_are_shared_after_each_has_one_trial():
    with dealt_gpus(3, 2) as first, dealt_gpus(2, 2) as second:
        assert first.devices == ["4", "5", "6"]
        assert second.devices == ["7", "4"]


def test_locks_live_as_long_as_their_last_descriptor():
    with dealt_gpus(4, 1) as dealt:
        kept = [os.dup(lock) for lock in dealt.locks]  # as the guard of a program has them
    free = threading.Event()

    def take() -> None:
        with dealt_gpus(1, 1):
            free.set()

    waiting = threading.Thread(target=take)
    waiting.start()
    assert not free.wait(0.3)
    for descriptor in kept:
        os.close(descriptor)
    assert free.wait(30)
    waiting.join()


def test_a_trial_without_gpus_touches_nothing(tmp_path: Path):
    with dealt_gpus(0, 1) as dealt:
        assert (dealt.devices, dealt.locks) == ([], [])
    assert list(tmp_path.iterdir()) == []


def test_more_gpus_than_there_are_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    message = r"takes 2 GPUs \(command.gpus\), but this machine shows 1 in CUDA_VISIBLE_DEVICES"
    with pytest.raises(TrialError, match=message), dealt_gpus(2, 1):
        pass


def test_starts_keep_their_distance_also_of_many_at_once(tmp_path: Path):
    starts: list[float] = []

    def start() -> None:
        await_start(tmp_path / ".last-start", 0.2)
        starts.append(time.monotonic())

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(starts) - min(starts) >= 3 * 0.2 - 0.05  # four starts have three pauses between them
