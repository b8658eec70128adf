"""Random numbers with an address: the study's seed, the trial, what they are for, and a name."""

import hashlib
import json
import pickle
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import numpy as np

_WORDS = 8  # of 32 bits, from which a generator that a process has one of is seeded
DRAW = "draw"  # the purpose of a trial's values, whether the design draws them or the generator


def generator(seed: int, trial: int, name: str, purpose: str = DRAW) -> np.random.Generator:
    """Return the generator at one address: batch size, cores, order and other names change nothing.

    Args:
        seed: The study's seed.
        trial: The trial.
        name: What is drawn.
        purpose: What it is drawn for; the same name gives other numbers for each purpose.
    """
    return np.random.default_rng(_sequence(seed, trial, name, purpose))


def _sequence(seed: int, trial: int, name: str, purpose: str) -> np.random.SeedSequence:
    """Return SeedSequence(entropy=seed, spawn_key=(trial, *words)), with 128 bits of SHA-256(purpose, name) as words.

    A shorter sum, such as CRC-32, is the same for some pairs of ordinary words.
    """
    return np.random.SeedSequence(entropy=seed, spawn_key=(trial, *_words(purpose, name)))


@lru_cache(maxsize=1024)
def _words(*texts: str) -> tuple[int, ...]:
    content = hashlib.sha256(json.dumps(texts).encode()).digest()
    return tuple(int.from_bytes(content[at : at + 4], "big") for at in range(0, 16, 4))


@dataclass(frozen=True)
class GlobalGenerator:
    """A generator that a process has one of.

    Attributes:
        seed: Seeds it with some words of 32 bits.
        state: Returns its state, which differs as soon as somebody has drawn.
    """

    seed: Callable[[ModuleType, Sequence[int]], Any]
    state: Callable[[ModuleType], bytes]


def _seed_numpy(_: ModuleType, words: Sequence[int]) -> None:
    if not isinstance(np.random.get_bit_generator(), np.random.MT19937):  # type: ignore[attr-defined]
        # The user has put in one of another kind, which could not be seeded.
        np.random.set_bit_generator(np.random.MT19937())  # type: ignore[attr-defined]
    np.random.seed(words)


# By the module that it belongs to, which need not have been imported.
GLOBAL_GENERATORS = {
    "random": GlobalGenerator(
        lambda module, words: module.seed(sum(word << 32 * place for place, word in enumerate(words))),
        lambda module: pickle.dumps(module.getstate()),
    ),
    "numpy": GlobalGenerator(_seed_numpy, lambda module: pickle.dumps(module.random.get_state(legacy=False))),
    "torch": GlobalGenerator(
        lambda module, words: module.manual_seed(words[0] << 32 | words[1]),
        lambda module: module.get_rng_state().numpy().tobytes(),
    ),
}


def seed_globals(seed: int, trial: int, stage: str) -> None:
    """Seed the generators that a process has one of: those of `random`, `numpy.random` and `torch`.

    A module that is imported later, during the stage, is seeded as soon as it is there.

    Args:
        seed: The study's seed.
        trial: The trial.
        stage: What is about to run.
    """
    # Each gets words of its own: Python's and NumPy's are the same algorithm, and would give the same numbers.
    words = _sequence(seed, trial, stage, "global").generate_state(_WORDS * len(GLOBAL_GENERATORS)).tolist()
    _LATECOMERS.words = {name: words[_WORDS * at :][:_WORDS] for at, name in enumerate(GLOBAL_GENERATORS)}
    for name, module in _imported():
        GLOBAL_GENERATORS[name].seed(module, _LATECOMERS.words[name])
    if _LATECOMERS not in sys.meta_path:
        sys.meta_path.insert(0, _LATECOMERS)


def seed_import(seed: int) -> None:
    """Seed the same generators for modules of the user that draw while they are imported, once a process."""
    seed_globals(seed, 0, "import")


def watch_globals() -> Callable[[], list[str]]:
    """Return a function that tells from which modules' generators somebody has drawn, or has seeded, since now."""
    before = {name: GLOBAL_GENERATORS[name].state(module) for name, module in _imported()}
    _LATECOMERS.states = {}

    def drawn() -> list[str]:
        left = before | _LATECOMERS.states
        return [name for name, module in _imported() if GLOBAL_GENERATORS[name].state(module) != left.get(name)]

    return drawn


def _imported() -> list[tuple[str, ModuleType]]:
    return [(name, sys.modules[name]) for name in GLOBAL_GENERATORS if name in sys.modules]


class _Latecomers:
    """Finds what other finders find, and has a module with a global generator seeded once it is imported.

    Attributes:
        words: What to seed each with.
        states: The states that this left.
    """

    def __init__(self) -> None:
        self.words: dict[str, Sequence[int]] = {}
        self.states: dict[str, bytes] = {}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return the spec of such a module, with a loader that seeds it; None for any other module."""
        if name not in GLOBAL_GENERATORS:
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        found = (finder.find_spec(name, path, target) for finder in others)
        spec = next((spec for spec in found if spec is not None), None)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_and_seed(module: ModuleType) -> None:
            execute(module)
            GLOBAL_GENERATORS[name].seed(module, self.words[name])
            self.states[name] = GLOBAL_GENERATORS[name].state(module)

        setattr(spec.loader, "exec_module", execute_and_seed)  # noqa: B010 - a method of this one loader
        return spec


_LATECOMERS = _Latecomers()
