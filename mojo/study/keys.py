"""The keys that every study file has, whatever its kind, and which of them go together."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from mojo.study.command import AnyCommand
from mojo.study.films import Films
from mojo.study.report import ReportKeys
from mojo.study.requirements import Requirement, RequirementName
from mojo.study.slurm import SlurmKeys

Reference = Annotated[str, Field(min_length=1)]
NO_GENERATOR = "generator: is missing; a study needs it, or a `command`"
ABOUT_MODELS: tuple[str, ...] = ("generator", "runtime", "duration", "objective", "gen_args", "gen_kwargs", "run_args")
ABOUT_MODELS += ("run_kwargs", "signals", "record_decimation", "engine", "keyframe", "allow_warnings")
AllowableWarning = Literal["CONTACTFULL", "CNSTRFULL", "INERTIA", "BADCTRL"]
Failures = Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=r"^\d+(\.\d+)?\s*%$")]
NUMBERS = ("seed", "n_trial", "batch_size", "record_decimation", "retries", "max_failures")


class StudyKeys(BaseModel):
    """The keys that every study file has, whatever its kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length=100,
        description="Name of the study, and of its folder under results/. Letters, digits, '.', '_' and '-'.",
    )
    kind: str = Field(description="Kind of study.")
    n_trial: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="Number of trials. May be left out where the design tells it, as a grid or a list does.",
    )
    generator: Reference | None = Field(
        None,
        description="Function that makes a trial's model: 'path/to/file.py:function' (relative to the study file) "
        "or 'package.module:function', called as generate(mojo_model, overrides, *gen_args, **gen_kwargs). "
        "Required where there is no `command`.",
    )
    command: AnyCommand | None = Field(
        None,
        description="A program that is run as a trial instead of a generator: a command line, as a text or a list of "
        "words, or a mapping of the keys below. Excludes every key about models.",
    )
    runtime: Reference | None = Field(
        None,
        description="Function that runs a trial, called as "
        "run(mojo_model, runtime_manager, mj_model, mj_data, *run_args, **run_kwargs). Leave it out to give a "
        "`duration`, or to generate only.",
    )
    duration: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Simulated time [s] of the built-in runtime. Excludes `runtime`."
    )
    keyframe: str | None = Field(
        None, description="Keyframe of the model at which every trial starts; without one, its initial configuration."
    )
    objective: Reference | None = Field(
        None,
        description="Function that scores a trial, called as objective(mojo_model, telemetry, mj_model, mj_data); "
        "returns a number, or a dict of metrics with the key 'objective'.",
    )
    requirements: dict[RequirementName, Requirement] = Field(
        {},
        description="What is asked of the trials, as name: {metric: settling_time, max: 2.0, unit: s}. Each is judged "
        "in every trial and, with a confidence, over all of them. A change scores trials again and simulates none, "
        "unless it is of one with `ends_trial`.",
    )
    gen_args: list[Any] = Field([], description="Positional arguments for the generator.")
    gen_kwargs: dict[str, Any] = Field({}, description="Keyword arguments for the generator.")
    run_args: list[Any] = Field([], description="Positional arguments for the runtime.")
    run_kwargs: dict[str, Any] = Field({}, description="Keyword arguments for the runtime.")
    inputs: list[str] = Field(
        [],
        description="Files that the user's code reads, such as an MJCF model (relative to the study file; '*' "
        "allowed). A change of their content runs the study again.",
    )
    seed: int | None = Field(
        None, ge=0, lt=2**63, description="Seed of every random number. Missing: drawn once and kept in study.json."
    )
    batch_size: Literal["auto"] | Annotated[int, Field(ge=1, le=10_000)] = Field(
        "auto", description="Trials a job. 'auto': n_trial/16, but at least 64 and at most 256."
    )
    engine: Literal["auto", "loop", "batch"] = Field(
        "auto",
        description="How trials are stepped. 'loop': one at a time a process, with Python between the steps where the "
        "study has some. 'batch': many side by side, many times faster; for the built-in runtime, and for runtimes "
        "that are declared @vectorized. 'auto': batch where the study can, else loop; which, and why, is printed.",
    )
    overrides: dict[str, Any] | str = Field(
        {}, description="Values that win over every draw, as name: value, or the path of a JSON file that holds them."
    )
    signals: list[str] = Field(
        [],
        description="Signals to record, e.g. 'Joints/*:qpos'. Empty: time, qpos and qvel of every joint, every "
        "sensor, load and control.",
    )
    record_decimation: int = Field(1, ge=1, description="Record every nth step.")
    allow_warnings: list[AllowableWarning] = Field(
        [],
        description="Warnings of MuJoCo that a trial may have and still count, e.g. [CONTACTFULL]. Without it a trial "
        "ends as invalid where MuJoCo leaves contacts or constraints out (CONTACTFULL, CNSTRFULL), takes 0 for "
        "controls that are not finite (BADCTRL), or finds an inertia singular (INERTIA). The report says what passed.",
    )
    films: Films = Field(
        Films(),
        description="Trials that are filmed once all are scored: none, all, failed, a list of numbers, or a mapping "
        "such as {first: 1, worst: 2}. What a film shows is told by `mojo_model.recorders`.",
        json_schema_extra={"default": "none"},
    )
    report: ReportKeys = Field(
        ReportKeys(),
        json_schema_extra={"default": {}},
        description="What the report shows of single trials and signals, as {signals: ['Loads/*:m'], worst: 10, "
        "by: peak_force}. A change writes the report anew, and runs no trial again.",
    )
    timeout: float = Field(
        3600.0,
        gt=0,
        allow_inf_nan=False,
        description="Wall time [s] that one stage of one trial may take; that of a whole search is `search_timeout`.",
    )
    max_failures: Failures = Field(
        0, description="Trials that may fail (failed, timeout, crashed) before the run counts as failed: 5, or '5%'."
    )
    retries: int = Field(0, ge=0, description="How often a trial that failed is tried again within one run.")
    slurm: SlurmKeys = Field(
        SlurmKeys.model_validate({}),
        json_schema_extra={"default": {}},
        description="What a batch asks of SLURM, where it differs from the profile, as {partition: long, time: 90}. "
        "A change runs no trial again.",
    )

    @field_validator(*NUMBERS, mode="before", check_fields=False)
    @classmethod
    def _is_number(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError(f"must be a number, but got {str(value).lower()}")
        return value

    @model_validator(mode="after")
    def _models_or_a_command(self) -> "StudyKeys":
        if self.command is None:
            if self.generator is None:
                raise ValueError(NO_GENERATOR)
            return self
        for name in ABOUT_MODELS:
            if getattr(self, name) != type(self).model_fields[name].get_default(call_default_factory=True):
                raise ValueError(f"`{name}` and `command` exclude each other: a command makes no model")
        for name, requirement in self.requirements.items():
            if requirement.metric_name is None:
                raise ValueError(f"the requirement '{name}' of a command must judge a metric: there is no telemetry")
            if not self.command.score:
                raise ValueError(f"the requirement '{name}' judges a metric, but command.score is false")
        return self

    @model_validator(mode="after")
    def _one_runtime(self) -> "StudyKeys":
        if self.runtime is not None and self.duration is not None:
            raise ValueError("`runtime` and `duration` exclude each other: give the one that runs the trials")
        if self.objective is not None and not self.simulates:
            raise ValueError("`objective` needs a simulation: give a `runtime` or a `duration`")
        if self.requirements and not self.simulates:
            raise ValueError("`requirements` need a simulation: give a `runtime` or a `duration`")
        return self

    @model_validator(mode="after")
    def _films_can_be_made(self) -> "StudyKeys":
        if self.films.asked and not self.simulates:
            raise ValueError("`films` need a simulation: give a `runtime` or a `duration`")
        if self.films.ranked and self.objective is None:
            raise ValueError("`films` of the worst or best trials need an `objective` that ranks them")
        return self

    @model_validator(mode="after")
    def _metrics_come_from_the_objective(self) -> "StudyKeys":
        for name, requirement in self.requirements.items():
            if self.objective is None and self.command is None and requirement.metric_name:
                raise ValueError(
                    f"the requirement '{name}' judges the metric '{requirement.metric_name}', but there is no "
                    "`objective` that could return it"
                )
        return self

    @property
    def simulates(self) -> bool:
        """Whether trials are simulated, or only generated."""
        return self.runtime is not None or self.duration is not None or self.command is not None
