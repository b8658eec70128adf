"""Texts have the same hashes in every process that runs user code, so that sets have the same order in each."""

import os
import sys

from mojo.trial.entry import HASHES


def hash_as_workers_do() -> None:
    """Start this command anew, unless texts have the hashes here that they have in a worker."""
    if not HASHES.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, "-m", "mojo", *sys.argv[1:]], os.environ | HASHES)
