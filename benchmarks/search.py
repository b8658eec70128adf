"""Is a search as good as plain Optuna, and how long does it think? `python benchmarks/search.py [--seeds 20]`.

First, functions with known minima, 48 designs, 8 at a time, by three ways:

- mojo: the study through real Snakemake, of which each batch is asked for anew from tables (about 10 s a search);
- in step: one Optuna study that lives from beginning to end, its sampler seeded for each batch as mojo's is. It must
  find what mojo finds, to the last bit;
- plain: one Optuna study with one seed, told of all designs of a batch before it is asked for the next, as
  `study.optimize(n_jobs=8)` with trials of equal length.

Printed are the means of the best values, and by how much in step and plain differ with its standard error: mojo may
find worse values than plain Optuna by 5 % at most. As many seeds as wished take seconds there; `--runs` says how many
of them go through Snakemake.

Then the CPU time to tell of 5,000 designs and ask for 100 more, from tables, beside what Optuna's own sampler takes in
a study that is ready.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import polars as pl
import yaml
from minima import VARIABLES, branin, hartmann

from mojo.layout import StudyLayout
from mojo.randomness import generator
from mojo.sampling.history import designs_table, told
from mojo.sampling.optimize import design_rows
from mojo.sampling.search import OWN_OPTIONS, SAMPLERS, Search, rebuilt
from mojo.sampling.space import space_of
from mojo.sampling.told import Told
from mojo.study.frozen import FrozenStudy
from mojo.study.optimize import OptimizeStudy, SamplerName

ROOT = Path(__file__).resolve().parents[1]
DESIGNS, BATCH = 48, 8
KNOWN, ASKED = 5000, 100
COMPARED: tuple[SamplerName, ...] = ("tpe", "cmaes", "nsgaii", "random")
OPTIONS: dict[str, dict[str, Any]] = {"nsgaii": {"population_size": BATCH}}
FUNCTIONS = {"branin": (branin, 0.3979), "hartmann": (hartmann, -3.3224)}


def study_keys(function: str, sampler: SamplerName, seed: int, n_trial: int = DESIGNS, batch: int = BATCH) -> dict:
    """Return a study file's keys."""
    here = ROOT / "benchmarks" / "minima.py"
    return {
        "name": "minima",
        "kind": "optimize",
        "generator": f"{here}:generate",
        "gen_kwargs": {"variables": list(VARIABLES[function])},
        "duration": 0.002,
        "objective": f"{here}:score_{function}",
        "sampler": sampler,
        "sampler_options": OPTIONS.get(sampler, {}),
        "seed": seed,
        "n_trial": n_trial,
        "batch": batch,
        "variables": VARIABLES[function],
    }


