"""python -m mojo init: a small study to start from."""

import importlib.resources
import shlex
from pathlib import Path

from mojo import digest, files
from mojo.errors import StudyError

STARTER = ("ball.yaml", "ball.py")


def write_starter(folder: Path) -> None:
    """Write a small study that runs, and print the command that runs it.

    Raises:
        StudyError: One of its files exists already, or the folder cannot be written.
    """
    for name in STARTER:
        if (folder / name).exists():
            raise StudyError(f"{folder / name} exists already; nothing was written. Choose another folder.")
    starter = importlib.resources.files("mojo.commands") / "starter"
    for name in STARTER:
        try:
            files.write_text(folder / name, (starter / f"{name}.txt").read_text(encoding="utf-8"))
        except OSError as error:
            raise StudyError(f"{folder} cannot be written: {error.strerror}. Choose another folder.") from error
        print(f"wrote {folder / name}")
    snakefile = digest.PACKAGE.parent / "Snakefile"
    place = shlex.quote(str(snakefile)) if snakefile.exists() else "path/to/mojo/Snakefile"
    study = shlex.quote(f"study={folder / STARTER[0]}")
    print(f"run it with: snakemake -s {place} --cores 4 --config {study}")
