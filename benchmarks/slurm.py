"""What a study costs on SLURM: `python benchmarks/slurm.py [--trials 2000] [--batch-size auto]`.

Starts a real SLURM of two virtual nodes with two cores each on this machine (tests/cluster/start-slurm.sh: Debian or
Ubuntu, root), so four tasks share its cores. Needs `pip install -e '.[test]'`. Prints submissions, CPU time a batch
beyond its trials, wall time beside a local run on two cores, and how fast Ctrl-C empties the queue.

Other programs on the machine spoil wall times; CPU times hardly feel them.
"""

import argparse
import ctypes
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from mojo.cluster import commands

ROOT = Path(__file__).resolve().parents[1]
START = ROOT / "tests" / "cluster" / "start-slurm.sh"
BATCHES = 24
PR_SET_CHILD_SUBREAPER = 36  # of prctl(2)


def snakemake(folder: Path, *arguments: str) -> list[str]:
    place = ["-s", str(ROOT / "Snakefile"), "--directory", str(folder)]
    return [sys.executable, "-m", "snakemake", *place, *arguments, "--config", f"study={folder / 'study.yaml'}"]


def on_slurm(folder: Path) -> list[str]:
    return snakemake(folder, "--profile", str(ROOT / "profiles" / "slurm"), "--mojo-slurm-memory", "900M")


def write_study(folder: Path, trials: int, batch_size: Any) -> Path:
    """Write the example of a pendulum with so many trials, and return its results folder."""
    keys = yaml.safe_load((ROOT / "config" / "pendulum.yaml").read_text())
    for role in {"generator", "runtime", "objective"} & keys.keys():
        keys[role] = str(ROOT / "examples" / "pendulum.py") + ":" + keys[role].rpartition(":")[2]
    folder.mkdir()
    (folder / "study.yaml").write_text(yaml.safe_dump(keys | {"n_trial": trials, "batch_size": batch_size}))
    return folder / "results" / keys["name"]


def run(command: list[str]) -> tuple[float, str]:
    """Return the wall time [s] of a command that must succeed, and what it printed."""
    started = time.perf_counter()
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise SystemExit(result.stdout + result.stderr)
    return time.perf_counter() - started, result.stdout + result.stderr


def cpu_of_a_batch(results: Path, batch: int) -> float:
    """Run a batch by hand, and return the CPU time [s] of all its processes less that of its trials' steps."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "mojo", "simulate", str(results), "--batch", str(batch), "--cores", "1"]
    run(command)
    while True:  # what outlives the command becomes this process's child
        try:
            os.wait()
        except ChildProcessError:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    statuses = [results / "trials" / f"{trial:06d}" / "status.json" for trial in (2 * batch, 2 * batch + 1)]
    return spent - sum(json.loads(status.read_bytes())["simulate"]["cpu_seconds"] for status in statuses)


def cost_of_batches(folder: Path) -> None:
    """Print submissions and CPU time of 24 batches of two trials."""
    results = write_study(folder, 2 * BATCHES, 2)
    run(snakemake(folder, "--cores", "1", "--until", "design"))
    spent = sorted(cpu_of_a_batch(results, batch) for batch in range(3))
    print(f"CPU time of a batch beyond its trials: {spent[1]:.2f} s (middle of three)", flush=True)
    wall, output = run(on_slurm(folder))
    submissions = re.findall(r"(\d+) batches submitted as job", output)
    print(f"{BATCHES - 3} batches: {len(submissions)} submission(s), {wall:.0f} s", flush=True)


def queue_after_interrupt(folder: Path) -> None:
    """Print how long the queue takes to be empty after Ctrl-C."""
    write_study(folder, 400, 10)
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(on_slurm(folder), **pipes)
    while not any(task.state == "RUNNING" for task in commands.queue() if str(folder) in task.comment):
        assert process.poll() is None
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    pressed = time.perf_counter()
    while any(task.is_active for task in commands.queue() if str(folder) in task.comment):
        time.sleep(0.2)
    print(f"queue empty {time.perf_counter() - pressed:.1f} s after Ctrl-C", flush=True)
    process.wait()


def against_local(folder: Path, trials: int, batch_size: Any) -> None:
    """Print the wall time of a study here on two cores, and on the cluster."""
    write_study(folder / "here", trials, batch_size)
    write_study(folder / "there", trials, batch_size)
    here, _ = run(snakemake(folder / "here", "--cores", "2"))
    there, _ = run(on_slurm(folder / "there"))
    limit = 2 * here + 30
    print(
        f"{trials} trials: {here:.0f} s here on 2 cores, {there:.0f} s on SLURM (to reach: {limit:.0f} s)", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--batch-size", type=yaml.safe_load, default="auto")
    options = parser.parse_args()
    started = subprocess.run([START], capture_output=True, text=True, check=True)
    os.environ["SLURM_CONF"] = started.stdout.split("SLURM_CONF=")[1].strip()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # after SLURM, whose daemons never end
    try:
        with tempfile.TemporaryDirectory(prefix="mojo-slurm-") as folder:
            cost_of_batches(Path(folder) / "batches")
            queue_after_interrupt(Path(folder) / "interrupted")
            against_local(Path(folder), options.trials, options.batch_size)
    finally:
        if "running already" not in started.stderr:
            subprocess.run([START, "stop"], check=True)


if __name__ == "__main__":
    main()
