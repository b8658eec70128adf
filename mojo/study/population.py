"""Population studies: members that go on from checkpoints, and copy from better ones."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from mojo.distributions.base import Number
from mojo.study.base import ParameterColumn, StudyBase
from mojo.study.command import Command
from mojo.study.keys import Failures
from mojo.study.optimize import Direction
from mojo.study.variables import FloatVariable, IntVariable, Variables

FEWEST = 4  # members, of which one may be bad and two good

Share = Annotated[Number, Field(ge=0, le=1)]


class PopulationStudy(StudyBase):
    """A study of kind population."""

    SEARCHES: ClassVar[bool] = True
    DESIGN_KEYS: ClassVar[tuple[str, ...]] = (
        *("variables", "population", "direction", "worst_fraction", "best_fraction", "exploit_deviations"),
        *("exploit_share", "mutation_probability", "mutation_factor"),
    )
    PLACES: ClassVar[tuple[str, ...]] = ("checkpoint", "parent_checkpoint")
    DESIGN_PACKAGES: ClassVar[tuple[str, ...]] = ("numpy",)

    kind: Literal["population"] = Field(description="Kind of study.")
    population: int = Field(le=10_000, description="Number of members; each is one trial of every generation.")
    generations: int = Field(ge=1, le=100_000, description="Number of generations. It can be raised later.")
    max_failures: Failures = Field(
        "100%",
        description="Trials that may fail (failed, timeout, crashed) before the run counts as failed: 5, or '5%'. A "
        "member whose trial fails copies from a better one.",
    )
    batch_size: Literal["auto"] | int = Field("auto", description="Follows from the population: a generation a job.")
    variables: Variables = Field(
        min_length=1,
        description="What members differ in: name: {type: float, low, high, log, nominal, unit, description}. Numbers "
        "lie above 0, since a mutation multiplies them. Member 0 begins with the `nominal` values.",
    )
    direction: Direction = Field("minimize", description="Whether a good objective is small or large.")
    worst_fraction: Share = Field(0.125, description="Share of the members that may copy from a better one.")
    best_fraction: Share = Field(0.3, description="Share of the members that are copied from.")
    exploit_deviations: Annotated[Number, Field(ge=0)] = Field(
        0.5,
        description="A member copies if the other is better by more than so many standard deviations of all scores,",
    )
    exploit_share: Annotated[Number, Field(ge=0)] = Field(
        0.05, description="and by more than this share of the other's score."
    )
    mutation_probability: Share = Field(0.15, description="Probability that a value of a member changes.")
    mutation_factor: tuple[Number, Number] = Field(
        (1.1, 1.5), description="A number that changes is multiplied or divided by a factor from this range."
    )
    keep_checkpoints: Literal["needed", "all"] = Field(
        "needed", description="Which checkpoints stay: those of the last two generations and of the best trial, or all."
    )

    @model_validator(mode="after")
    def _is_large_enough(self) -> Self:
        if self.population < FEWEST:
            raise ValueError(
                f"`population >= {FEWEST}` must hold, but got {self.population}: the worst are to learn from others"
            )
        if self.worst_fraction + self.best_fraction > 1:
            raise ValueError(
                "`worst_fraction + best_fraction <= 1` must hold, but got "
                f"{self.worst_fraction:g} and {self.best_fraction:g}"
            )
        if not 1 < self.mutation_factor[0] <= self.mutation_factor[1]:
            raise ValueError(f"`1 < least <= greatest mutation_factor` must hold, but got {list(self.mutation_factor)}")
        return self

    @model_validator(mode="after")
    def _sizes_follow(self) -> Self:
        count = self.population * self.generations
        if self.n_trial not in (None, count):
            raise ValueError(
                f"`n_trial` is population times generations, {count}, but got {self.n_trial}. Leave it out"
            )
        if self.batch_size not in ("auto", self.population):
            raise ValueError(
                f"`batch_size` is the population, {self.population}, but got {self.batch_size}. Leave it out"
            )
        return self

    @model_validator(mode="after")
    def _can_evolve(self) -> Self:
        for name, variable in self.variables.items():
            if isinstance(variable, FloatVariable | IntVariable) and variable.low <= 0:
                raise ValueError(
                    f"`low > 0` must hold for '{name}', which mutations multiply, but got {variable.low:g}"
                )
        if self.command is not None:
            self._check_own_command(self.command)
        elif self.objective is None:
            raise ValueError("a population needs an `objective`: the function that scores a member")
        elif self.runtime is None:
            raise ValueError(
                "a population needs a `runtime`, which goes on from a checkpoint and leaves one, or a `command`"
            )
        fixed = [name for name in self.variables if name in self.overrides]
        if len(fixed) == len(self.variables):
            raise ValueError(f"overrides fix every variable, so members do not differ: {', '.join(fixed)}")
        return self

    def _check_own_command(self, command: Command) -> None:
        if not command.score:
            raise ValueError("a population needs a score of each member, but command.score is false")
        if "checkpoint" not in command.places():
            raise ValueError(
                "a command of a population needs the place {checkpoint}: the folder that it leaves for those that go "
                "on from it. {parent_checkpoint} is the one to go on from, empty for a start from nothing"
            )
        self.check_command()

    @property
    def trial_count(self) -> int:
        return self.population * self.generations

    @property
    def own_batch_size(self) -> int:
        return self.population

    @property
    def needs_loop(self) -> str:
        return "each member goes on from a checkpoint of its own"

    @property
    def chooses(self) -> bool:
        return True

    def columns(self) -> dict[str, ParameterColumn]:
        """Return what is known of each variable."""
        return {
            name: ParameterColumn(spec.unit, spec.description, spec.nominal) for name, spec in self.variables.items()
        }
