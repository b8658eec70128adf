"""What the report shows: which signals, and which single trials."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(strict=True, ge=0, le=50)]


class ReportKeys(BaseModel):
    """Which signals and which single trials the report shows. None of it runs a trial again."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    signals: list[Annotated[str, Field(min_length=1)]] = Field(
        default=[],
        description="Recorded signals that are drawn over all trials, by name or with '*', e.g. 'Loads/*:m'. Empty: "
        "up to 24 of them, in turn from each category.",
    )
    worst: Count = Field(
        default=5, description="How many of the worst trials are shown, each with a page of its own; at most 50."
    )
    by: str = Field(
        default="objective",
        min_length=1,
        description="Metric that ranks the trials of which the worst are shown.",
    )
    best_is: Literal["lowest", "highest"] | None = Field(
        default=None,
        description="Which value of `by` is best. Empty: what a search asks of it, and the lowest in other studies.",
    )
    units: dict[str, str] = Field(
        default={},
        description="Units of scores, as name: unit, e.g. {objective: m}. The metric of a requirement has that one's.",
    )
