"""A study in a temporary folder, run through the real Snakefile in real Snakemake processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from mojo.layout import StudyLayout

SNAKEFILE = Path(__file__).resolve().parents[2] / "Snakefile"
NOTHING = "Nothing to be done"

MODULE = '''
"""A mass on a spring, which misbehaves on demand."""
import os, signal, time
import mujoco

MODEL = """
<mujoco>
  <option timestep="0.01"/>
  <worldbody>
    <body name="mass">
      <joint name="slide" type="slide" axis="1 0 0" stiffness="10"/>
      <geom name="ball" size="0.1" mass="1"/>
    </body>
  </worldbody>
</mujoco>
"""


def generate(mojo_model, overrides):
    spec = mujoco.MjSpec.from_string(MODEL)
    spec.geom("ball").mass = mojo_model["mass"]
    mojo_model.spec = spec
    return mojo_model


def run(mojo_model, runtime_manager, mj_model, mj_data):
    mj_data.qpos[0] = 0.5
    while mj_data.time < 0.2:
        runtime_manager.step(mj_model, mj_data)


def objective(mojo_model, telemetry, mj_model, mj_data):
    return {"objective": float(mj_data.qpos[0]), "peak": float(telemetry["Joints/slide:qvel"].abs().max())}
'''


@dataclass
class RunningStudy:
    """A study file and its module in a folder, and the means to run it and to look at its results."""

    folder: Path
    keys: dict[str, Any] = field(default_factory=dict)
    _started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.folder / "study.yaml"

    @property
    def module(self) -> Path:
        return self.folder / "code" / "spring.py"

    @property
    def layout(self) -> StudyLayout:
        return StudyLayout.of("spring", self.folder / "results")

    def write(self, **changes: Any) -> None:
        """Write the study file with `changes`; a change to None removes the key."""
        self.keys = {key: value for key, value in (self.keys | changes).items() if value is not None}
        self.file.write_text(yaml.safe_dump(self.keys, sort_keys=False))

    def edit_module(self, old: str, new: str) -> None:
        """Replace `old`, which must be there, in the user's module."""
        text = self.module.read_text()
        assert old in text
        self.module.write_text(text.replace(old, new))

    def command(self, *arguments: str, cores: int = 2, snakefile: Path = SNAKEFILE) -> list[str]:
        place = ["-s", str(snakefile), "--directory", str(self.folder), "--cores", str(cores)]
        return [sys.executable, "-m", "snakemake", *place, *arguments, "--config", f"study={self.file}"]

    def run(
        self, *arguments: str, cores: int = 2, config: tuple[str, ...] = (), ok: bool | None = True, **more: Any
    ) -> str:
        """Run Snakemake to its end, and return what it printed; `ok` says whether it must succeed (None: either)."""
        command = [*self.command(*arguments, cores=cores, **more), *config]
        result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=self.folder)
        output = result.stdout + result.stderr
        if ok is not None:
            assert (result.returncode == 0) == ok, output
        return output

    def start(self, *arguments: str, cores: int = 2) -> subprocess.Popen[str]:
        """Start Snakemake in a process group of its own."""
        command = self.command(*arguments, cores=cores)
        pipe, errors = subprocess.PIPE, subprocess.STDOUT
        process = subprocess.Popen(command, stdout=pipe, stderr=errors, text=True, process_group=0, cwd=self.folder)
        self._started.append(process)
        return process

    def end(self) -> None:
        """Kill what `start` has started and a failed test has left running."""
        for process in self._started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def status(self, trial: int) -> dict[str, Any]:
        return json.loads(self.layout.trial(trial).status.read_text())

    def counters(self, stage: str = "simulate") -> dict[int, int]:
        """Return how often a stage has run, by trial."""
        folders = sorted(self.layout.trials.iterdir())
        return {int(folder.name): self.status(int(folder.name))["runs"][stage] for folder in folders}

    def simulated(self) -> set[int]:
        """Return the trials whose simulation has finished."""
        folders = self.layout.trials.iterdir() if self.layout.trials.exists() else ()
        numbers = [int(folder.name) for folder in folders if (folder / "status.json").exists()]
        return {number for number in numbers if "simulate" in self.status(number)}

    def table(self) -> pl.DataFrame:
        return pl.read_parquet(self.layout.trials_table)

    def assert_nothing_to_do(self) -> None:
        """Check that one more run finds nothing to do and changes nothing."""
        before = {path: path.stat().st_mtime_ns for path in self.layout.root.rglob("*") if path.is_file()}
        assert NOTHING in self.run()
        after = {path: path.stat().st_mtime_ns for path in self.layout.root.rglob("*") if path.is_file()}
        assert {path.name for path in before if before[path] != after.get(path)} <= {".lock"}


def wait_for(condition: Any, seconds: float = 240.0) -> None:
    """Wait until `condition()` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def small_study(folder: Path) -> RunningStudy:
    """Write a study of 6 quick trials in batches of 2."""
    running = RunningStudy(folder)
    running.module.parent.mkdir()
    running.module.write_text(MODULE)
    running.write(
        name="spring",
        kind="monte-carlo",
        generator="code/spring.py:generate",
        runtime="code/spring.py:run",
        objective="code/spring.py:objective",
        seed=7,
        n_trial=6,
        batch_size=2,
        parameters={"mass": {"distribution": "uniform", "low": 0.5, "high": 2.0, "nominal": 1.0, "unit": "kg"}},
        timeout=60,
    )
    return running


@pytest.fixture
def study(tmp_path: Path) -> Iterator[RunningStudy]:
    """A study of 6 quick trials in batches of 2."""
    running = small_study(tmp_path)
    yield running
    running.end()
