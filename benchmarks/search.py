"""Is a search as good as plain Optuna, and how long does it think? `python benchmarks/search.py [--seeds 20]`.

First, on functions with known minima: the best value after 96 designs, 8 at a time, of a search whose study is built
anew from tables for every batch, beside one Optuna study that asks for and is told as many at a time and lives from
beginning to end. Printed are means over all seeds with their standard errors.

Then the time to ask for 100 designs when 5,000 are known, with and without what Optuna's sampler takes by itself.
"""

import argparse
import itertools
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import optuna
from optuna.distributions import FloatDistribution

from mojo.sampling.search import Design, Search, Told, ask, make_sampler
from mojo.sampling.space import Space
from mojo.study.optimize import SamplerName

DESIGNS, BATCH = 96, 8
KNOWN, ASKED = 5000, 100
SAMPLERS: tuple[SamplerName, ...] = ("tpe", "cmaes", "nsgaii", "random")
Function = Callable[[Mapping[str, float]], float]


def branin(x: Mapping[str, float]) -> float:
    """Return Branin's function of two variables; its minimum is 0.3979."""
    a, b = x["a"], x["b"]
    return (
        (b - 5.1 * a**2 / (4 * math.pi**2) + 5 * a / math.pi - 6) ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10
    )


def rosenbrock(x: Mapping[str, float]) -> float:
    """Return Rosenbrock's function of three variables; its minimum is 0."""
    values = list(x.values())
    return sum(100 * (v - u**2) ** 2 + (1 - u) ** 2 for u, v in itertools.pairwise(values))


FUNCTIONS: dict[str, tuple[Function, Space, float]] = {
    "Branin": (branin, {"a": FloatDistribution(-5, 10), "b": FloatDistribution(0, 15)}, 0.3979),
    "Rosenbrock": (rosenbrock, {name: FloatDistribution(-2, 2) for name in "uvw"}, 0.0),
}


def from_tables(search: Search, function: Function) -> float:
    """Return the best value that a search finds whose study is built anew for every batch."""
    history: list[Told] = []
    for batch in range(DESIGNS // BATCH):
        designs = ask(search, history, batch, BATCH)
        history += [Told(design, "complete", [function(design.parameters)]) for design in designs]
    return min(told.values[0] for told in history)


def plain(search: Search, function: Function) -> float:
    """Return the best value that one Optuna study finds."""
    study = optuna.create_study(sampler=make_sampler(search, batch=0))
    for _ in range(DESIGNS // BATCH):
        trials = [study.ask(search.space) for _ in range(BATCH)]
        for trial in trials:
            study.tell(trial, function(trial.params))
    return study.best_value


def compare(seeds: range) -> None:
    for name, (function, space, least) in FUNCTIONS.items():
        print(f"{name}, least value {least:g}")
        for sampler in SAMPLERS:
            searches = [Search(sampler, space, ["minimize"], seed) for seed in seeds]
            found = np.array([[from_tables(search, function), plain(search, function)] for search in searches])
            (ours, theirs), errors = found.mean(axis=0), found.std(axis=0, ddof=1) / math.sqrt(len(seeds))
            print(f"  {sampler:7} {ours:7.4f} ± {errors[0]:.4f}, plain Optuna {theirs:7.4f} ± {errors[1]:.4f}")


def think() -> None:
    function, space, _ = FUNCTIONS["Rosenbrock"]
    print(f"asking for {ASKED} designs when {KNOWN} are known")
    for sampler in SAMPLERS:
        search = Search(sampler, space, ["minimize"], seed=1)
        history = [_told(it.parameters, function) for it in ask(Search("random", space, ["minimize"], 1), [], 0, KNOWN)]
        begun = time.perf_counter()
        ask(search, history, KNOWN // ASKED, 0)
        built = time.perf_counter()
        ask(search, history, KNOWN // ASKED, ASKED)
        whole = time.perf_counter() - built
        print(f"  {sampler:7} {whole:5.2f} s, of which {built - begun:.2f} s to build the study")


def _told(parameters: Mapping[str, Any], function: Function) -> Told:
    return Told(Design(parameters), "complete", [function(parameters)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    compare(range(parser.parse_args().seeds))
    think()


if __name__ == "__main__":
    main()
