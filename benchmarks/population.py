"""Does a population learn more than random search on the same budget? `python benchmarks/population.py [--seeds 10]`.

The satellite of config/population.yaml: as many members for as many generations, once with copying and mutation, and
once with the gains of the first generation kept to the end. Printed is the mean error over the whole mission of the
best line of descent, chosen by that in both.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import mujoco
import numpy as np

from mojo.model.mojo_model import MojoModel
from mojo.sampling.evolve import Child, Member, first_generation, next_generation
from mojo.study.loading import load_study
from mojo.study.population import PopulationStudy

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "examples"))

import satellite  # noqa: E402 - an example, not a package


class PlainManager:
    """Steps, and keeps what is posted."""

    def __init__(self) -> None:
        self.signals = self
        self.posted: list[float] = []

    def post(self, value: float, *names: str, **details: str) -> None:
        self.posted.append(abs(value))

    def step(self, mj_model: mujoco.MjModel, mj_data: mujoco.MjData) -> None:
        mujoco.mj_step(mj_model, mj_data)


def run_member(model: mujoco.MjModel, folder: Path, trial: int, child: Child) -> tuple[Member, float]:
    """Fly one interval of the mission, as a trial does, and return the mean error of the mission so far too."""
    mojo_model: Any = MojoModel(trial_num=trial)
    for name, value in child.values.items():
        mojo_model.named.set(name, value)
    mojo_model.checkpoint = folder / str(trial)
    mojo_model.checkpoint.mkdir()
    mojo_model.parent_checkpoint = None if child.parent is None else folder / str(child.parent)
    manager = PlainManager()
    satellite.run(mojo_model, manager, model, mujoco.MjData(model))
    return Member(trial, child.values, float(np.mean(manager.posted))), mojo_model["mission_error"]


def best_mission(study: PopulationStudy, model: mujoco.MjModel, seed: int, evolves: bool) -> float:
    """Return the least mean error of a whole mission."""
    children = first_generation(study, seed)
    with tempfile.TemporaryDirectory() as folder:
        for generation in range(study.generations):
            first = generation * study.population
            flown = [run_member(model, Path(folder), first + place, it) for place, it in enumerate(children)]
            members = [member for member, _ in flown]
            kept = [Child(it.values, it.trial) for it in members]
            children = next_generation(study, members, seed) if evolves else kept
    return min(error for _, error in flown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    seeds = range(parser.parse_args().seeds)
    study = load_study(ROOT / "config" / "population.yaml")
    assert isinstance(study, PopulationStudy)
    model = mujoco.MjModel.from_xml_string(satellite.MODEL)
    scores = np.array([[best_mission(study, model, seed, evolves) for evolves in (True, False)] for seed in seeds])
    for seed, (population, random) in zip(seeds, scores, strict=True):
        print(f"seed {seed}: population {population:.4f} rad, random search {random:.4f} rad")
    wins = int((scores[:, 0] < scores[:, 1]).sum())
    population, random = np.median(scores, axis=0)
    print(f"median: population {population:.4f} rad, random {random:.4f} rad; better in {wins} of {len(seeds)} seeds")


if __name__ == "__main__":
    main()
