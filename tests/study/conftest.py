"""A study file in a folder, with a module beside it."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

MODULE = """
def generate(mojo_model, overrides): ...
def run(mojo_model, runtime_manager, mj_model, mj_data): ...
def objective(mojo_model, telemetry, mj_model, mj_data): ...
"""
STUDY = """
name: drop
kind: monte-carlo
generator: drop.py:generate
duration: 1.0
seed: 1
n_trial: 10
"""


@pytest.fixture
def study_file(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the study file with some lines replaced, and returns its path."""
    folder = tmp_path / "studies"
    folder.mkdir()
    (folder / "drop.py").write_text(MODULE)

    def write(more: str = "", without: tuple[str, ...] = ()) -> Path:
        replaced = {line.partition(":")[0] for line in more.splitlines()} | set(without)
        kept = [line for line in STUDY.splitlines() if line.partition(":")[0] not in replaced]
        file = folder / "drop.yaml"
        file.write_text("\n".join([*kept, more]) + "\n")
        return file

    return write


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., str]:
    """Return a function that runs git in the test's folder, as an author of its own."""

    def run(*arguments: str) -> str:
        author = ["-c", "user.name=Author", "-c", "user.email=author@example.org"]
        command = ["git", "-C", str(tmp_path), *author, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    return run