def through_snakemake(function: str, sampler: SamplerName, seed: int) -> float:
    """Return the best value of a study that Snakemake runs."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "study.yaml"
        file.write_text(yaml.safe_dump(study_keys(function, sampler, seed)))
        command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--directory", folder]
        done = subprocess.run(
            [*command, "--cores", "2", "--config", f"study={file}"], capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        table = StudyLayout.of("minima", Path(folder) / "results").trials_table
        return float(pl.read_parquet(table)["objective"].min())  # type: ignore[arg-type]


def optuna_sampler(sampler: SamplerName, seed: int) -> optuna.samplers.BaseSampler:
    options = OWN_OPTIONS.get(sampler, {}) | OPTIONS.get(sampler, {})
    return getattr(optuna.samplers, SAMPLERS[sampler])(seed=seed, **options)


def with_optuna(function: str, sampler: SamplerName, seed: int, in_step: bool) -> float:
    """Return the best value that one Optuna study finds, seeded once or, `in_step`, for each batch as mojo does."""
    value, _ = FUNCTIONS[function]
    space = space_of(OptimizeStudy.model_validate(study_keys(function, sampler, seed)).variables)

    def make(batch: int) -> optuna.samplers.BaseSampler:
        drawn = int(generator(seed, batch, "", "sampler").integers(2**31))
        return optuna_sampler(sampler, drawn)

    study = optuna.create_study(sampler=make(0))
    for batch in range(DESIGNS // BATCH):
        if in_step:
            study.sampler = make(batch)
        trials = [study.ask(space) for _ in range(BATCH)]
        for trial in trials:
            study.tell(trial, value(trial.params))
    return study.best_value


def compare(seeds: int, runs: int) -> None:
    for function, (_, least) in FUNCTIONS.items():
        print(f"{function}, least value {least:g}: best of {DESIGNS} designs, mean of {seeds} seeds")
        for sampler in COMPARED:
            found = np.array(
                [[with_optuna(function, sampler, seed, way) for way in (True, False)] for seed in range(seeds)]
            )
            agree = [through_snakemake(function, sampler, seed) == found[seed, 0] for seed in range(runs)]
            ours, plain = found.mean(axis=0)
            error = (found[:, 0] - found[:, 1]).std(ddof=1) / np.sqrt(seeds)
            print(
                f"  {sampler:7} in step {ours:8.4f}, plain {plain:8.4f}: {100 * (ours - plain) / abs(plain):+5.1f} ± "
                f"{100 * error / abs(plain):.1f} %; mojo finds what in step finds in {sum(agree)} of {runs}",
                flush=True,
            )


def known_designs(frozen: FrozenStudy, sampler: SamplerName) -> pl.DataFrame:
    """Return rows of `KNOWN` designs with scores, asked for 1,000 at a time."""
    tables: list[pl.DataFrame] = []
    for begin in range(0, KNOWN, 1000):
        rows = design_rows(frozen, range(begin, begin + 1000), pl.concat(tables) if tables else None)
        scores = [branin(row) for row in rows.iter_rows(named=True)]
        tables.append(rows.with_columns(objective=pl.Series(scores), outcome=pl.lit("success")))
    return pl.concat(tables)


def frozen_study(sampler: SamplerName, batch: int) -> FrozenStudy:
    study = OptimizeStudy.model_validate(study_keys("branin", sampler, 1, KNOWN + 1000, batch))
    study = study.model_copy(update={"batch_size": study.own_batch_size})
    return FrozenStudy(study=study, study_file="", code={}, inputs={}, digests={}, units={})


def think() -> None:
    print(f"telling of {KNOWN:,} designs and asking for {ASKED} more")
    for sampler in COMPARED:
        made_by: SamplerName = "random" if sampler == "tpe" else sampler  # which notes nothing that it reads again
        known = known_designs(frozen_study(made_by, 1000), made_by)
        frozen = frozen_study(sampler, ASKED)
        begun = time.process_time()
        design_rows(frozen, range(KNOWN, KNOWN + ASKED), known)
        ours = time.process_time() - begun
        study = ready_study(frozen, known)
        space, begun = space_of(_study(frozen).variables), time.process_time()
        for _ in range(ASKED):
            study.ask(space)
        alone = time.process_time() - begun
        print(f"  {sampler:7} {ours:5.2f} s of CPU; Optuna's sampler alone {alone:.2f} s", flush=True)


def _study(frozen: FrozenStudy) -> OptimizeStudy:
    assert isinstance(frozen.study, OptimizeStudy)
    return frozen.study


def ready_study(frozen: FrozenStudy, known: pl.DataFrame) -> optuna.Study:
    """Return an Optuna study in memory that knows the designs."""
    study = _study(frozen)
    history: list[Told] = told(study, designs_table(study, known))
    ready = rebuilt(Search(study.sampler, space_of(study.variables), study.directions, seed=1), history)
    ready.sampler = optuna_sampler(study.sampler, seed=1)
    return ready


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--runs", type=int, default=2, help="seeds that go through Snakemake too")
    arguments = parser.parse_args()
    think()
    compare(arguments.seeds, min(arguments.runs, arguments.seeds))


if __name__ == "__main__":
    main()
