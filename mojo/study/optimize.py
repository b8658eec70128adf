"""Optimize studies: a search for the design that scores best."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from mojo.distributions import Distribution, column_marginals
from mojo.distributions.base import Number
from mojo.sampling.design_specs import DesignName
from mojo.study.base import ParameterColumn, StudyBase
from mojo.study.keys import Failures
from mojo.study.variables import Variables, free_name, grid_size

SamplerName = Literal["tpe", "cmaes", "random", "nsgaii", "nsgaiii", "qmc", "gp", "grid"]
Direction = Literal["minimize", "maximize"]
ONE_OBJECTIVE_ONLY: tuple[SamplerName, ...] = ("cmaes",)


class Constraint(BaseModel):
    """Limits that a metric must keep, as its mean over the evaluations of a design."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    min: Number | None = Field(default=None, description="Least allowed value.")
    max: Number | None = Field(default=None, description="Greatest allowed value.")

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("a constraint needs `min` or `max`, but got neither")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"`min <= max` must hold, but got min={self.min:g}, max={self.max:g}")
        return self

    def broken_by(self, value: float) -> float:
        """Return by how much `value` breaks the limits; 0 or less where it keeps them."""
        over = value - self.max if self.max is not None else -float("inf")
        under = self.min - value if self.min is not None else -float("inf")
        return max(over, under)


