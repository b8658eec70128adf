"""What the report costs beside reading its files: `python benchmarks/report.py [--trials 10000] [--joined 100000]`.

A study of `--trials` trials with 20 metrics and 20 signals of 2,000 rows is synthesised, and its report written. The
floor is reading the same recordings with pyarrow, file after file, which cannot be left out. Then the tables of
`--joined` trials are joined to trials.parquet; there the floor is reading the tables. Each runs in a process of its
own, so that the peak of memory is its own, and all of them find the files in the page cache, if that has the room. They
compute in one thread each, as the workers of a run do. With `--browser` the report is then opened in Chromium.

Other programs on the machine spoil wall times; CPU times hardly feel them. 10,000 trials take 4 GB of disk.
"""

import argparse
import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mojo.layout import TABLES, StudyLayout
from mojo.report.write import write_report
from mojo.runtime.telemetry import _OPTIONS
from mojo.study.frozen import FrozenStudy, read_frozen
from mojo.study.monte_carlo import MonteCarloStudy
from mojo.trial.design import write_design
from mojo.trial.join import write_trials_table
from mojo.trial.pool import ONE_THREAD
from mojo.trial.tables import read_table, write_stage_table

METRICS, SIGNALS, ROWS, TIMESTEP, PARAMETERS = 20, 20, 2_000, 0.001, 10
DIFFERENT = 100  # recordings; trials share them, so that synthesising takes no longer than reading
EARLY, FAILED = 10, 50  # of so many recordings one ends early, and of so many trials one fails


def freeze(layout: StudyLayout, trials: int) -> None:
    """Write study.json of a study of that many trials."""
    drawn = {"distribution": "normal", "mean": 1.0, "std": 0.1, "nominal": 1.0, "unit": "kg"}
    study = MonteCarloStudy.model_validate(
        {
            "name": layout.root.name,
            "kind": "monte-carlo",
            "generator": "/synthetic.py:generate",
            "objective": "/synthetic.py:objective",
            "duration": ROWS * TIMESTEP,
            "seed": 1,
            "n_trial": trials,
            "batch_size": 256,
            "parameters": {f"mass_{index}": drawn for index in range(PARAMETERS)},
            "requirements": {"calm": {"metric": "metric_0", "max": 2.0}},
        }
    )
    units = study.parameter_units()
    FrozenStudy(study=study, study_file="-", code={}, inputs={}, digests={}, units=units).write(layout)


def status_of(trial: int, scores: np.ndarray) -> dict[str, Any]:
    """Return the status.json of a trial that has ended."""
    failed = trial % FAILED == FAILED - 1
    outcome, error = ("failed", "ValueError: the gripper let go") if failed else ("success", None)
    stage = "simulate" if failed else "score"
    metrics = {f"metric_{index}": float(score) for index, score in enumerate(scores)}
    judged = {"calm": {"met": metrics["metric_0"] <= 2.0, "value": metrics["metric_0"]}}
    told = {"outcome": outcome, "error": error}
    run = {"steps": ROWS, "simulated_seconds": ROWS * TIMESTEP, "wall_seconds": 0.1, "host": "lab", "cpu_model": "-"}
    status = {"trial": trial, "stage": stage, "runs": dict.fromkeys(("generate", "simulate", "score"), 1)} | told
    status |= {"generate": {"outcome": None, "error": None, "seconds": 0.01, "model_hash": "-"}, "named": []}
    status["simulate"] = (told if failed else {"outcome": None, "error": None}) | run
    scored = {"objective": float(scores[0]), "metrics": metrics, "requirements": judged}
    return status if failed else status | {"score": told | scored}


def write_tables(layout: StudyLayout) -> None:
    """Write the tables of all stages and batches, as the stages themselves do."""
    frozen, rng = read_frozen(layout), np.random.default_rng(2)
    for batch in frozen.batches:
        write_design(layout, batch)
        statuses = [status_of(trial, rng.normal(size=METRICS)) for trial in frozen.trials(batch)]
        for stage in ("generate", "simulate", "score"):
            write_stage_table(layout, stage, batch, statuses)


