"""One run at a time may work on a study or batch; the lock dies with its process, so a kill leaves nothing behind."""

import fcntl
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mojo.campaign.console import say
from mojo.errors import StudyError

LOOK_SECONDS = 0.5


class Held(StudyError):
    """Another process holds a lock."""

    def __init__(self, who: str) -> None:
        super().__init__(f"{who}. Wait for it to end, or stop it.")
        self.who = who


class StudyLock:
    """An advisory lock on a results folder, or on one of its batches."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock, and hold it until `release`, or as long as the process lives.

        Raises:
            Held: Another process holds it; the message names it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 200).decode(errors="replace").strip() or "another process"
            os.close(descriptor)
            subject = self._path.parent if self._path.name.startswith(".") else f"Batch {self._path.name}"
            raise Held(f"{subject} is being worked on by {holder}") from error
        os.truncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {platform.node()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go of the lock."""
        assert self._descriptor is not None
        os.close(self._descriptor)

    def wait(self, on_held: Callable[[Held], None]) -> None:
        """Take the lock as soon as nobody else holds it.

        Args:
            on_held: Called whenever somebody does; what it raises ends the wait.
        """
        while True:
            try:
                self.acquire()
                return
            except Held as held:
                on_held(held)
            time.sleep(LOOK_SECONDS)


@contextmanager
def in_turn(path: Path, check: Callable[[], None]) -> Iterator[None]:
    """Hold a lock for the length of a block, after whoever holds it now; a line says for whom it waits.

    Args:
        path: The lock.
        check: Called while it waits; what it raises ends the wait.
    """
    lock, told = StudyLock(path), set[str]()

    def tell(held: Held) -> None:
        check()
        if held.who not in told:
            say(f"{held.who}; it is waited for")
        told.add(held.who)

    lock.wait(tell)
    try:
        yield
    finally:
        lock.release()