class Confirmation(BaseModel):
    """A closing Monte Carlo of the best designs, with draws that the search has not seen."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    best: int = Field(3, ge=1, le=1000, description="How many of the best designs are confirmed.")
    n_trial: int = Field(ge=2, le=1_000_000, description="Trials of each of them.")


class OptimizeStudy(StudyBase):
    """A study of kind optimize."""

    SEARCHES: ClassVar[bool] = True
    DESIGN_KEYS: ClassVar[tuple[str, ...]] = (
        *("variables", "parameters", "design", "batch", "evals_per_trial", "objectives", "direction", "sampler"),
        *("sampler_options", "constraints", "refine_search_factor", "prune_failed_trials", "confirm"),
    )
    DESIGN_PACKAGES: ClassVar[tuple[str, ...]] = ("numpy", "scipy", "optuna", "cmaes")

    kind: Literal["optimize"] = Field(description="Kind of study.")
    n_trial: int = Field(
        ge=1,
        le=1_000_000,
        description="Number of designs to try, a multiple of `batch`. Each takes `evals_per_trial` simulations. It can "
        "be raised later.",
    )
    batch: int = Field(
        8,
        ge=1,
        le=10_000,
        description="Designs that are asked for at a time. They run side by side, and the sampler learns from all of "
        "them together: small batches learn sooner, large ones keep more cores busy.",
    )
    batch_size: Literal["auto"] | int = Field(
        "auto", description="Follows from the search: `batch` times `evals_per_trial` trials a job."
    )
    variables: Variables = Field(
        min_length=1,
        description="What is searched: name: {type: float, low, high, log, step, nominal, unit, description}. The "
        "design of all `nominal` values is tried first.",
    )
    parameters: dict[Annotated[str, AfterValidator(free_name)], Distribution] = Field(
        {},
        description="What is uncertain: every design meets the same `evals_per_trial` draws of these. With one "
        "evaluation they take their `nominal`, where one is given.",
    )
    design: DesignName = Field("random", description="How the draws are spread over the distributions.")
    evals_per_trial: int = Field(
        1, ge=1, le=10_000, description="Simulations of each design; its score is their mean, with a standard error."
    )
    objectives: list[str] = Field(
        ["objective"], min_length=1, description="What is optimised: 'objective', or metrics that it returns beside."
    )
    direction: Direction | list[Direction] = Field(
        "minimize", description="minimize or maximize; a list with one for each where there are several objectives."
    )
    sampler: SamplerName = Field(
        "tpe",
        description="How designs are chosen, by Optuna's samplers. gp needs `pip install torch`; grid needs "
        "variables with finitely many values.",
    )
    sampler_options: dict[str, bool | int | float | str] = Field(
        {}, description="Options of Optuna's sampler, e.g. {population_size: 20} for nsgaii."
    )
    constraints: dict[str, Constraint] = Field(
        {}, description="Limits that a design must keep, as metric: {max: 10.0}. One that breaks them cannot win."
    )
    search_timeout: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Wall time [s] of the search, after which no batch is asked for."
    )
    refine_search_factor: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Each time that n_trial is raised, the bounds shrink around the best design so far, to this share "
        "of their width.",
    )
    max_failures: Failures = Field(
        "100%",
        description="Trials that may fail (failed, timeout, crashed) before the run counts as failed: 5, or '5%'. The "
        "sampler is told of them, and the search goes on.",
    )
    prune_failed_trials: bool = Field(
        False, description="Whether the sampler keeps away from designs without a score (Optuna's PRUNED)."
    )
    confirm: Confirmation | None = Field(
        None, description="A closing Monte Carlo of the best designs with fresh draws, by which the winner is chosen."
    )
    storage: str | None = Field(
        None,
        min_length=1,
        description="Where a copy goes for optuna-dashboard: a file, written as Optuna's journal, or the URL of a "
        "database.",
    )

    @classmethod
    def anchor(cls, keys: dict[str, Any], folder_of: Callable[[str], Path]) -> tuple[dict[str, Any], list[str]]:
        """Return the keys with the absolute path of the file that the search is copied to."""
        storage = keys.get("storage")
        if not isinstance(storage, str) or "://" in storage:
            return keys, []
        return {**keys, "storage": str((folder_of("storage") / storage).resolve())}, []

    @property
    def directions(self) -> list[Direction]:
        """The direction of each objective."""
        return list(self.direction) if isinstance(self.direction, list) else [self.direction]

    @model_validator(mode="after")
    def _objectives_have_directions(self) -> Self:
        if len(set(self.objectives)) < len(self.objectives):
            raise ValueError(f"`objectives` must differ, but got {', '.join(self.objectives)}")
        if len(self.objectives) != len(self.directions):
            came = f"{len(self.directions)} for {len(self.objectives)} ({', '.join(self.objectives)})"
            raise ValueError(
                f"every objective needs a direction, but got {came}. "
                f"Write for example direction: [{', '.join(['minimize'] * len(self.objectives))}]"
            )
        if len(self.objectives) > 1:
            one = f"needs one objective, but got {len(self.objectives)}: {', '.join(self.objectives)}"
            for key in ("confirm", "refine_search_factor"):
                if getattr(self, key) is not None:
                    raise ValueError(f"`{key}` {one}")
            if self.sampler in ONE_OBJECTIVE_ONLY:
                raise ValueError(f"the sampler {self.sampler} {one}. Take tpe, nsgaii or nsgaiii")
        if self.command is not None and not self.command.score:
            raise ValueError("a search needs a score of each trial, but command.score is false")
        if self.command is None and self.objective is None:
            raise ValueError("a search needs an `objective`: the function that scores a trial")
        return self

    @model_validator(mode="after")
    def _batches_are_whole(self) -> Self:
        if self.n_trial % self.batch:
            below = self.n_trial // self.batch * self.batch
            near = " or ".join(str(number) for number in (below, below + self.batch) if number)
            raise ValueError(
                f"`n_trial` must be a multiple of `batch`, but got n_trial={self.n_trial}, batch={self.batch}. "
                f"Take n_trial: {near}"
            )
        if self.batch_size not in ("auto", self.own_batch_size):
            raise ValueError(
                f"`batch_size` of a search is `batch` times `evals_per_trial`, {self.own_batch_size}, but got "
                f"{self.batch_size}. Leave it out"
            )
        if self.confirm is not None and self.confirm.best > self.n_trial:
            raise ValueError(f"`confirm.best <= n_trial` must hold, but got {self.confirm.best} and {self.n_trial}")
        return self

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        uncertain = [free_name(column) for column in column_marginals(self.parameters)]
        for name in uncertain:
            if name in self.variables:
                raise ValueError(f"'{name}' is both a variable that is searched and a parameter that is uncertain")
        self.check_command()
        return self

    @model_validator(mode="after")
    def _there_is_something_to_search(self) -> Self:
        fixed = [name for name in self.variables if name in self.overrides]
        if len(fixed) == len(self.variables):
            raise ValueError(f"overrides fix every variable, so there is nothing to search: {', '.join(fixed)}")
        if self.sampler == "grid":
            size = grid_size(self.searched)
            if size is None:
                endless = [name for name, variable in self.searched.items() if variable.values_on_grid is None]
                raise ValueError(f"the sampler grid needs a `step` for: {', '.join(endless)}")
            if self.n_trial > size:
                raise ValueError(f"the grid has {size} points, but n_trial is {self.n_trial}")
            if self.refine_search_factor is not None:
                raise ValueError("`refine_search_factor` and the sampler grid exclude each other")
        return self

    @property
    def own_batch_size(self) -> int:
        """Trials of the designs that are asked for at a time."""
        return self.batch * self.evals_per_trial

    def decided_by(self, batch: int) -> range:
        """Return all batches before; those of the confirmation depend on the search alone."""
        return range(min(batch, self.n_trial // self.batch))

    def part(self, batch: int) -> str:
        """Return whether a batch belongs to the search or to the confirmation of one of this size."""
        return "search" if batch < self.n_trial // self.batch else f"confirmation after {self.n_trial}"

    def time_limit(self, batch: int) -> float | None:
        """Return `search_timeout` for batches of the search, None for those of the confirmation."""
        return self.search_timeout if batch < self.n_trial // self.batch else None

    @property
    def copied_to(self) -> str | None:
        return self.storage

    @property
    def chooses(self) -> bool:
        return True

    @property
    def search_trials(self) -> int:
        """Trials of the search, without those of the confirmation."""
        return self.n_trial * self.evals_per_trial

    @property
    def trial_count(self) -> int:
        """Trials of the search and of the confirmation."""
        return self.search_trials + (self.confirm.best * self.confirm.n_trial if self.confirm else 0)

    @property
    def searched(self) -> dict[str, Any]:
        """The variables that no override fixes."""
        return {name: variable for name, variable in self.variables.items() if name not in self.overrides}

    def is_nominal(self, trial: int) -> bool:
        """Return whether what is uncertain takes its nominal values: in a search with one evaluation a design."""
        return self.evals_per_trial == 1 and trial < self.search_trials

    def columns(self) -> dict[str, ParameterColumn]:
        """Return what is known of each variable, then of each uncertain value."""
        both = {**self.variables, **column_marginals(self.parameters)}
        return {name: ParameterColumn(spec.unit, spec.description, spec.nominal) for name, spec in both.items()}
