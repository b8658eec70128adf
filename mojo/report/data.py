"""What a report is made of: the joined table, the frozen study, and which column plays which role."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa
from pydantic import TypeAdapter

from mojo.columns import OUTCOMES, UNSUCCESSFUL
from mojo.errors import TrialError
from mojo.evidence.verdicts import Verdict, verdicts
from mojo.files import read_json
from mojo.layout import StudyLayout
from mojo.sampling.design_specs import block_size
from mojo.sampling.drawn import apart, drawn_trials
from mojo.study.kinds import KINDS
from mojo.study.monte_carlo import nominal_of
from mojo.study.requirements import Requirement, RequirementName
from mojo.study.stopping import StopWhen
from mojo.trial.tables import read_table

if TYPE_CHECKING:
    from mojo.report.findings import Findings

SEARCHES = tuple(name for name, kind in KINDS.items() if kind.SEARCHES)


@dataclass(frozen=True)
class StudyData:
    """One study's results, as far as tables tell them."""

    layout: StudyLayout
    study: dict[str, Any]
    """The study as its author wrote it."""
    provenance: dict[str, Any]
    table: pl.DataFrame
    """One row a trial that has ended, ascending."""
    parameters: Sequence[str]
    named: Sequence[str]
    metrics: Sequence[str]
    """Columns beside `objective` that the objective function returned."""
    units: dict[str, str]
    rows: int
    """Trials that a design asks for."""
    refined_after: Sequence[int]
    """Numbers of designs after which a search went on in narrower bounds."""
    gathered: datetime
    """When the joined table was written."""

    @property
    def name(self) -> str:
        return str(self.study["name"])

    @property
    def kind(self) -> str:
        return str(self.study["kind"])

    @property
    def searches(self) -> bool:
        return self.kind in SEARCHES

    @cached_property
    def successes(self) -> pl.DataFrame:
        """The rows of trials that ran to their end and were scored."""
        return self.table.filter(pl.col("outcome") == "success")

    @cached_property
    def sampled(self) -> pl.DataFrame:
        """The successes that are draws of the design, of which averages and histograms are made.

        The nominal trial was not drawn, so it is left out, unless there is no other.
        """
        drawn = self.successes if self.nominal is None else self.successes.filter(pl.col("trial") != self.nominal)
        return drawn if drawn.height else self.successes

    @cached_property
    def unsuccessful(self) -> pl.DataFrame:
        """The rows of trials that were to be scored and were not."""
        return self.table.filter(pl.col("outcome").is_in(UNSUCCESSFUL))

    @cached_property
    def counts(self) -> dict[str, int]:
        """Trials by outcome; every outcome is there."""
        found = dict(self.table["outcome"].value_counts().iter_rows())
        return {outcome: found.get(outcome, 0) for outcome in OUTCOMES}

    @property
    def planned(self) -> int:
        """Trials that the study asks for; a search, and a design of a fixed size, asks for those that it has."""
        return self.rows if self.searches or self.stop_when else self.study.get("n_trial") or self.table.height

    @cached_property
    def missing(self) -> list[int]:
        """Planned trials that have not ended."""
        return sorted(set(range(self.planned)) - set(self.table["trial"].to_list()))

    @cached_property
    def nominal(self) -> int | None:
        """The trial of a monte-carlo study that is no draw, or None."""
        parameters = self.study["parameters"].values() if self.study.get("kind") == "monte-carlo" else ()
        return nominal_of((spec.get("nominal") for spec in parameters), self.study.get("nominal_trial", True))

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The verdict on each requirement of the study, in its order."""
        requirements = TypeAdapter(dict[RequirementName, Requirement]).validate_python(
            self.study.get("requirements", {})
        )
        return verdicts(requirements, self._judging(), self.nominal, self.stop_when)

    def _judging(self) -> pl.DataFrame:
        """Return the trials on which the verdicts rest; see `drawn_trials`."""
        if self.searches:
            return drawn_trials(KINDS[self.kind].model_validate(self.study), self.table)
        return self.table.filter(self.apart(self.table["trial"].to_numpy()))

    @cached_property
    def findings(self) -> "Findings":
        """What the trials say, computed when it is asked for, and once."""
        from mojo.report.findings import Findings

        return Findings(self)

    @cached_property
    def stop_when(self) -> StopWhen | None:
        """What the study waits for to stop early, if it does."""
        given = self.study.get("stop_when")
        return None if given is None else StopWhen.model_validate(given)

    @property
    def design(self) -> str:
        """How the trials that evidence rests on were drawn; those of a search are of its confirmation, at random."""
        if self.searches or self.kind == "sweep":
            return "sweep" if self.kind == "sweep" else "random"
        design = self.study.get("design", "random")
        return design if isinstance(design, str) else str(design.get("type"))

    @cached_property
    def factors(self) -> list[str]:
        """The parameters that the design of a monte-carlo study varies."""
        known = self.study["parameters"].items() if self.kind == "monte-carlo" else ()
        fixed = self.study.get("overrides", {})
        return [name for name, spec in known if spec.get("distribution") != "constant" and name not in fixed]

    def blocks(self, trials: np.ndarray) -> np.ndarray:
        """Return which of some draws belong together, as numbers from 0 on; each stands alone in most designs."""
        size = block_size(self.design, len(self.factors)) if self.kind == "monte-carlo" else 1
        first = int(self.study.get("nominal_trial", True))
        return np.unique((trials - first) // size, return_inverse=True)[1]

    def apart(self, trials: np.ndarray) -> np.ndarray:
        """Return which of some trials tests may count that take each for a draw of its own, shape (n,), bool."""
        if self.kind != "monte-carlo":
            return np.ones(trials.size, dtype=bool)
        return apart(self.design, len(self.factors), self.study.get("nominal_trial", True), trials)

    @property
    def scores(self) -> list[str]:
        """The objective and the metrics, of which any trial has a value."""
        return [name for name in dict.fromkeys(["objective", *self.metrics]) if self.has(name)]

    def has(self, column: str) -> bool:
        """Return whether `column` exists and any trial has a value in it."""
        return column in self.table.columns and self.table[column].null_count() < self.table.height

    def link(self, path: Path) -> str:
        """Return `path` as a link in the report."""
        return path.relative_to(self.layout.report.parent).as_posix()

    def unit(self, column: str) -> str | None:
        return self.units.get(column) or None


def is_number(series: pl.Series) -> bool:
    """Return whether a column can be averaged: numbers, and truth values as 0 and 1."""
    return series.dtype.is_numeric() or series.dtype == pl.Boolean


def floats(series: pl.Series) -> np.ndarray:
    """Return a column as float64, shape (n,), with nan for null."""
    return series.cast(pl.Float64).to_numpy()


def gather(layout: StudyLayout) -> StudyData:
    """Return the tables and the frozen study of the results folder `layout`.

    Raises:
        TrialError: The study has not been frozen, or its trials have not been joined.
    """
    for path, maker in ((layout.study, "freezing the study"), (layout.trials_table, "joining the trials")):
        if not path.is_file():
            raise TrialError(f"'{path}' is not there, so there is nothing to report: {maker} makes it. Run snakemake.")
    frozen = read_json(layout.study)
    arrow = read_table(layout.trials_table)
    roles = json.loads((arrow.schema.metadata or {}).get(b"mojo", b"{}"))
    frame = pl.DataFrame(arrow)
    return StudyData(
        layout=layout,
        study=frozen["study"],
        provenance=frozen.get("provenance", {}),
        table=frame.drop_nulls("outcome").sort("trial"),
        parameters=roles.get("parameters", []),
        named=roles.get("named", []),
        metrics=roles.get("metrics", []),
        units=frozen.get("units", {}) | _score_units(frozen["study"]) | _field_units(arrow.schema),
        rows=frame.height,
        refined_after=frozen.get("n_trial_before", ()) if frozen["study"].get("refine_search_factor") else (),
        gathered=datetime.fromtimestamp(layout.trials_table.stat().st_mtime, UTC),
    )


def _score_units(study: Mapping[str, Any]) -> dict[str, str]:
    """Return the units of scores that the study gives: with the limits of a requirement, or for the report alone."""
    asked = study.get("requirements", {}).values()
    limited = {limits["metric"]: limits["unit"] for limits in asked if limits.get("metric") and limits.get("unit")}
    return limited | study.get("report", {}).get("units", {})


def _field_units(schema: pa.Schema) -> dict[str, str]:
    """Return the unit of each column whose field metadata gives one."""
    found = {field.name: (field.metadata or {}).get(b"unit", b"").decode() for field in schema}
    return {name: unit for name, unit in found.items() if unit}
