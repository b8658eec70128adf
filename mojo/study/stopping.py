"""When a study may stop before its last trial."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from mojo.study.requirements import RequirementName


class StopWhen(BaseModel):
    """A requirement that is known well enough ends the study."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    requirement: RequirementName = Field(description="The requirement whose share of passing trials must be known.")
    half_width: Annotated[float, Field(strict=True, gt=0, lt=0.5)] = Field(
        description="The study stops after the first batch at which this share is known to within plus or minus this: "
        "half of its interval at the requirement's confidence, above 0 and below 0.5."
    )
