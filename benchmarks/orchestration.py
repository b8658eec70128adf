"""What a study costs beyond its physics: `python benchmarks/orchestration.py [--trials 10000] [--cores 2]`.

The floor is a sample of the same trials in one plain Python loop without files: its time a trial, times the trials,
divided by the cores. What is paid once is told from what is paid for each trial by a second study of 64 trials.
Needs `pip install -e '.[test]'`.

Other programs on the machine spoil wall times; CPU times hardly feel them.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import psutil
import robot
from trial_files import seconds_of_files

from mojo.runtime.manager import RuntimeManager

SNAKEFILE = Path(__file__).resolve().parents[1] / "Snakefile"
TRIAL_SECONDS = 0.010  # of a trial in the plain loop; the number of steps is chosen for it
SAMPLE_TRIALS = 100
SMALL_STUDY = 64
BATCH_SIZE = 256  # what `auto` is from 4,096 trials on, so that fewer trials tell what a job costs each of 10,000
LOOK_SECONDS = 0.2  # between two looks at memory and CPU time; a look takes 2 ms
LONG_TRIALS = (25_000, 100_000)  # steps
FIFTY_COLUMNS = ["Joints/*:qpos", "Joints/*:qvel", "Joints/*:qacc", "Sensors/*", "Bodies/torso/linvel"]  # with time
WALL, CPU = 0, 1


def clocks() -> np.ndarray:
    """Return wall and CPU time [s] of this process."""
    return np.array([time.perf_counter(), time.process_time()])


def sample_values(count: int) -> list[dict[str, float]]:
    """Return parameters of `count` trials, drawn as the study draws them, so that every model differs."""
    rng = np.random.default_rng(1)
    spread = {name: (spec["mean"], spec["std"]) for name, spec in robot.PARAMETERS.items() if name != "height"}
    return [
        {"height": rng.uniform(0.5, 0.7)} | {name: rng.normal(*normal) for name, normal in spread.items()}
        for _ in range(count)
    ]


def plain_trial(values: dict[str, float], steps: int) -> np.ndarray:
    """Run one trial without mojo, the signals that the study records in arrays.

    Returns:
        Wall and CPU time [s] in all, and of the steps alone, shape (2, 2).
    """
    begun = clocks()
    mj_model = robot.build(values).compile()
    mj_data = mujoco.MjData(mj_model)
    qpos, qvel = np.empty((steps, mj_model.nq)), np.empty((steps, mj_model.nv))
    sensors = np.empty((steps, mj_model.nsensordata))
    ready = clocks()
    for step in range(steps):
        qpos[step], qvel[step] = mj_data.qpos, mj_data.qvel
        mujoco.mj_step(mj_model, mj_data)
        sensors[step] = mj_data.sensordata
    stepped = clocks()
    robot.judge(qpos[:, 2], sensors[:, 2])
    return np.array([clocks() - begun, stepped - ready])


def managed_steps(values: dict[str, float], steps: int, telemetry: Path | None) -> np.ndarray:
    """Return wall and CPU time [s] of a trial's steps with a RuntimeManager, which records its default signals."""
    mj_model = robot.build(values).compile()
    mj_data = mujoco.MjData(mj_model)
    begun = clocks()
    with RuntimeManager(telemetry=telemetry) as manager:
        manager.run(mj_model, mj_data, steps * robot.TIMESTEP)
    return clocks() - begun


@dataclass(frozen=True)
class Floor:
    """Wall and CPU time [s] of one trial in one process.

    Attributes:
        trial: In the plain loop.
        managing: What stepping with a RuntimeManager adds to it.
        recording: What recording adds to that.
    """

    trial: np.ndarray
    managing: np.ndarray
    recording: np.ndarray


