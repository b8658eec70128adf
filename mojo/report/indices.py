"""Indices: from the joined table of a study of design saltelli or morris to whole blocks, and what they say."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from mojo.evidence.sensitivity import Morris, Sobol, morris_effects, sobol_indices
from mojo.report.data import StudyData, floats, is_number
from mojo.sampling.design_specs import block_size
from mojo.sampling.sensitivity import LEVELS, morris_levels


@dataclass(frozen=True)
class Indexed:
    """The indices of one score.

    Attributes:
        name: The score.
        blocks: Whole blocks that count.
        dropped: Blocks of which a trial did not succeed, or has no finite score.
        found: The indices; None where there are too few blocks, or where the score does not vary.
    """

    name: str
    blocks: int
    dropped: int
    found: Sobol | Morris | None


def find_indices(data: StudyData, confidence: float) -> list[Indexed]:
    """Return the indices of each score; a block of which one trial is missing is dropped whole."""
    if data.kind != "monte-carlo" or data.design not in ("saltelli", "morris") or not data.factors:
        return []
    size, first = block_size(data.design, len(data.factors)), int(data.study.get("nominal_trial", True))
    count = (data.planned - first) // size
    trials = pl.DataFrame({"trial": np.arange(first, first + count * size)})
    table = trials.join(data.successes, on="trial", how="left")
    names = [name for name in data.scores if is_number(data.table[name])]
    return [_indexed(data, name, floats(table[name]).reshape(count, size), first, confidence) for name in names]


def _indexed(data: StudyData, name: str, outputs: np.ndarray, first: int, confidence: float) -> Indexed:
    whole = np.isfinite(outputs).all(axis=1)
    kept = outputs[whole]
    found: Sobol | Morris | None
    if data.design == "saltelli":
        found = sobol_indices(kept, confidence)
    else:
        axes = len(data.factors)
        seed, starts = int(data.study["seed"]), first + (axes + 1) * np.flatnonzero(whole)
        levels = np.array([morris_levels(axes, seed, int(start)) for start in starts]).reshape(-1, axes + 1, axes)
        found = morris_effects(levels, kept, LEVELS, confidence)
    return Indexed(name, int(whole.sum()), int((~whole).sum()), found)
