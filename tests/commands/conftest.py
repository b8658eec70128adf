"""A study that has run, and the command line that looks at it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mojo.__main__ import main
from tests.workflow.conftest import RunningStudy, small_study

Command = Callable[..., str]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> RunningStudy:
    """A study of 6 trials that has run once, and is not to be changed."""
    study = small_study(tmp_path_factory.mktemp("finished"))
    study.run()
    return study


@pytest.fixture
def mojo(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Return a function that does what `python -m mojo` does, without a display, and returns what it prints."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    def run(*arguments: str | Path | int, ok: bool = True) -> str:
        monkeypatch.setattr(sys, "argv", ["mojo", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:  # any other exception would be a traceback for the user
            main()
        output = "".join(capfd.readouterr())
        assert (ended.value.code == 0) == ok, output
        return output

    return run
