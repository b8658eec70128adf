"""One run at a time may work on a study; the lock dies with its process, so a kill leaves nothing to clean up."""

import fcntl
import os
import platform
from pathlib import Path

from mojo.errors import StudyError


class StudyLock:
    """An advisory lock on a results folder."""

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
            raise StudyError(
                f"{self._path.parent} is being worked on by {holder}. Wait for it to end, or stop it."
            ) from error
        os.truncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {platform.node()}\n".encode())
