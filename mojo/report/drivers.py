"""Drivers: which inputs go along with which score, from the joined table to numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from mojo.evidence.correlations import LEAST_TRIALS, by_words, own_columns, rank_correlations
from mojo.evidence.interactions import Interaction, interactions
from mojo.report.data import StudyData, floats, is_number

MAX_WORDS = 20
MAX_CELL_WORDS = 5
"""An input of more words has no place on the axis of an interaction."""

Estimate = tuple[float, float, float]
"""A value with the ends of its interval; nan where there is none."""
NOTHING: Estimate = (np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Inputs:
    """The inputs that vary, in all of some trials.

    Attributes:
        numbers: Names of those that are numbers, truth values among them.
        values: Their values, shape (n, len(numbers)).
        words: The number of the word of each trial for inputs of words, each of shape (n,).
        labels: The words of each of those.
        left_out: Name of each other input, and why it is left out.
    """

    numbers: list[str] = field(default_factory=list)
    values: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    words: dict[str, np.ndarray] = field(default_factory=dict)
    labels: dict[str, list[str]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def only(self, kept: np.ndarray) -> "Inputs":
        """Return the inputs of some of the trials."""
        return Inputs(self.numbers, self.values[kept], {n: w[kept] for n, w in self.words.items()}, self.labels)

    @property
    def indicators(self) -> np.ndarray:
        """Columns that tell the words apart, shape (n, c)."""
        columns = [np.eye(int(codes.max()) + 1)[codes][:, 1:] for codes in self.words.values() if codes.size]
        return np.column_stack(columns) if columns else np.empty((len(self.values), 0))


@dataclass(frozen=True)
class Driver:
    """How a score goes along with an input.

    Attributes:
        name: The input.
        alone: Spearman's rank correlation.
        partial: The same, with all other inputs held fixed.
    """

    name: str
    alone: Estimate
    partial: Estimate

    @property
    def strength(self) -> float:
        """How strong it is at most."""
        return float(np.nanmax(np.abs([self.alone[0], self.partial[0], 0.0])))


@dataclass(frozen=True)
class Pair:
    """Two inputs that explain a score together beyond what each does alone; see `Interaction`."""

    names: tuple[str, str]
    found: Interaction
    labels: tuple[list[str] | None, list[str] | None]


@dataclass(frozen=True)
class Driven:
    """A score and its drivers.

    Attributes:
        name: The score.
        size: Trials that have it.
        drivers: Inputs that are numbers, the strongest first.
        words: For inputs of words, the share of the ranks' variance that they explain, and how likely it is by chance.
        pairs: The strongest interactions.
    """

    name: str
    size: int
    drivers: list[Driver]
    words: list[tuple[str, float, float]]
    pairs: list[Pair]


def usable(data: StudyData, rows: pl.DataFrame) -> Inputs:
    """Return the inputs of some trials that can be compared between them."""
    found = Inputs()
    columns: list[np.ndarray] = []
    for name in dict.fromkeys((*data.parameters, *data.named)):
        reason = _why_not(rows[name])
        if reason:
            found.left_out[name] = reason
        elif is_number(rows[name]):
            found.numbers.append(name)
            columns.append(floats(rows[name]))
        else:
            labels = sorted(rows[name].unique().cast(pl.String).to_list())
            found.labels[name] = labels
            found.words[name] = np.searchsorted(np.array(labels), rows[name].cast(pl.String).to_numpy().astype(str))
    matrix = np.column_stack(columns) if columns else np.empty((rows.height, 0))
    kept = own_columns(matrix) if rows.height >= LEAST_TRIALS else list(range(matrix.shape[1]))
    for index in set(range(matrix.shape[1])) - set(kept):
        found.left_out[found.numbers[index]] = "it follows from the inputs before it"
    return Inputs([found.numbers[i] for i in kept], matrix[:, kept], found.words, found.labels, found.left_out)


def _why_not(column: pl.Series) -> str:
    """Return why an input cannot be compared, "" where it can."""
    if column.dtype.is_nested():
        return "it holds several values a trial"
    if column.null_count() or (is_number(column) and not np.isfinite(floats(column)).all()):
        return "some trials have no finite value of it"
    different = column.n_unique()
    if different < 2:
        return "it did not vary"
    if not is_number(column) and different > MAX_WORDS:
        return f"it has {different} different words"
    return ""


def find_drivers(data: StudyData, inputs: Inputs, confidence: float) -> list[Driven]:
    """Return the drivers of each score that varies, over the successful draws; none of fewer than ten."""
    rows = data.sampled
    found: dict[str, Driven] = {}
    blocks = data.blocks(rows["trial"].to_numpy())
    scores = {name: floats(rows[name]) for name in data.scores if is_number(data.table[name])}
    masks: dict[bytes, list[str]] = {}
    for name, values in scores.items():
        kept = np.isfinite(values)
        if kept.sum() >= LEAST_TRIALS and np.ptp(values[kept]) > 0:
            masks.setdefault(kept.tobytes(), []).append(name)
    for mask, names in masks.items():  # scores of the same trials are looked at together
        kept = np.frombuffer(mask, bool)
        outputs = np.column_stack([scores[name][kept] for name in names])
        chosen = inputs if kept.all() else _still_usable(inputs.only(kept))
        together = np.unique(blocks[kept], return_inverse=True)[1]
        apart = data.apart(rows["trial"].to_numpy()[kept])
        found |= {driven.name: driven for driven in _driven(names, outputs, chosen, together, apart, confidence)}
    return [found[name] for name in scores if name in found]


def _still_usable(inputs: Inputs) -> Inputs:
    """Return the inputs that vary among fewer trials, too."""
    kept = own_columns(inputs.values)
    words = {name: np.unique(codes, return_inverse=True) for name, codes in inputs.words.items()}
    varied = {name: codes for name, (there, codes) in words.items() if there.size > 1}
    labels = {name: [inputs.labels[name][place] for place in words[name][0]] for name in varied}
    return Inputs([inputs.numbers[index] for index in kept], inputs.values[:, kept], varied, labels)


def _driven(
    names: Sequence[str], outputs: np.ndarray, inputs: Inputs, blocks: np.ndarray, apart: np.ndarray, confidence: float
) -> list[Driven]:
    if inputs.numbers:
        alone, partial = rank_correlations(inputs.values, outputs, inputs.indicators, blocks, confidence)
    grouped = {name: by_words(codes[apart], outputs[apart]) for name, codes in inputs.words.items()}
    paired = _pairs(inputs.only(apart), outputs[apart])
    found = []
    for place, name in enumerate(names):
        drivers = [
            Driver(
                driver,
                *(
                    (float(it.value[row, place]), float(it.low[row, place]), float(it.high[row, place]))
                    for it in (alone, partial)
                ),
            )
            for row, driver in enumerate(inputs.numbers)
        ]
        drivers.sort(key=lambda driver: -driver.strength)
        words = [(word, float(it.share[place]), float(it.chance[place])) for word, it in grouped.items()]
        found.append(Driven(name, len(outputs), drivers, words, paired[place]))
    return found


def _pairs(inputs: Inputs, outputs: np.ndarray) -> list[list[Pair]]:
    few = [name for name in inputs.words if len(inputs.labels[name]) <= MAX_CELL_WORDS]
    names = [*inputs.numbers, *few]
    columns = np.column_stack([inputs.values, *(inputs.words[name].astype(float) for name in few)])
    labels = {name: inputs.labels[name] for name in few}
    return [
        [
            Pair(
                (names[one.pair[0]], names[one.pair[1]]),
                one,
                (labels.get(names[one.pair[0]]), labels.get(names[one.pair[1]])),
            )
            for one in found
        ]
        for found in interactions(columns, outputs)
    ]
