"""Films: which trials of a study are filmed, once all of them are scored."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mojo.errors import StudyError

WORDS = ("none", "all", "failed")
Number = Annotated[int, Field(strict=True, ge=0)]
Count = Annotated[int, Field(strict=True, ge=0)]


class Films(BaseModel):
    """Which trials are filmed: all that any of its keys picks.

    A word or a list may stand for it: `all`, `failed`, `none`, `[0, 17]`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    all: bool = Field(default=False, strict=True, description="Every trial.")
    trials: list[Number] = Field(default=[], description="These trials.")
    first: Count = Field(default=0, description="The first n trials.")
    worst: Count = Field(default=0, description="The n trials that `by` says are worst, of those that succeeded.")
    best: Count = Field(default=0, description="The n trials that `by` says are best, of those that succeeded.")
    failed: bool | Count = Field(
        default=False,
        description="Trials that failed, diverged, were invalid, crashed or timed out, as far as they came: true, or "
        "at most n.",
    )
    by: str = Field(
        default="objective", min_length=1, description="Metric that ranks the trials for `worst` and `best`."
    )
    best_is: Literal["lowest", "highest"] = Field(default="lowest", description="Which value of `by` is the best.")
    timeout: float = Field(
        default=600.0, gt=0, allow_inf_nan=False, description="Wall time [s] that the films of one trial may take."
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        """Return the schema for editors, which must know of the words and the list too."""
        mapping = handler.resolve_ref_schema(handler(core_schema))
        numbers = {"type": "array", "items": {"type": "integer", "minimum": 0}}
        return {"anyOf": [{"enum": list(WORDS)}, numbers, mapping]}

    @model_validator(mode="before")
    @classmethod
    def _from_word_or_list(cls, given: Any) -> Any:
        if given is None or given == "none":
            return {}
        if isinstance(given, str) and given in WORDS:
            return {given: True}
        if isinstance(given, list):
            return {"trials": given}
        if not isinstance(given, Mapping | cls):
            example = "a list of trial numbers, or a mapping such as {first: 1, worst: 2}"
            raise ValueError(f"must be one of {', '.join(WORDS)}, {example}, but got {given!r}")
        return given

    @property
    def asked(self) -> bool:
        """Whether any trial may be picked."""
        return bool(self.all or self.trials or self.first or self.ranked or self.failed)

    @property
    def ranked(self) -> bool:
        """Whether trials are picked by their score."""
        return bool(self.worst or self.best)

    def may_pick(self, trial: int) -> bool:
        """Return whether a trial may be picked, before anything is known of how it will end."""
        return bool(self.all or self.ranked or self.failed) or trial < self.first or trial in self.trials

    def check(self, trial_count: int) -> None:
        """Check that the trials that are named exist.

        Raises:
            StudyError: One does not.
        """
        for trial in self.trials:
            if trial >= trial_count:
                raise StudyError(f"films: trial {trial} does not exist. The study has trials 0 to {trial_count - 1}.")