def measure_floor(steps: int, folder: Path) -> Floor:
    """Return what a sample of trials takes in one process; the three ways take turns, to share the weather."""
    times = []
    folder = Path(tempfile.mkdtemp(dir=folder))  # to replace a file would take longer than to write a new one
    for number, values in enumerate(sample_values(SAMPLE_TRIALS)):
        plain, bare = plain_trial(values, steps)
        unrecorded = managed_steps(values, steps, None)
        recorded = managed_steps(values, steps, folder / f"sample{number}" / "telemetry.parquet")
        times.append([plain, unrecorded - bare, recorded - unrecorded])
    return Floor(*np.mean(times, axis=0))


def mean_floor(*floors: Floor) -> Floor:
    """Return the mean of floors that were measured at different times."""
    return Floor(*np.mean([astuple(floor) for floor in floors], axis=0))


def files_alone(steps: int, folder: Path) -> float:
    """Return the CPU time [s] that the files of a trial take by themselves, whoever writes and reads them."""
    values, recording = sample_values(1)[0], folder / "recording.parquet"
    managed_steps(values, steps, recording)
    spec = robot.build(values)
    spec.compile()
    written = folder / "files"
    written.mkdir()
    return seconds_of_files(written, spec, recording)


def calibrated_steps() -> int:
    """Return the number of steps, in tens, with which a trial of the plain loop takes TRIAL_SECONDS of CPU time."""
    trial, steps = np.median([plain_trial(values, 500)[:, CPU] for values in sample_values(SAMPLE_TRIALS)], axis=0)
    return max(10, round((TRIAL_SECONDS - (trial - steps)) / (steps / 500) / 10) * 10)


@dataclass
class Usage:
    """What the processes of one run of Snakemake used.

    Attributes:
        wall: Wall time [s].
        main_rss: Largest resident memory of the main process [bytes].
        worker_rss: Largest resident memory of any of its workers [bytes].
        seconds: CPU time [s] of each process.
    """

    wall: float = 0.0
    main_rss: int = 0
    worker_rss: int = 0
    seconds: dict[int, float] = field(default_factory=dict)

    @property
    def times(self) -> np.ndarray:
        """Wall and CPU time [s]."""
        return np.array([self.wall, sum(self.seconds.values())])

    def look(self, main: psutil.Process) -> None:
        """Note memory and CPU time of the main process and its workers, as long as they live."""
        for process in [main, *main.children(recursive=True)]:
            try:
                memory, cpu = process.memory_info().rss, process.cpu_times()
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
            self.seconds[process.pid] = cpu.user + cpu.system
            if process.pid == main.pid:
                self.main_rss = max(self.main_rss, memory)
            else:
                self.worker_rss = max(self.worker_rss, memory)


@dataclass(frozen=True)
class Study:
    """A study of robots in a folder, run through the real Snakefile.

    Attributes:
        folder: Where its study file and its results are.
        cores: As in `snakemake --cores`.
        keys: What its study file says beside the parameters.
    """

    folder: Path
    cores: int
    keys: dict[str, Any]

    @property
    def results(self) -> Path:
        return self.folder / "results" / "robots"

    def run(self, *arguments: str) -> Usage:
        """Run `snakemake` to its end.

        Raises:
            RuntimeError: It failed; the message is its last output.
        """
        self.folder.mkdir(exist_ok=True)
        reference = f"{Path(robot.__file__).resolve()}"
        keys = {"name": "robots", "kind": "monte-carlo", "generator": f"{reference}:generate", "seed": 1}
        keys |= {"objective": f"{reference}:objective", "parameters": robot.PARAMETERS, **self.keys}
        (self.folder / "study.yaml").write_text(json.dumps(keys))  # JSON is YAML
        place = ["--snakefile", str(SNAKEFILE), "--directory", str(self.folder), "--cores", str(self.cores)]
        command = [sys.executable, "-m", "snakemake", *place, *arguments, "--config", "study=study.yaml"]
        usage, begun = Usage(), time.perf_counter()
        with (self.folder / "output.txt").open("w") as output:
            main = psutil.Popen(command, stdout=output, stderr=subprocess.STDOUT)
            while main.poll() is None:
                usage.look(main)
                with contextlib.suppress(psutil.TimeoutExpired):
                    main.wait(LOOK_SECONDS)
        usage.wall = time.perf_counter() - begun
        if main.returncode:
            raise RuntimeError("\n".join((self.folder / "output.txt").read_text().splitlines()[-20:]))
        return usage


