"""Requirements: what is asked of every trial, and of how many of them.

A requirement is met with a confidence, never for sure: trials are draws, and their number is finite.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

JUDGED = ("metric", "signal", "function")
EXAMPLE = "{metric: settling_time, max: 2.0}"
_NOT_JUDGED_BY = ("description", "probability", "confidence", "quantile", "function", "ends_trial")

Limit = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Reference = Annotated[str, Field(min_length=1)]
Confidence = Annotated[float, Field(strict=True, ge=0.5, lt=1)]  # below 0.5, a study could be met and not met at once
Share = Annotated[float, Field(strict=True, gt=0, lt=1)]


def _speaking_name(name: str) -> str:
    if not name.strip():
        raise ValueError("a requirement needs a name")
    return name


RequirementName = Annotated[str, AfterValidator(_speaking_name)]


class RequirementBase(BaseModel):
    """What requirements of all forms have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    confidence: Confidence = Field(
        0.9, description="How sure the verdict must be, from 0.5 to below 1: of a one-sided bound."
    )
    description: str = Field("", description="What it means, in a sentence.")

    @model_validator(mode="before")
    @classmethod
    def _judges_one_thing(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            raise ValueError(f"must be a mapping such as {EXAMPLE}, but got {given!r}")
        found = [f"`{key}`" for key in JUDGED if given.get(key) is not None]
        if len(found) != 1:
            came = " and ".join(found) or "none of them"
            raise ValueError(f"must have one of `metric`, `signal` and `function`, but got {came}")
        return given

    @property
    def metric_name(self) -> str | None:
        """The metric that it judges, where it judges one."""
        return getattr(self, "metric", None)

    @property
    def signal_name(self) -> str | None:
        """The signal that it judges, where it judges one."""
        return getattr(self, "signal", None)

    def judged_by(self) -> dict[str, Any]:
        """Return the keys that a single trial's score depends on; a function counts with its sources instead."""
        return self.model_dump(mode="json", exclude=set(_NOT_JUDGED_BY), exclude_none=True)


class LimitRequirement(RequirementBase):
    """A number must stay within limits."""

    min: Limit | None = Field(None, description="Least value that is allowed.")
    max: Limit | None = Field(None, description="Greatest value that is allowed.")
    unit: str = Field("", description="Unit of the limits; it is shown, and nothing is converted.")

    @model_validator(mode="after")
    def _limits_in_order(self) -> "LimitRequirement":
        if self.min is None and self.max is None:
            raise ValueError("must have `min`, `max` or both, but got neither")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"`min <= max` must hold, but got min={self.min:g}, max={self.max:g}")
        return self

    def margin(self, value: float) -> float:
        """Return how far inside the limits `value` lies; negative outside, nan for nan."""
        below = [] if self.min is None else [value - self.min]
        above = [] if self.max is None else [self.max - value]
        return min(below + above)


class MetricRequirement(LimitRequirement):
    """A metric of the objective function stays within limits in a trial, with a probability."""

    metric: Reference = Field(description="Metric that the objective function returns; 'objective' is one of them.")
    probability: Share = Field(0.95, description="Share of all possible trials that must pass, above 0 and below 1.")


class SignalRequirement(LimitRequirement):
    """A recorded signal stays within limits in a trial, or has come to lie within them at its end."""

    signal: Reference = Field(description="Column of the telemetry, e.g. 'Bodies/tip/xpos:z'; it must be recorded.")
    over: Literal["trial", "end"] = Field(
        "trial", description="Which instants count: 'trial' for every recorded one, 'end' for the last."
    )
    hold: Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)] = Field(
        0.0, description="With over: end, how long [s] before the end the recorded instants count, too."
    )
    ends_trial: Annotated[bool, Field(strict=True)] = Field(
        False,
        description="Whether a trial ends as soon as this is decided. With over: trial it then fails, by the first "
        "recorded instant outside the limits; with over: end it then passes, by the first within them, for `hold`.",
    )
    probability: Share = Field(0.95, description="Share of all possible trials that must pass, above 0 and below 1.")

    @model_validator(mode="after")
    def _holds_at_the_end(self) -> "SignalRequirement":
        if self.hold and self.over != "end":
            raise ValueError(f"`hold` needs `over: end`, but got hold={self.hold:g}, over={self.over}")
        return self


class QuantileRequirement(LimitRequirement):
    """A quantile over all possible trials stays below `max` or above `min`, of a metric or a signal's extreme."""

    metric: Reference | None = Field(None, description="Metric that the objective function returns. Excludes `signal`.")
    signal: Reference | None = Field(
        None, description="Column of the telemetry; a trial counts with its greatest value for `max`, least for `min`."
    )
    quantile: Share = Field(description="Which quantile, above 0 and below 1: 0.99 is exceeded in 1 % of the trials.")

    @model_validator(mode="after")
    def _one_limit(self) -> "QuantileRequirement":
        if self.min is not None and self.max is not None:
            raise ValueError("a quantile must have either `min` or `max`, but got both")
        return self

    @property
    def probability(self) -> float:
        """Share of all possible trials that must lie within the limit for the quantile to do so."""
        return self.quantile if self.max is not None else 1 - self.quantile


class FunctionRequirement(RequirementBase):
    """A function of yours says whether a trial passes."""

    function: Reference = Field(
        description="Function that judges a trial: 'path/to/file.py:function' (relative to the study file) or "
        "'package.module:function', called as check(mojo_model, telemetry, mj_model, mj_data); returns true or false."
    )
    probability: Share = Field(0.95, description="Share of all possible trials that must pass, above 0 and below 1.")


def _form(given: Any) -> str:
    """Return the tag of a requirement's form; tags are words that are no keys, so that errors can leave them out."""
    keys = given if isinstance(given, Mapping) else getattr(type(given), "model_fields", {})
    for key in ("quantile", "function", "signal"):
        if key in keys:
            return f"form:{key}"
    return "form:metric"


Requirement = Annotated[
    Annotated[MetricRequirement, Tag("form:metric")]
    | Annotated[SignalRequirement, Tag("form:signal")]
    | Annotated[QuantileRequirement, Tag("form:quantile")]
    | Annotated[FunctionRequirement, Tag("form:function")],
    Discriminator(_form),
]
FORMS = (MetricRequirement, SignalRequirement, QuantileRequirement, FunctionRequirement)
