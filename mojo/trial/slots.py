"""Slots: which GPUs a trial has to itself, and when it may start. Locks of files, which die with their holder."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mojo.errors import TrialError
from mojo.layout import machine_slots

POLL_SECONDS = 0.1
VARIABLE = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Dealt:
    """The GPUs of one trial.

    Attributes:
        devices: As CUDA_VISIBLE_DEVICES names them.
        locks: File descriptors that hold them while they are open.
    """

    devices: list[str]
    locks: list[int]


def visible_gpus() -> list[str]:
    """Return the GPUs that this process may deal out: those of CUDA_VISIBLE_DEVICES, or all of the machine."""
    given = os.environ.get(VARIABLE)
    if given is not None:
        return [name.strip() for name in given.split(",") if name.strip()]
    if shutil.which("nvidia-smi") is None:
        return []
    query = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
    return subprocess.run(query, capture_output=True, text=True, check=False, timeout=60).stdout.split()


@contextmanager
def dealt_gpus(count: int, trials_a_gpu: int) -> Iterator[Dealt]:
    """Hold `count` GPUs, and wait until there are as many.

    Other studies of this user on this machine keep off them too; within a SLURM job only those of that job, because
    each job counts its GPUs from 0.

    Raises:
        TrialError: The machine does not have that many.
    """
    if count == 0:
        yield Dealt([], [])
        return
    devices = visible_gpus()
    if len(devices) < count:
        raise TrialError(
            f"A trial takes {count} GPUs (command.gpus), but this machine shows {len(devices)}"
            f"{f' in {VARIABLE}' if VARIABLE in os.environ else ''}."
        )
    folder = machine_slots(os.environ.get("SLURM_JOB_ID", ""))
    folder.mkdir(parents=True, exist_ok=True)
    dealt = _take(folder, devices, count, trials_a_gpu)
    try:
        yield dealt
    finally:
        for lock in dealt.locks:
            os.close(lock)


def _take(folder: Path, devices: list[str], count: int, trials_a_gpu: int) -> Dealt:
    """Wait for `count` free GPUs, and lock them all at once: who holds one and waits for another would block others."""
    while True:
        taken: dict[str, int] = {}
        with _locked(folder / "dealing"):
            # The first share of every GPU goes before the second of any, so that trials spread out.
            for share in range(trials_a_gpu):
                for device in devices:
                    if device not in taken and len(taken) < count:
                        lock = _try(folder / f"gpu {device.replace('/', '-')} share {share}")
                        taken |= {} if lock is None else {device: lock}
            if len(taken) == count:
                return Dealt(list(taken), list(taken.values()))
            for lock in taken.values():
                os.close(lock)
        time.sleep(POLL_SECONDS)


def _try(path: Path) -> int | None:
    """Lock a file, and return its descriptor; None where somebody holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def await_start(path: Path, pause: float) -> None:
    """Wait until `pause` seconds have passed since the last start; `path` keeps its time."""
    if pause == 0:
        return
    with _locked(path) as descriptor:
        with contextlib.suppress(ValueError):  # nothing has started yet
            last = float(os.read(descriptor, 100))
            time.sleep(min(max(last + pause - time.time(), 0.0), pause))
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(time.time()).encode(), 0)
