"""Interactions: pairs of inputs that explain an output together better than each does alone, by binned effects."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import special

MOST = 2
CHANCE = 0.01
"""How likely, over all pairs, an interaction may be found where there is none."""
LEAST_SHARE = 0.02
"""A smaller share of the variance is not worth a figure."""
TRIALS_A_CELL = 8
BINS = (5, 4, 3)
MOST_INPUTS = 30


@dataclass(frozen=True)
class Interaction:
    """Two inputs that explain an output together beyond what each explains alone.

    Attributes:
        pair: Their places among the inputs.
        share: Share of the output's variance, beyond chance.
        edges: Ends of the bins of both inputs, or their different values where these are few.
        means: Mean output in each cell, shape (bins of the first, bins of the second); nan where no trial lies.
    """

    pair: tuple[int, int]
    share: float
    edges: tuple[np.ndarray, np.ndarray]
    means: np.ndarray


def interactions(inputs: np.ndarray, outputs: np.ndarray) -> list[list[Interaction]]:
    """Return at most `MOST` interactions for each output, the strongest first.

    Each input is cut into a few bins of equally many trials. First each output is explained by the bins of all inputs,
    added up. What is left is compared between the cells of every pair by an F test, corrected for all pairs.

    Args:
        inputs: Shape (n, p); trials do not depend on each other.
        outputs: Shape (n, m).

    Returns:
        A list for each output.
    """
    size, p = inputs.shape
    bins = next((count for count in BINS if size >= TRIALS_A_CELL * count * count and size >= 4 * p * count), 0)
    if p < 2 or p > MOST_INPUTS or not bins:
        return [[] for _ in range(outputs.shape[1])]
    cut = [_cut(column, bins) for column in inputs.T]
    codes = [codes for codes, _ in cut]
    scaled = outputs / np.maximum(np.abs(outputs).max(axis=0), 1e-300)  # so that squares neither overflow nor vanish
    left, used = _left_over(codes, scaled)
    total = ((scaled - scaled.mean(axis=0)) ** 2).sum(axis=0)
    pairs = list(combinations(range(p), 2))
    found: list[list[Interaction]] = [[] for _ in range(outputs.shape[1])]
    tested = np.array([_tested(codes, pair, left, total, used) for pair in pairs])
    shares, chances = tested[:, 0], tested[:, 1]
    for output in range(outputs.shape[1]):
        strongest = np.argsort(-shares[:, output], kind="stable")[:MOST]
        for index in strongest:
            if chances[index, output] * len(pairs) <= CHANCE and shares[index, output] >= LEAST_SHARE:
                i, j = pairs[index]
                means = _cell_means(codes[i], codes[j], outputs[:, output])
                found[output].append(Interaction((i, j), float(shares[index, output]), (cut[i][1], cut[j][1]), means))
    return found


def _cut(column: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the bin of each value, every bin there, and the ends of the bins, or the values where these are few."""
    different, codes = np.unique(column, return_inverse=True)
    if different.size <= bins:
        return codes, different
    edges = np.unique(np.quantile(column, np.linspace(0, 1, bins + 1)))
    codes = np.clip(np.searchsorted(edges, column, side="right") - 1, 0, edges.size - 2)
    there, codes = np.unique(codes, return_inverse=True)
    return codes, edges[np.r_[there, there[-1] + 1]]


def _left_over(codes: list[np.ndarray], outputs: np.ndarray) -> tuple[np.ndarray, int]:
    """Return what the inputs, added up, do not explain of the outputs, and how many numbers were fitted."""
    columns = [np.eye(int(code.max()) + 1)[code][:, 1:] for code in codes]
    matrix = np.column_stack([np.ones(len(outputs)), *columns])
    fitted, _, rank, _ = np.linalg.lstsq(matrix, outputs, rcond=None)
    return outputs - matrix @ fitted, int(rank)


def _tested(
    codes: list[np.ndarray], pair: tuple[int, int], left: np.ndarray, total: np.ndarray, used: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the share that the cells of a pair explain beyond chance, and how likely as much is by chance."""
    first, second = codes[pair[0]], codes[pair[1]]
    columns = int(second.max()) + 1
    cell = first * columns + second
    count = np.bincount(cell)
    sums = np.array([np.bincount(cell, rest) for rest in left.T])
    between = np.divide(sums**2, count, out=np.zeros_like(sums), where=count > 0).sum(axis=1)
    degrees = int(first.max()) * (columns - 1)
    rest = len(cell) - used - degrees
    within = np.maximum((left**2).sum(axis=0) - between, 0.0)
    if rest < 1 or degrees < 1:
        return np.zeros_like(between), np.ones_like(between)
    noise = within / rest
    share = (between - degrees * noise) / np.maximum(total, 1e-300)
    ratio = np.divide(between / degrees, noise, out=np.full_like(noise, np.inf), where=noise > 0)
    return share, special.fdtrc(degrees, rest, ratio)


def _cell_means(first: np.ndarray, second: np.ndarray, values: np.ndarray) -> np.ndarray:
    shape = int(first.max()) + 1, int(second.max()) + 1
    cell = first * shape[1] + second
    count = np.bincount(cell, minlength=shape[0] * shape[1])
    sums = np.bincount(cell, values, minlength=count.size)
    return np.divide(sums, count, out=np.full(count.size, np.nan), where=count > 0).reshape(shape)
