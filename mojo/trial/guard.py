"""The guard of one program: a process that ends when it has ended, and sees that nothing of it stays.

It is started as a script with the number of a socket and the command line, imports nothing of mojo, and says over
the socket how the program ended. When the other end of the socket closes, because its process has ended the program
or has died itself, even of kill -9, the guard kills the program with everything that it has started.
"""

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading

import psutil

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h


libc = ctypes.CDLL(None)


def prctl(option: int, value: int) -> None:
    """Set a property of this process, where the system has it."""
    if sys.platform == "linux":
        libc.prctl(option, value, 0, 0, 0)


def die_with_guard() -> None:
    """Have the kernel kill this process when its parent dies."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def kill_descendants() -> None:
    """Kill all processes under this one, also those whose own parent is gone, until there is none."""
    while descendants := psutil.Process().children(recursive=True):
        for process in descendants:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(descendants, timeout=1)


def start(command: list[str]) -> subprocess.Popen[bytes]:
    """Start the program in a session of its own, so that no signal of a terminal reaches it."""
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_guard,  # noqa: PLW1509 - no other thread runs yet
    )


def watch(line: socket.socket, program: subprocess.Popen[bytes]) -> None:
    """Kill the program when the other end of the line has closed."""
    with contextlib.suppress(OSError):
        line.recv(1)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)


def main() -> None:
    """Run the program to its end."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    line = socket.socket(fileno=int(sys.argv[1]))
    try:
        program = start(sys.argv[2:])
    except OSError as error:
        line.sendall(json.dumps({"error": f"{error.strerror}: {sys.argv[2]}"}).encode())
        return
    threading.Thread(target=watch, args=(line, program), daemon=True).start()
    code = program.wait()
    kill_descendants()
    with contextlib.suppress(OSError):  # nobody listens any more
        line.sendall(json.dumps({"code": code}).encode())


if __name__ == "__main__":
    main()
