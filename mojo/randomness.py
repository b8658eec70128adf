"""Random numbers with an address: the study's seed, the trial, what they are for, and a name."""

import hashlib
import json
from functools import lru_cache

import numpy as np

DRAW = "draw"  # the purpose of a trial's values, whether the design draws them or the generator


def generator(seed: int, trial: int, name: str, purpose: str = DRAW) -> np.random.Generator:
    """Return the generator at one address: batch size, cores, order and other names change nothing.

    Args:
        seed: The study's seed.
        trial: The trial.
        name: What is drawn.
        purpose: What it is drawn for; the same name gives other numbers for each purpose.
    """
    return np.random.default_rng(sequence(seed, trial, name, purpose))


def sequence(seed: int, trial: int, name: str, purpose: str) -> np.random.SeedSequence:
    """Return SeedSequence(entropy=seed, spawn_key=(trial, *words)), with 128 bits of SHA-256(purpose, name) as words.

    A shorter sum, such as CRC-32, is the same for some pairs of ordinary words.
    """
    return np.random.SeedSequence(entropy=seed, spawn_key=(trial, *_words(purpose, name)))


@lru_cache(maxsize=1024)
def _words(*texts: str) -> tuple[int, ...]:
    content = hashlib.sha256(json.dumps(texts).encode()).digest()
    return tuple(int.from_bytes(content[at : at + 4], "big") for at in range(0, 16, 4))
