"""What the engines cost beside MuJoCo's own speed: `python benchmarks/engines.py [--trials 128] [--steps 5000]`.

The floor is mujoco.batch.Batch.rollout of the same models and steps, recording the same quantities into memory, on the
same cores, in MuJoCo as it comes; the engines run as in a worker, which has MuJoCo's timers off. Each figure is taken
in several rounds, in which the floor and what is compared with it take turns; the ratio is that of the medians. Other
programs on the machine spoil wall times; run it on a quiet one.
"""

import argparse
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import mujoco
import numpy as np
import robot
import swing
from mujoco.batch import Batch

from mojo.runtime.batch.manager import BatchRuntimeManager
from mojo.runtime.batch.rollout import Rollout
from mojo.runtime.batch.simulation import new_batch
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.signals import resolve_signals
from mojo.runtime.telemetry import TelemetryWriter
from mojo.runtime.timers import time_stages

SNAKEFILE = Path(__file__).resolve().parents[1] / "Snakefile"
ROUNDS = 5
MICRO = 1e6


def compile_models(count: int) -> list[mujoco.MjModel]:
    """Return the models of `count` trials, which differ in a mass."""
    return [swing.build(1.0 + 0.001 * number).compile() for number in range(count)]


def floor_seconds(models: list[mujoco.MjModel], steps: int, cores: int) -> float:
    """Return the wall time [s] of a rollout of all trials, recorded into memory."""
    batch = Batch(models[0], len(models), nthread=cores)
    batch.set_models(models)
    batch.reset()
    begun = time.perf_counter()
    batch.rollout(steps, record=swing.RECORDED)
    return time.perf_counter() - begun


def roll_out(models: list[mujoco.MjModel], steps: int, folder: Path) -> None:
    """Run trials without loads, as a worker does."""
    writers = [TelemetryWriter(folder / f"{number}.parquet") for number in range(len(models))]
    chosen = resolve_signals(models[0], [], swing.SIGNALS)
    for first in range(0, len(models), 32):
        part = slice(first, first + 32)
        batch = new_batch(models[part], persistent=False)
        Rollout(models[part], batch, chosen, writers[part], decimation=1).run(steps)


def step_side_by_side(models: list[mujoco.MjModel], steps: int, folder: Path) -> None:
    """Run trials with a spring and a general load, as a worker does."""
    writers = [TelemetryWriter(folder / f"{number}.parquet") for number in range(len(models))]
    loads = [swing.loads(20.0 + 0.01 * number) for number in range(len(models))]
    manager = BatchRuntimeManager(loads, [[]] * len(models), swing.SIGNALS, writers)
    batch = new_batch(models, persistent=True)
    manager.run(models, batch, steps)
    manager.simulation.finish()


def _worker(run: Callable[..., None], count: int, steps: int, ready, times) -> None:
    time_stages(False)
    models = compile_models(count)
    with tempfile.TemporaryDirectory() as folder:
        run(models[:2], 10, Path(folder))  # imports, first touch
        ready.wait()
        begun = time.perf_counter()
        run(models, steps, Path(folder))
        times.put((begun, time.perf_counter()))


