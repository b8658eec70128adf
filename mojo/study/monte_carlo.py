"""Monte Carlo studies: n trials, drawn from distributions."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from mojo.columns import is_reserved
from mojo.distributions import (
    Constant,
    CorrelatedNormal,
    Distribution,
    Permutation,
    column_marginals,
    columns,
)
from mojo.errors import unknown
from mojo.sampling.design_specs import Design, ListDesign, can_grow, growth_refusal, size_refusal
from mojo.study.base import ParameterColumn, StudyBase
from mojo.study.stopping import StopWhen


def _free_name(name: str) -> str:
    if not name.strip():
        raise ValueError("a parameter needs a name")
    if is_reserved(name):
        raise ValueError(f"'{name}' cannot name a parameter: it is a column of the tables already")
    return name


def nominal_of(nominals: Iterable[Any], nominal_trial: bool) -> int | None:
    """Return the trial that is no draw: trial 0, where any parameter has a nominal to take.

    Args:
        nominals: The `nominal` of each parameter, None where it has none.
        nominal_trial: Whether the study asks for the trial.
    """
    return 0 if nominal_trial and any(nominal is not None for nominal in nominals) else None


class MonteCarloStudy(StudyBase):
    """A study of kind monte-carlo."""

    DESIGN_KEYS: ClassVar[tuple[str, ...]] = ("parameters", "design", "nominal_trial", "stop_when")
    DESIGN_PACKAGES: ClassVar[tuple[str, ...]] = ("numpy", "scipy")

    kind: Literal["monte-carlo"] = Field(description="Kind of study.")
    parameters: dict[Annotated[str, AfterValidator(_free_name)], Distribution] = Field(
        {}, description="What varies: name: {distribution: ..., its parameters, nominal, unit, description}."
    )
    design: Design = Field("random", description="How trials are spread over the distributions.")
    nominal_trial: bool = Field(
        True, description="Whether trial 0 takes each parameter's `nominal`, where one is given."
    )
    stop_when: StopWhen | None = Field(
        None,
        description="Stop before `n_trial`, as soon as the share of trials that meet a requirement is known well "
        "enough: {requirement: settles, half_width: 0.02}. Batches then run one after the other, with a look after "
        "each; bounds and intervals are such that looking does not spoil them. For the design random.",
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
        self.check_command()
        return self

    @property
    def factors(self) -> list[str]:
        """The parameters that vary: no constants, and none that an override fixes."""
        return [
            name
            for name, spec in self.parameters.items()
            if not isinstance(spec, Constant) and name not in self.overrides
        ]

    @model_validator(mode="after")
    def _has_whole_blocks(self) -> "MonteCarloStudy":
        if self.design not in ("saltelli", "morris"):
            return self
        for name in self.factors:
            spec = self.parameters[name]
            if isinstance(spec, CorrelatedNormal | Permutation):
                raise ValueError(
                    f"the design {self.design} varies one input at a time, which the {spec.distribution} parameter "
                    f"'{name}' does not allow: its values hang together"
                )
        if self.n_trial is None:
            raise ValueError(f"the design {self.design} needs `n_trial`")
        refusal = size_refusal(self.design, len(self.factors), self.n_trial, self.nominal_trial)
        if refusal is not None:
            raise ValueError(refusal)
        return self

    @model_validator(mode="after")
    def _can_stop(self) -> "MonteCarloStudy":
        if self.stop_when is None:
            return self
        if self.stop_when.requirement not in self.requirements:
            raise ValueError(
                "stop_when: " + unknown("Requirement", self.stop_when.requirement, self.requirements, "`requirements`")
            )
        if self.design != "random":
            design = self.design if isinstance(self.design, str) else self.design.type
            raise ValueError(
                f"`stop_when` needs independent draws, design: random, but got the design {design}, whose points "
                "belong together: part of them is no smaller study. Leave `stop_when` out, and choose n_trial"
            )
        return self

    def decided_by(self, batch: int) -> range:
        """Return all batches before, where their scores decide whether there is one more."""
        return range(batch) if self.stop_when is not None else range(0)

    def design_extras(self) -> Any:
        """Return how sure one must be of the requirement that may stop the study."""
        return self.requirements[self.stop_when.requirement].confidence if self.stop_when is not None else None

    def design_packages(self) -> tuple[str, ...]:
        """Return the packages that draw the points."""
        return (*self.DESIGN_PACKAGES, "SALib") if self.design in ("saltelli", "morris") else self.DESIGN_PACKAGES

    @property
    def nominal(self) -> int | None:
        """The trial that is no draw, or None; see `nominal_of`."""
        return nominal_of((getattr(spec, "nominal", None) for spec in self.parameters.values()), self.nominal_trial)

    def is_nominal(self, trial: int) -> bool:
        """Return whether a trial is trial 0, and that one the nominal trial."""
        return self.nominal_trial and trial == 0

    @classmethod
    def anchor(cls, keys: dict[str, Any], folder_of: Callable[[str], Path]) -> tuple[dict[str, Any], list[str]]:
        """Return the keys with the absolute path of the list that the design is read from."""
        design = keys.get("design")
        if not isinstance(design, dict) or not isinstance(design.get("file"), str):
            return keys, []
        return {**keys, "design": {**design, "file": str((folder_of("design") / design["file"]).resolve())}}, []

    def columns(self) -> dict[str, ParameterColumn]:
        """Return what is known of each value that the parameters define."""
        return {
            name: ParameterColumn(spec.unit, spec.description, spec.nominal)
            for name, spec in column_marginals(self.parameters).items()
        }

    def design_files(self) -> list[str]:
        """Return the file of a design of type list."""
        return [self.design.file] if isinstance(self.design, ListDesign) else []

    def can_grow(self) -> bool:
        """Return whether n_trial can be raised later without dealing the design anew."""
        return can_grow(self.design)

    def growth_refusal(self, n_trial: int, wanted: int) -> str:
        """Return why a Latin hypercube stays at `n_trial`."""
        return growth_refusal(self.design, n_trial, wanted)
