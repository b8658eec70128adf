"""What went into a trial, and how far out in its distribution each value lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from pydantic import TypeAdapter

from mojo.distributions import ColumnSpec, Distribution, column_marginals
from mojo.evidence.words import percent
from mojo.report.data import StudyData, floats, is_number
from mojo.report.numbers import shortened, significant
from mojo.report.standing import Standing, standing

FEW = 20  # trials: of fewer, a rank among them says little
TEXT_LENGTH = 200


@dataclass(frozen=True)
class Input:
    """A parameter or named value of one trial.

    Attributes:
        name: Its column.
        value: What the trial had, in words.
        unit: Its unit, None for none.
        nominal: What the nominal trial has, in words; "" where there is none.
        standing: Where the value lies in its distribution; None where there is no telling.
        among_trials: Whether that is its rank among the trials rather than its distribution.
    """

    name: str
    value: str
    unit: str | None
    nominal: str = ""
    standing: Standing | None = None
    among_trials: bool = False

    @property
    def place(self) -> str:
        """Where the value lies, in words, e.g. "+2.1 σ"; "" where there is no telling."""
        if self.standing is None:
            return ""
        if self.standing.sigmas is not None:
            return f"{self.standing.sigmas:+.1f} σ".replace("-", "−")
        if self.among_trials:
            return f"above {percent(self.standing.quantile)} of trials"
        return f"{percent(self.standing.quantile)} quantile"

    @property
    def unusual(self) -> float:
        """How far out it lies; -1 where there is no telling."""
        return self.standing.unusual if self.standing else -1.0


class Inputs:
    """The inputs of a study's trials, by their distributions."""

    def __init__(self, data: StudyData) -> None:
        self._data = data
        self._specs = _specs(data.study)

    def of(self, trial: int) -> list[Input]:
        """Return the parameters and named values of a trial, in the order of the tables."""
        row = self._data.table.row(by_predicate=pl.col("trial") == trial, named=True)
        names = dict.fromkeys([*self._data.parameters, *self._data.named])
        return [self._input(name, row[name]) for name in names if row.get(name) is not None]

    def _input(self, name: str, value: Any) -> Input:
        spec = self._specs.get(name)
        found, ranked = (standing(spec, value), False) if spec else (self._rank(name, value), True)
        nominal = "" if spec is None or spec.nominal is None else in_words(spec.nominal)
        return Input(name, in_words(value), self._data.unit(name), nominal, found, ranked)

    def _rank(self, name: str, value: Any) -> Standing | None:
        """Return where a number lies among the trials, for a value that code of the user's drew."""
        column = self._data.sampled[name]
        if self._data.kind != "monte-carlo" or not is_number(column) or column.dtype == pl.Boolean:
            return None
        values = floats(column.drop_nulls())
        if values.size < FEW or np.ptp(values) == 0:
            return None
        return Standing(float(np.mean(values < value) + np.mean(values == value) / 2))


def _specs(study: Mapping[str, Any]) -> Mapping[str, ColumnSpec]:
    """Return the distribution of each column that the study draws."""
    parameters = study.get("parameters") if study.get("kind") in ("monte-carlo", "optimize") else None
    return column_marginals(TypeAdapter(dict[str, Distribution]).validate_python(parameters or {}))


def in_words(value: Any) -> str:
    """Return any value of a table as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return significant(value, 6)
    if isinstance(value, list):
        return shortened(f"[{', '.join(map(in_words, value))}]", TEXT_LENGTH)
    return "–" if value is None else shortened(str(value), TEXT_LENGTH)
