"""What every kind of study has in common."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from mojo.errors import unknown
from mojo.study.command import OWN_PLACES, check_places
from mojo.study.keys import StudyKeys
from mojo.study.requirements import FunctionRequirement, SignalRequirement


@dataclass(frozen=True)
class ParameterColumn:
    """What is known of a value that the design gives to every trial.

    Attributes:
        unit: Its unit, "" for none.
        description: What it means, in a sentence.
        nominal: Its value in the nominal trial; None where it has none.
    """

    unit: str = ""
    description: str = ""
    nominal: Any = None


class StudyBase(StudyKeys):
    """A study of any kind: its keys, and what the stages ask of it.

    Attributes:
        DESIGN_KEYS: The kind's own keys that the design depends on.
        DESIGN_PACKAGES: Packages whose version the design depends on.
        LABELS: Columns of the design that name a trial, and on which nothing else of it depends.
        PLACES: Places that a command of this kind may have beside those of all kinds.
        SEARCHES: Whether the scores of one batch decide on the next one's design.
    """

    DESIGN_KEYS: ClassVar[tuple[str, ...]] = ()
    DESIGN_PACKAGES: ClassVar[tuple[str, ...]] = ()
    LABELS: ClassVar[tuple[str, ...]] = ()
    PLACES: ClassVar[tuple[str, ...]] = ()
    SEARCHES: ClassVar[bool] = False

    @classmethod
    def anchor(cls, keys: dict[str, Any], folder_of: Callable[[str], Path]) -> tuple[dict[str, Any], list[str]]:
        """Return the raw keys of a study file with the paths of the kind's own keys made absolute, and what went wrong.

        Args:
            keys: The study as it was written; nothing is checked yet.
            folder_of: Returns the folder that paths under a top-level key are relative to.
        """
        return keys, []

    def check_command(self) -> None:
        """Check that every place of the command has a value; subclasses call it when they know their parameters.

        Raises:
            ValueError: One has none.
        """
        if self.command is None:
            return
        known = [*self.parameter_columns(), *OWN_PLACES, *self.LABELS, *self.PLACES]
        check_places(
            self.command,
            known,
            lambda key, place: f"{key}: " + unknown("Place", f"{{{place}}}", [f"{{{name}}}" for name in known], "use"),
        )

    def most_at_once(self, cores: int) -> int:
        """Return how many trials may run at a time on that many cores."""
        if self.command is None:
            return cores
        return max(1, min(cores // self.command.cpus, self.command.at_most or cores))

    def requirement_functions(self) -> dict[str, str]:
        """Return the functions that judge requirements, by the requirement's name."""
        found = {name: asked for name, asked in self.requirements.items() if isinstance(asked, FunctionRequirement)}
        return {name: asked.function for name, asked in found.items()}

    def ends_trials(self) -> dict[str, SignalRequirement]:
        """Return the requirements that may end a trial early, by name."""
        signals = {name: asked for name, asked in self.requirements.items() if isinstance(asked, SignalRequirement)}
        return {name: asked for name, asked in signals.items() if asked.ends_trial}

    def allowed_failures(self, trial_count: int) -> int:
        """Return how many of `trial_count` trials may fail."""
        if isinstance(self.max_failures, int):
            return self.max_failures
        return int(float(self.max_failures.rstrip("% ")) / 100 * trial_count)

    @property
    def trial_count(self) -> int:
        """The number of trials, known once `n_trial` is."""
        assert self.n_trial is not None
        return self.n_trial

    def decided_by(self, batch: int) -> range:
        """Return the earlier batches whose scores decide on the design of a batch."""
        return range(batch) if self.SEARCHES else range(0)

    def design_extras(self) -> Any:
        """Return what the design depends on beside the keys in `DESIGN_KEYS`."""
        return None

    def design_packages(self) -> tuple[str, ...]:
        """Return the packages whose version the design depends on."""
        return self.DESIGN_PACKAGES

    def part(self, batch: int) -> str:
        """Return which part of the study a batch belongs to, where it has parts that move when it grows."""
        return ""

    def time_limit(self, batch: int) -> float | None:
        """Return how many seconds of searching there may be before a batch is asked for, or None for any."""
        return None

    @property
    def chooses(self) -> bool:
        """Whether the study ends with a best design."""
        return False

    @property
    def needs_loop(self) -> str | None:
        """Why the trials cannot be stepped side by side, whatever they are; None where they perhaps can."""
        return None

    @property
    def copied_to(self) -> str | None:
        """Where a copy of the search goes, for other programs to look at."""
        return None

    @property
    def own_batch_size(self) -> int | None:
        """Trials of a batch, where that follows from the study's other keys."""
        return None

    @property
    def nominal(self) -> int | None:
        """The trial that is no draw, and that statistics leave out, where there is one."""
        return None

    def is_nominal(self, trial: int) -> bool:
        """Return whether a trial takes the nominal of every value that has one, also of those the generator draws."""
        return False

    def columns(self) -> dict[str, ParameterColumn]:
        """Return what is known of each value that the design gives to every trial, in the tables' order."""
        return {}

    def parameter_units(self) -> dict[str, str]:
        """Return the unit of each parameter's column."""
        return {name: column.unit for name, column in self.columns().items() if column.unit}

    def parameter_columns(self) -> list[str]:
        """Return the names of the values that the design gives to every trial."""
        return list(self.columns())

    def design_files(self) -> list[str]:
        """Return the files that the design is read from."""
        return []

    def can_grow(self) -> bool:
        """Return whether n_trial can be raised later without dealing the design anew."""
        return True

    def growth_refusal(self, n_trial: int, wanted: int) -> str:
        """Return the sentence that tells why a study that cannot grow stays at `n_trial`."""
        raise NotImplementedError(self.kind)
