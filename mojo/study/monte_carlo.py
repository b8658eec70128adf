"""Monte Carlo studies: n trials, drawn from distributions."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from mojo.columns import is_reserved
from mojo.distributions import ColumnSpec, Distribution, column_marginals, columns
from mojo.sampling.design_specs import Design, ListDesign, can_grow
from mojo.study.base import StudyBase


def _free_name(name: str) -> str:
    if not name.strip():
        raise ValueError("a parameter needs a name")
    if is_reserved(name):
        raise ValueError(f"'{name}' cannot name a parameter: it is a column of the tables already")
    return name


class MonteCarloStudy(StudyBase):
    """A study of kind monte-carlo."""

    kind: Literal["monte-carlo"] = Field(description="Kind of study.")
    n_trial: int | None = Field(
        None, ge=1, le=1_000_000, description="Number of trials. May be left out for designs of a fixed size."
    )
    parameters: dict[Annotated[str, AfterValidator(_free_name)], Distribution] = Field(
        {}, description="What varies: name: {distribution: ..., its parameters, nominal, unit, description}."
    )
    design: Design = Field("random", description="How trials are spread over the distributions.")
    nominal_trial: bool = Field(
        True, description="Whether trial 0 takes each parameter's `nominal`, where one is given."
    )

    @model_validator(mode="after")
    def _names_are_unique(self) -> "MonteCarloStudy":
        seen: dict[str, str] = {}
        for key, spec in self.parameters.items():
            for column in columns(key, spec):
                _free_name(column)
                if column in seen:
                    raise ValueError(f"the value '{column}' is defined by both '{seen[column]}' and '{key}'")
                seen[column] = key
        return self

    @property
    def nominal(self) -> int | None:
        """The trial that is no draw: trial 0, where any parameter has a nominal to take."""
        given = any(getattr(spec, "nominal", None) is not None for spec in self.parameters.values())
        return 0 if self.nominal_trial and given else None

    def units(self) -> dict[str, str]:
        """Return the unit of each parameter's column."""
        return {column: spec.unit for column, spec in self.columns().items() if spec.unit}

    def columns(self) -> dict[str, ColumnSpec]:
        """Return the distribution of each value that the parameters define."""
        return column_marginals(self.parameters)

    def parameter_columns(self) -> list[str]:
        """Return the names of the values that the parameters define."""
        return list(self.columns())

    def design_files(self) -> list[str]:
        """Return the files that the design is read from."""
        return [self.design.file] if isinstance(self.design, ListDesign) else []

    def can_grow(self) -> bool:
        """Return whether n_trial can be raised later without dealing the design anew."""
        return can_grow(self.design)