def row(what: str, measured: float, target: float | None = None, unit: str = "s", kind: str = "target") -> None:
    """Print a row of the table; beside a target or floor, how many times it was measured."""
    beside = "" if target is None else f"{kind} {target:8.2f} {unit:<2} {measured / target:7.2f} ×"
    print(f"{what:<66} {measured:9.2f} {unit:<2}   {beside}", flush=True)


def compare(floor: Floor, small: Usage, large: Usage, trials: int, cores: int) -> None:
    """Print how much longer a study takes than the plain loop, once and for each trial."""
    per_trial = (large.times - small.times) / (trials - SMALL_STUDY)
    once = small.times - SMALL_STUDY * per_trial
    over = 1e3 * (per_trial - np.array([1 / cores, 1]) * floor.trial)
    row(f"study of {trials} trials on {cores} cores", large.wall, trials * floor.trial[WALL] / cores, kind="floor ")
    row("  over the floor: once", once[WALL], 4.0)
    row("  over the floor: a trial", over[WALL], 1.5, "ms")
    row("CPU time over the plain loop: once", once[CPU])
    row("CPU time over the plain loop: a trial, divided by the cores", over[CPU] / cores, 1.5, "ms")
    row("  of it stepping with a RuntimeManager", 1e3 * floor.managing[CPU] / cores, unit="ms")
    row("  of it recording", 1e3 * floor.recording[CPU] / cores, unit="ms")


def measure_study(steps: int, trials: int, cores: int, folder: Path) -> None:
    """Print the rows about studies of many short trials."""
    keys = {"duration": steps * robot.TIMESTEP, "batch_size": BATCH_SIZE}
    before = measure_floor(steps, folder)
    small = Study(folder / "small", cores, keys | {"n_trial": SMALL_STUDY}).run()
    study = Study(folder / "large", cores, keys | {"n_trial": trials})
    large = study.run()
    floor = mean_floor(before, measure_floor(steps, folder))
    row(f"one trial of {steps} steps in the plain loop", 1e3 * floor.trial[WALL], unit="ms")
    compare(floor, small, large, trials, cores)
    row("  of it the files of a trial by themselves", 1e3 * files_alone(steps, folder) / cores, unit="ms")
    idle = study.run()
    row(f"second `snakemake`, nothing to do, {trials} trials", idle.wall, 4.0)
    row(f"memory of the main process, {trials} trials", large.main_rss / 1e6, 400, "MB")
    (study.results / "report.html").unlink()
    again = study.run().times - idle.times
    row("the report, one process of the above", again[WALL])


def measure_long_trials(cores: int, folder: Path) -> None:
    """Print the rows about one long trial, whose telemetry must not be kept in memory."""
    for steps in LONG_TRIALS:
        keys = {"duration": steps * robot.TIMESTEP, "n_trial": 1, "signals": FIFTY_COLUMNS}
        used = Study(folder / f"steps{steps}", cores, keys).run("--until", "simulate")
        row(f"memory of the worker, one trial of {steps} steps, 50 columns", used.worker_rss / 1e6, 300, "MB")


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="What a study costs beyond its physics.")
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--cores", type=int, default=2)
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; files in {tempfile.gettempdir()}")
    with tempfile.TemporaryDirectory(prefix="mojo-benchmark-") as folder:
        measure_study(calibrated_steps(), given.trials, given.cores, Path(folder))
        measure_long_trials(given.cores, Path(folder))


if __name__ == "__main__":
    main()
