"""Random numbers with an address: the study's seed, the trial and the name of the draw."""

import zlib

import numpy as np


def generator(seed: int, trial: int, name: str) -> np.random.Generator:
    """Return the generator of one named draw of one trial.

    SeedSequence(entropy=seed, spawn_key=(trial, crc32(name))): batch size, cores, order and other
    names change nothing.
    """
    return np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=(trial, zlib.crc32(name.encode()))))