def recording(number: int) -> bytes:
    """Return a Parquet file as the runtime writes it."""
    rows = ROWS // 2 if number % EARLY == EARLY - 1 else ROWS
    rng, time_ = np.random.default_rng(number), np.arange(rows) * TIMESTEP
    phase = rng.uniform(0, 6, (SIGNALS, 1))
    values = np.sin(np.arange(1, SIGNALS + 1)[:, None] * time_ + phase) + rng.normal(0, 0.05, (SIGNALS, rows))
    names = ["time", *(f"Joints/joint_{index}:qpos" for index in range(SIGNALS))]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table([time_, *values], names=names), sink, **_OPTIONS)
    return sink.getvalue().to_pybytes()


def write_recordings(layout: StudyLayout) -> None:
    """Write the telemetry of every trial."""
    files = [recording(number) for number in range(DIFFERENT)]
    for trial in range(read_frozen(layout).n_trial):
        path = layout.trial(trial).telemetry
        path.parent.mkdir(parents=True)
        path.write_bytes(files[trial % DIFFERENT])


def read_recordings(layout: StudyLayout) -> None:
    """Read every recording and do nothing with it: the floor of the report."""
    for trial in range(read_frozen(layout).n_trial):
        read_table(layout.trial(trial).telemetry)


def read_tables(layout: StudyLayout) -> None:
    """Read every table and do nothing with it: the floor of trials.parquet."""
    for stage in TABLES:
        for batch in read_frozen(layout).batches:
            read_table(layout.table(stage, batch))


TASKS = {
    "report": write_report,
    "floor of the report": read_recordings,
    "trials.parquet": write_trials_table,
    "floor of trials.parquet": read_tables,
}


def measure(task: str, layout: StudyLayout) -> float:
    """Run a task in a process of its own, print what it took, and return its CPU time [s]."""
    command = [sys.executable, __file__, "--task", task, "--study", str(layout.root)]
    environment = os.environ | dict.fromkeys(ONE_THREAD, "1")
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.split()
    wall, cpu, peak = map(float, answer[-3:])
    print(f"{task:24} {wall:8.1f} s wall {cpu:8.1f} s CPU {peak:8.0f} MB at most")
    return cpu


def run_task(task: str, layout: StudyLayout) -> None:
    """Run a task in this process, and print wall time [s], CPU time [s] and the peak of memory [MB]."""
    begin = time.perf_counter()
    cpu = time.process_time()  # what was imported does not count: the report's worker has done that before
    TASKS[task](layout)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(time.perf_counter() - begin, time.process_time() - cpu, peak)


def compare(folder: Path, trials: int, joined: int, browser: bool) -> None:
    """Synthesise both studies and print what each task takes, beside its floor."""
    large, wide = StudyLayout.of("large", folder), StudyLayout.of("wide", folder)
    if trials:
        freeze(large, trials)
        write_tables(large)
        write_trials_table(large)
        write_recordings(large)
        print(f"{trials} trials, {METRICS} metrics, {SIGNALS} signals of {ROWS} rows")
        floor = measure("floor of the report", large)
        ratio = measure("report", large) / floor
        print(f"  {ratio:.2f} times the CPU time of its floor; {large.report.stat().st_size / 1e6:.2f} MB")
        if browser:
            subprocess.run([sys.executable, Path(__file__).with_name("interactive.py"), large.report], check=True)
    if joined:
        freeze(wide, joined)
        write_tables(wide)
        print(f"{joined} trials, {METRICS} metrics, tables of {len(read_frozen(wide).batches)} batches")
        floor = measure("floor of trials.parquet", wide)
        ratio = measure("trials.parquet", wide) / floor
        print(f"  {ratio:.2f} times the CPU time of its floor")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10_000, help="of the study with a report; 0 for none")
    parser.add_argument("--joined", type=int, default=100_000, help="of the study whose tables are joined; 0 for none")
    parser.add_argument("--browser", action="store_true", help="measure how soon the report can be used, too")
    parser.add_argument("--folder", type=Path, help="where to write the studies, and keep them (an empty one)")
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    parser.add_argument("--study", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        run_task(given.task, StudyLayout(given.study))
        return
    with contextlib.ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mojo-report-")))
        compare(folder, given.trials, given.joined, given.browser)


if __name__ == "__main__":
    main()
