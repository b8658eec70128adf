"""One run at a time may work on a study or batch; the lock dies with its process, so a kill leaves nothing behind."""

import fcntl
import os
import platform
from pathlib import Path

from mojo.errors import StudyError


class StudyLock:
    """An advisory lock on a results folder, or on one of its batches."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def acquire(self) -> None:
        """Take the lock, and hold it as long as the process lives.

        Raises:
            StudyError: Another process holds it; the message names it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 200).decode(errors="replace").strip() or "another process"
            os.close(descriptor)
            subject = self._path.parent if self._path.name.startswith(".") else f"Batch {self._path.name}"
            raise StudyError(f"{subject} is being worked on by {holder}. Wait for it to end, or stop it.") from error
        os.truncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {platform.node()}\n".encode())
