"""Sweeps: every combination of given values, each run with several seeds."""

from collections import Counter
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from mojo.errors import StudyError, unknown
from mojo.study.base import ParameterColumn, StudyBase
from mojo.study.experiments import LABELS, Cell, Experiment, ParameterName, Value, column_type, read_rows


class SweepStudy(StudyBase):
    """A study of kind sweep."""

    DESIGN_KEYS: ClassVar[tuple[str, ...]] = ("experiments", "values", "evals_per_trial", "experiment_suffix")
    LABELS: ClassVar[tuple[str, ...]] = LABELS

    kind: Literal["sweep"] = Field(description="Kind of study.")
    experiments: Annotated[list[Experiment], Field(min_length=1)] = Field(
        description="What is run, one entry an experiment. All give values to the same parameters. Write new ones at "
        "the end: then no trial changes its number."
    )
    values: dict[ParameterName, Value] = Field(
        {}, description="Parameters that are the same in all experiments, as name: value; an experiment's own win."
    )
    units: dict[str, str] = Field({}, description="Units of the parameters, as name: unit.")
    evals_per_trial: Annotated[int, Field(ge=1, le=10_000)] = Field(
        1,
        description="Seeds that each combination runs with; the same for all of them, so that they are compared under "
        "the same random numbers. All combinations run with the first seed, then all with the second.",
    )
    experiment_suffix: str = Field(
        "", pattern=r"^[^\x00-\x1f\x7f]*$", max_length=60, description="Text behind the name of every experiment."
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> "SweepStudy":
        if any(isinstance(experiment.rows, str) for experiment in self.experiments):
            return self  # its file could not be read, which is told already
        self._check_names()
        self._check_parameters()
        self._check_overrides()
        self.check_command()
        size = len(self.cells) * self.evals_per_trial
        if self.n_trial not in (None, size):
            raise ValueError(
                f"n_trial: must be {size}, the combinations times evals_per_trial, but got {self.n_trial}; leave it out"
            )
        return self

    def _check_names(self) -> None:
        experiments = Counter(experiment.name for experiment in self.experiments)
        for name in [name for name, count in experiments.items() if count > 1]:
            raise ValueError(f"experiments: two have the name '{name}'; each needs one of its own")
        trials = Counter(cell.name for _, cell in self.cells)
        for name in [name for name, count in trials.items() if count > 1]:
            raise ValueError(f"experiments: two trials would have the name '{name}'; rename an experiment")

    def _check_parameters(self) -> None:
        known = dict.fromkeys(name for experiment in self.experiments for name in experiment.parameters())
        for experiment in self.experiments:
            for name in known:
                if name not in self.values and name not in experiment.parameters():
                    raise ValueError(
                        f"experiments: '{experiment.name}' gives no value to '{name}', as another one does; "
                        "`values` holds what is the same in all"
                    )
        cells = [cell for _, cell in self.cells]
        for name in self.parameter_columns():
            column_type(name, [cell.values[name] for cell in cells])
        for name in self.units:
            if name not in self.parameter_columns():
                raise ValueError("units: " + unknown("Parameter", name, self.parameter_columns(), owner="this study"))

    def _check_overrides(self) -> None:
        for experiment in self.experiments:
            for name in experiment.varied():
                if name in self.overrides:
                    raise ValueError(
                        f"overrides: the experiment '{experiment.name}' varies '{name}', so overriding it would run "
                        "the same trial under several names; change the experiment instead"
                    )

    @classmethod
    def anchor(cls, keys: dict[str, Any], folder_of: Callable[[str], Path]) -> tuple[dict[str, Any], list[str]]:
        """Return the keys with the rows of an experiment's file in the place of its path, and what went wrong."""
        problems: list[str] = []
        experiments = keys.get("experiments")
        if not isinstance(experiments, list):
            return keys, []
        found = list(experiments)
        for number, experiment in enumerate(experiments):
            if isinstance(experiment, dict) and isinstance(experiment.get("rows"), str):
                try:
                    rows = read_rows((folder_of("experiments") / experiment["rows"]).resolve())
                    found[number] = {**experiment, "rows": rows}
                except StudyError as error:
                    problems.append(f"experiments.{number}.rows: {error}")
        return {**keys, "experiments": found}, problems

    @cached_property
    def cells(self) -> list[tuple[str, Cell]]:
        """All combinations in order, each with the name of its experiment."""
        return [
            (title, cell)
            for experiment in self.experiments
            for title in [f"{experiment.name}{self.experiment_suffix}"]
            for cell in experiment.cells(self.values, title)
        ]

    def columns(self) -> dict[str, ParameterColumn]:
        """Return the unit of each parameter, those that all experiments share first."""
        names = dict.fromkeys([*self.values, *self.experiments[0].parameters()])
        return {name: ParameterColumn(self.units.get(name, "")) for name in names}
