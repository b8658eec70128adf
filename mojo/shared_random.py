"""Random generators that the trials of a process share: Python's, NumPy's and PyTorch's, and globals of user code."""

import pickle
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import numpy as np

from mojo.held import held_by
from mojo.randomness import sequence
from mojo.user_code import local_modules

_WORDS = 8  # of 32 bits, from which each is seeded


@dataclass(frozen=True)
class Shared:
    """A generator that the trials of a process share.

    Attributes:
        name: Where it is found, e.g. "numpy.random" or "walk.py:RNG".
        seed: Seeds it with some words of 32 bits.
        state: Returns its state, which differs as soon as somebody has drawn.
    """

    name: str
    seed: Callable[[Sequence[int]], Any]
    state: Callable[[], bytes]


def _python(name: str, of: Any) -> Shared:
    return Shared(
        name,
        lambda words: of.seed(sum(word << 32 * place for place, word in enumerate(words))),
        lambda: pickle.dumps(of.getstate()),
    )


def _numpy(name: str, of: np.random.Generator) -> Shared:
    bits: Any = of.bit_generator

    def seed(words: Sequence[int]) -> None:
        bits.state = type(bits)(np.random.SeedSequence(words)).state

    return Shared(name, seed, lambda: pickle.dumps(bits.state))


def _numpy_legacy(name: str, of: np.random.RandomState) -> Shared:
    bits: Any = of._bit_generator  # type: ignore[attr-defined]

    def seed(words: Sequence[int]) -> None:
        if isinstance(bits, np.random.MT19937):
            of.seed(words)
        else:
            of.set_state({**type(bits)(np.random.SeedSequence(words)).state, "has_gauss": 0, "gauss": 0.0})

    return Shared(name, seed, lambda: pickle.dumps(of.get_state(legacy=False)))


def _numpy_module(module: ModuleType) -> Shared:
    if not isinstance(module.random.get_bit_generator(), np.random.MT19937):
        module.random.set_bit_generator(np.random.MT19937())  # the user's own may not be there in other processes
    return _numpy_legacy("numpy.random", module.random.random.__self__)


def _torch(name: str, of: Any) -> Shared:
    state = "get_rng_state" if isinstance(of, ModuleType) else "get_state"
    return Shared(
        name,
        lambda words: of.manual_seed(words[0] << 32 | words[1]),
        lambda: getattr(of, state)().numpy().tobytes(),
    )


def _torch_module(module: ModuleType) -> Shared | None:
    return _torch("torch", module) if hasattr(module, "manual_seed") else None  # a folder of that name is a module too


# Of libraries, by the module that need not have been imported.
LIBRARIES: dict[str, Callable[[ModuleType], Shared | None]] = {
    "random": partial(_python, "random"),
    "numpy": _numpy_module,
    "torch": _torch_module,
}


def seed_shared(seed: int, trial: int, stage: str) -> None:
    """Seed every generator that the trials of this process share.

    They are those of `random`, `numpy.random` and `torch`, and what a user's modules hold as globals, in lists, dicts,
    classes and objects of theirs, as defaults of parameters or bound to a function. A library that is imported later,
    in the stage, is seeded as soon as it is there.

    Args:
        seed: The study's seed.
        trial: The trial.
        stage: What is about to run.
    """
    # Each gets words of its own: Python's and NumPy's are the same algorithm, and could give the same numbers.
    words = sequence(seed, trial, stage, "shared").generate_state(_WORDS * len(LIBRARIES)).tolist()
    _LATECOMERS.words = {name: words[_WORDS * at :][:_WORDS] for at, name in enumerate(LIBRARIES)}
    for library, shared in _of_libraries():
        shared.seed(_LATECOMERS.words[library])
    for shared in _of_users():
        shared.seed(sequence(seed, trial, shared.name, f"shared {stage}").generate_state(_WORDS).tolist())
    if _LATECOMERS not in sys.meta_path:
        sys.meta_path.insert(0, _LATECOMERS)


def seed_import(seed: int) -> None:
    """Seed the same generators for modules of the user that draw while they are imported, once a process."""
    seed_shared(seed, 0, "import")


def watch_shared() -> Callable[[], list[str]]:
    """Return a function that tells from which of these generators somebody has drawn, or has seeded, since now."""
    before = {shared.name: shared.state() for shared in _all()}
    _LATECOMERS.states = {}

    def drawn() -> list[str]:
        left = before | _LATECOMERS.states
        return [shared.name for shared in _all() if shared.state() != left.get(shared.name, shared.state())]

    return drawn


def _all() -> Iterator[Shared]:
    yield from (shared for _, shared in _of_libraries())
    yield from _of_users()


def _of_libraries() -> Iterator[tuple[str, Shared]]:
    for name, make in LIBRARIES.items():
        module = sys.modules.get(name)
        shared = None if module is None else make(module)
        if shared is not None:
            yield name, shared


def _of_users() -> Iterator[Shared]:
    """Yield the generators that modules of the user hold, each once, in an order that imports do not change."""
    known = {id(random.random.__self__), id(np.random.random.__self__)}  # type: ignore[attr-defined]
    known.add(id(getattr(sys.modules.get("torch"), "default_generator", None)))
    modules = local_modules()
    own = {module.__name__ for module in modules.values()}
    for place, module in modules.items():
        for name, held in held_by(module, own, _is_generator):
            shared = _instance(f"{place}:{name}", held)
            if shared is not None and id(held) not in known:
                known.add(id(held))
                yield shared


def _is_generator(value: Any) -> bool:
    return _instance("", value) is not None


def _instance(name: str, value: Any) -> Shared | None:
    kind = type(value)  # a proxy may run code of its own when it is asked what it is
    if issubclass(kind, np.random.Generator):
        return _numpy(name, value)
    if issubclass(kind, np.random.RandomState):
        return _numpy_legacy(name, value)
    if issubclass(kind, random.Random) and not issubclass(kind, random.SystemRandom):
        return _python(name, value)
    of_torch: Any = getattr(sys.modules.get("torch"), "Generator", ())
    return _torch(name, value) if issubclass(kind, of_torch) else None


class _Latecomers:
    """Finds what other finders find, and has a library of LIBRARIES seeded once it is imported.

    Attributes:
        words: What to seed each with.
        states: The states that this left.
    """

    def __init__(self) -> None:
        self.words: dict[str, Sequence[int]] = {}
        self.states: dict[str, bytes] = {}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return the spec of such a library, with a loader that seeds it; None for any other module."""
        if name not in LIBRARIES:
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        found = (finder.find_spec(name, path, target) for finder in others)
        spec = next((spec for spec in found if spec is not None), None)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_and_seed(module: ModuleType) -> None:
            execute(module)
            shared = LIBRARIES[name](module)
            if shared is not None:
                shared.seed(self.words[name])
                self.states[shared.name] = shared.state()

        setattr(spec.loader, "exec_module", execute_and_seed)  # noqa: B010 - a method of this one loader
        return spec


_LATECOMERS = _Latecomers()
