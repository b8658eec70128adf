"""What a sampler proposed, and what it is told of that; none of it needs Optuna."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["complete", "failed", "pruned"]


@dataclass(frozen=True)
class Attributes:
    """What the sampler noted when it was asked for a design: with the design, and with the study as a whole."""

    trial: Mapping[str, Any] = field(default_factory=dict)
    study: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Design:
    """A design that was asked for.

    Attributes:
        parameters: Value of each design variable.
        attributes: What the sampler noted.
    """

    parameters: Mapping[str, Any]
    attributes: Attributes = Attributes()


@dataclass(frozen=True)
class Told:
    """A design and what became of it.

    Attributes:
        design: The design.
        state: "complete" where every evaluation succeeded, else "failed", or "pruned" where the study says so.
        values: The objectives of a complete design.
        constraints: For each constraint by how much it is broken; 0 or less where it holds.
    """

    design: Design
    state: State
    values: Sequence[float] = ()
    constraints: Mapping[str, float] = field(default_factory=dict)
