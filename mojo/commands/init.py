"""python -m mojo init: a small study to start from."""

import importlib.resources
from pathlib import Path

from mojo import digest, files
from mojo.errors import StudyError

STARTER = ("ball.yaml", "ball.py")


def write_starter(folder: Path) -> None:
    """Write a small study that runs, and print the command that runs it.

    Raises:
        StudyError: One of its files exists already.
    """
    for name in STARTER:
        if (folder / name).exists():
            raise StudyError(f"{folder / name} exists already; nothing was written. Choose another folder.")
    starter = importlib.resources.files("mojo.commands") / "starter"
    for name in STARTER:
        files.write_text(folder / name, (starter / f"{name}.txt").read_text(encoding="utf-8"))
        print(f"wrote {folder / name}")
    snakefile = digest.PACKAGE.parent / "Snakefile"
    place = f"-s {snakefile} " if snakefile.exists() else "-s path/to/mojo/Snakefile "
    print(f"run it with: snakemake {place}--cores 4 --config study={folder / STARTER[0]}")
