"""Run a program to its end, its time limit or the death of this process; then nothing of it is left."""

import json
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mojo.errors import TrialError
from mojo.trial import guard


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    Attributes:
        code: Its exit code; the negative number of the signal that killed it.
        in_time: Whether it ended by itself, within its time limit.
    """

    code: int
    in_time: bool


def run_program(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, limit: float, held: Sequence[int] = ()
) -> Ended:
    """Run a program; what it prints goes where this process prints.

    Args:
        command: Its command line.
        environment: All of its environment variables.
        folder: Its working directory.
        limit: Wall time [s] after which it is killed, with everything that it has started.
        held: File descriptors, of locks, that stay open until nothing of the program is left.

    Raises:
        TrialError: It could not be started, or its guard was killed.
    """
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-I", guard.__file__, str(theirs.fileno()), *command],
                cwd=folder,
                env=dict(environment),
                pass_fds=(theirs.fileno(), *held),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        ours.settimeout(limit)
        try:
            answer, in_time = ours.recv(4096), True
        except TimeoutError:
            ours.shutdown(socket.SHUT_WR)
            ours.settimeout(None)
            answer, in_time = ours.recv(4096), False
        process.wait()
    if not answer:
        raise TrialError("The process that watched over the command was killed, so how the command ended is unknown.")
    told = json.loads(answer)
    if "error" in told:
        raise TrialError(f"The command could not be started: {told['error']}.")
    return Ended(told["code"], in_time)
