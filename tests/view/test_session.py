"""`python -m mojo view`: a trial is built, run and shown, and again when its files change."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workflow.conftest import RunningStudy, small_study, wait_for

SECONDS = 60.0


class Viewing:
    """`python -m mojo view` in a process of its own, and what it has printed."""

    def __init__(self, study: RunningStudy, *arguments: str, display: bool) -> None:
        command = [sys.executable, "-m", "mojo", "view", str(study.file), "--trial", "3", *arguments]
        if display:
            command = ["xvfb-run", "-a", *command]
        self._log = study.folder / "view.log"
        environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, env=environment, cwd=study.folder, process_group=0
            )

    @property
    def output(self) -> str:
        return self._log.read_text()

    def wait_for(self, text: str, times: int = 1) -> None:
        wait_for(lambda: self.output.count(text) >= times or self._ended(), SECONDS)
        assert self.output.count(text) >= times, self.output

    def _ended(self) -> bool:
        return self._process.poll() is not None

    def interrupt(self) -> int:
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(SECONDS)

    def kill(self) -> None:
        if not self._ended():
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@pytest.fixture
def study(tmp_path: Path) -> RunningStudy:
    return small_study(tmp_path)


@pytest.fixture
def page(study: RunningStudy) -> Iterator[tuple[Viewing, str]]:
    """A trial in the web viewer, and the page's address."""
    pytest.importorskip("viser")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    viewing = Viewing(study, "--port", str(port), "--speed", "2", display=False)
    yield viewing, f"http://127.0.0.1:{port}"
    viewing.kill()


def test_without_a_display_it_says_so_and_is_a_page_that_follows_the_files(
    page: tuple[Viewing, str], study: RunningStudy
):
    viewing, address = page
    viewing.wait_for(f"open {address}")
    assert "is there a display?" in viewing.output
    assert "Showing it in a browser instead." in viewing.output
    viewing.wait_for("trial 3: 20 steps to t = 0.2 s")
    with urllib.request.urlopen(address) as answer:
        assert answer.status == 200

    study.edit_module("< 0.2", "< 0.095")
    viewing.wait_for("trial 3: 10 steps to t = 0.1 s")
    study.edit_module('name="ball"', 'name="bal"')
    viewing.wait_for("mojo: error: ")
    assert "this study cannot run" in viewing.output
    study.edit_module('name="bal"', 'name="ball"')
    viewing.wait_for("trial 3: 10 steps", times=2)
    study.write(requirements={"x": {"signal": "time", "max": 0.045, "ends_trial": True}})
    viewing.wait_for("trial 3: 5 steps to t = 0.05 s, ended by 'x'")
    nothing = dict.fromkeys(("requirements", "generator", "runtime", "objective"))
    study.write(command=["true", "{mass}"], **nothing)
    viewing.wait_for("its trials are commands, which make no model to show")
    assert not (study.folder / "results").exists()  # nothing is left behind
    assert viewing.interrupt() == 0
    assert "Traceback" not in viewing.output


@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="needs xvfb-run, a display without a screen")
def test_on_a_display_it_is_mujocos_viewer(study: RunningStudy):
    viewing = Viewing(study, display=True)
    try:
        viewing.wait_for("trial 3: 20 steps to t = 0.2 s")
        assert "space: pause, and go on" in viewing.output
        assert "browser" not in viewing.output
        study.edit_module("< 0.2", "< 0.095")
        viewing.wait_for("trial 3: 10 steps to t = 0.1 s")
        time.sleep(0.2)
        assert "Traceback" not in viewing.output
    finally:
        viewing.kill()
