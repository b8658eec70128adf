"""How a study file names its design, and what can be said of a design without drawing a point.

Light on purpose: the study package imports it.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from mojo.distributions.base import Scalar

DesignName = Literal["random", "lhs", "sobol", "halton", "antithetic"]
SensitivityName = Literal["saltelli", "morris"]


class GridDesign(BaseModel):
    """Every combination of the given values; the study's first parameter varies slowest."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    type: Literal["grid"] = Field(default="grid", description="Every combination of values.")
    values: dict[str, Annotated[list[Scalar | list[Scalar]], Field(min_length=1)]] = Field(
        default={}, description="The values of a parameter, as name: [value, ...]."
    )
    levels: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default={},
        description="Number of values of a parameter, as name: n. They are the middles of n equally likely parts.",
    )

    @model_validator(mode="after")
    def _each_name_once(self) -> Self:
        if not self.values and not self.levels:
            raise ValueError("a grid needs `values` or `levels`, but got neither")
        twice = sorted(set(self.values) & set(self.levels))
        if twice:
            raise ValueError(f"a parameter has either values or levels, but got both for: {', '.join(twice)}")
        return self


class ListDesign(BaseModel):
    """The rows of a table, in order."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    type: Literal["list"] = Field(default="list", description="The rows of a table.")
    file: str = Field(
        min_length=1,
        description="CSV or Parquet file with one column for each parameter, relative to the study file. "
        "Its values are taken as they are, also outside a distribution's support.",
    )


def _design_tag(value: Any) -> str | None:
    if isinstance(value, str):
        return None if value in {"grid", "list"} else "name"
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return kind if kind in {"grid", "list"} else None


Design = Annotated[
    Annotated[Literal[DesignName, SensitivityName], Tag("name")]
    | Annotated[GridDesign, Tag("grid")]
    | Annotated[ListDesign, Tag("list")],
    Discriminator(
        _design_tag,
        custom_error_type="design",
        custom_error_message="must be random, lhs, sobol, halton, antithetic, saltelli, morris, "
        "{type: grid, values: {name: [...]}} or {type: list, file: ...}",
    ),
]


def block_size(design: Any, axes: int) -> int:
    """Return how many trials of a design belong together; its points are independent of those of other blocks.

    Args:
        design: The design, as a study file names it.
        axes: Number of inputs that vary.
    """
    return {"antithetic": 2, "saltelli": axes + 2, "morris": axes + 1}.get(design, 1) if isinstance(design, str) else 1


def size_refusal(design: Design, axes: int, n_trial: int, nominal_trial: bool) -> str | None:
    """Return why a design of blocks cannot have `n_trial` trials, and which numbers it can have; None where it can."""
    if design not in ("saltelli", "morris"):
        return None
    if not axes:
        return f"the design {design} varies one input at a time, but there is none that varies"
    size, points = block_size(design, axes), n_trial - nominal_trial
    blocks = points // size
    power = 1 << max(1, blocks.bit_length() - 1)
    if design == "saltelli":
        rule, near = f"N·(D + 2) with N = 2, 4, 8, … (D = {axes} inputs vary)", (power, 2 * power)
        fits = points == power * size
    else:
        rule, near = f"N·(D + 1) with N = 2, 3, 4, … (D = {axes} inputs vary)", (max(2, blocks), max(2, blocks) + 1)
        fits = points % size == 0 and blocks >= 2
    if fits:
        return None
    numbers = " or ".join(str(number * size + nominal_trial) for number in near)
    more = ", and one more for the nominal trial" if nominal_trial else ""
    return f"the design {design} has {rule} trials{more}, but n_trial is {n_trial}. Take n_trial: {numbers}"


def can_grow(design: Design) -> bool:
    """Return whether the first points of `design` stay the same when more are asked for."""
    return design != "lhs"


def growth_refusal(design: Design, n_trial: int, wanted: int) -> str:
    """Return the sentence that tells why a study with a design that cannot grow stays at `n_trial`."""
    assert not can_grow(design)
    return (
        f"A Latin hypercube of {n_trial} trials cannot grow to {wanted}: where its points lie depends on how many "
        f"there are. Keep n_trial: {n_trial}, or start a study under another name, with the design sobol or random "
        f"if it is to grow."
    )


def advice(design: Design, n_point: int) -> list[str]:
    """Return sentences on how many points suit `design`; a nominal trial is not one of its points."""
    if design == "sobol" and n_point & (n_point - 1):
        below = 1 << (n_point.bit_length() - 1)
        return [
            f"Sobol points are balanced when their number is a power of 2, but there are {n_point}; the nearest are "
            f"{below} and {2 * below} (a nominal trial comes on top)."
        ]
    if design == "antithetic" and n_point % 2:
        return [f"Antithetic points come in pairs, but there are {n_point}; the last one has no partner."]
    return []
