"""The bootstrap: what might have come, had other trials been drawn."""

from collections.abc import Iterator

import numpy as np

SEED = 20_211  # resamples are part of the page, so they are the same each time that it is made
AT_A_TIME = 4_000_000
"""Numbers that are held at a time."""


def resampled(blocks: np.ndarray, resamples: int) -> Iterator[np.ndarray]:
    """Yield how often each trial is drawn in some of the resamples, shape (k, n), k resamples after the other.

    Blocks are drawn with replacement, each with all of its trials, as many as there are.

    Args:
        blocks: The block of each trial, 0 to the number of blocks - 1, shape (n,). Trials that do not depend on others
            have blocks of their own.
        resamples: How many resamples.
    """
    count = int(blocks.max()) + 1 if blocks.size else 0
    rng = np.random.default_rng(SEED)
    step = max(1, AT_A_TIME // max(blocks.size, 1))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = rng.integers(count, size=(size, count)) + count * np.arange(size).reshape(-1, 1)
        weights = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count)
        yield weights[:, blocks]


def separate(size: int) -> np.ndarray:
    """Return the blocks of trials that do not depend on each other."""
    return np.arange(size)