def dealt_seconds(run: Callable[..., None], count: int, steps: int, cores: int) -> float:
    """Return the wall time [s] of trials that are dealt to a process for each core, from the first to the last."""
    context = multiprocessing.get_context("spawn")
    ready, times = context.Barrier(cores), context.Queue()
    workers = [context.Process(target=_worker, args=(run, count // cores, steps, ready, times)) for _ in range(cores)]
    for worker in workers:
        worker.start()
    spans = [times.get() for _ in workers]
    for worker in workers:
        worker.join()
    return max(end for _, end in spans) - min(begin for begin, _ in spans)


def loop_seconds(model: mujoco.MjModel, steps: int, folder: Path) -> float:
    """Return the CPU time [s] of a trial with the loop engine, telemetry on disk."""
    time_stages(False)
    begun = time.process_time()
    data = mujoco.MjData(model)
    with RuntimeManager(folder / "loop.parquet", signals=swing.SIGNALS) as manager:
        for _ in range(steps):
            manager.step(model, data)
    taken = time.process_time() - begun
    time_stages(True)
    return taken


def bare_seconds(model: mujoco.MjModel, steps: int) -> float:
    """Return the CPU time [s] of a trial of nothing but mj_step."""
    begun = time.process_time()
    data = mujoco.MjData(model)
    for _ in range(steps):
        mujoco.mj_step(model, data)
    return time.process_time() - begun


def thrice_seconds(model: mujoco.MjModel, steps: int) -> float:
    """Return the CPU time [s] of a trial that runs mj_forward twice before each step, and records scalar by scalar."""
    begun = time.process_time()
    data, rows = mujoco.MjData(model), []
    for _ in range(steps):
        mujoco.mj_forward(model, data)
        mujoco.mj_forward(model, data)
        rows.append([float(value) for name in swing.RECORDED for value in getattr(data, name).flat])
        mujoco.mj_step(model, data)
    return time.process_time() - begun


def study_seconds(trials: int, steps: int, cores: int) -> float:
    """Return the wall time [s] of a whole study by snakemake."""
    folder = Path(tempfile.mkdtemp())
    study = Path(__file__).with_name("swing.yaml")
    command = ["snakemake", "-s", str(SNAKEFILE), "--cores", str(cores), "--config", f"study={study}"]
    command += [f"n_trial={trials}", f"duration={steps * swing.TIMESTEP}"]
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    seconds = time.perf_counter() - begun
    shutil.rmtree(folder)
    return seconds


def tell(what: str, found: float, floor: float, reach: str) -> None:
    """Print a figure beside its floor."""
    print(f"{what:58s} {found:8.2f} µs, floor {floor:6.2f} µs, ratio {found / floor:5.2f}   (reach: {reach})")


def tell_of_loop(what: str, model: mujoco.MjModel, steps: int) -> None:
    """Print what a step of the loop engine costs, beside nothing but mj_step, and beside mj_forward twice before it."""
    with tempfile.TemporaryDirectory() as folder:
        loops = [
            [bare_seconds(model, steps), loop_seconds(model, steps, Path(folder)), thrice_seconds(model, steps)]
            for _ in range(ROUNDS)
        ]
    bare, loop, thrice = np.median(loops, axis=0) / steps * MICRO
    tell(f"{what}: loop engine, a step (CPU)", loop, bare, f"10 µs over the floor; it is {loop - bare:.1f}")
    print(
        f"{what + ': two mj_forward, mj_step, a scalar at a time':58s} {thrice:8.2f} µs, {thrice / loop:.1f} times the "
        "loop engine   (reach: 2)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=128)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--cores", type=int, default=2)
    given = parser.parse_args()
    trials, steps, cores = given.trials, given.steps, given.cores
    models = compile_models(trials)
    print(f"{trials} trials of {steps} steps on {cores} cores, {len(swing.columns(models[0]))} recorded columns")
    rounds = np.array(
        [
            [
                floor_seconds(models, steps, cores),
                dealt_seconds(roll_out, trials, steps, cores),
                dealt_seconds(step_side_by_side, trials, steps, cores),
            ]
            for _ in range(ROUNDS)
        ]
    )
    floor, rolled, loaded = np.median(rounds, axis=0) / (trials * steps) * MICRO
    tell("batch engine, no loads, a trial-step (wall)", rolled, floor, "at most 1.6")
    tell("batch engine, a spring and a general load (wall)", loaded, floor, "at most 2")
    tell_of_loop("two links", models[0], steps)
    nominal = {name: given["nominal"] for name, given in robot.PARAMETERS.items()}
    tell_of_loop("robot with contacts", robot.build(nominal).compile(), steps)
    study_seconds(100, steps, cores)  # a warm disk
    found = study_seconds(100, steps, cores)
    base = floor_seconds(models[:100], steps, cores)
    print(
        f"{'100 trials as a study by snakemake (wall)':58s} {found:8.2f} s,  floor {base:6.2f} s    "
        f"(reach: {2 * base + 4:.2f} s)"
    )


if __name__ == "__main__":
    main()
