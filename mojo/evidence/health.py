"""Health: what trials tell of how they ran: warnings, the solver, wall time, machines. It needs no scores."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from mojo.columns import BROKEN, ENDED

OFTEN = 0.01
"""Share of its steps in which a trial's solver may stop at its limit and nothing is said."""


@dataclass(frozen=True)
class Warned:
    """One kind of warning of MuJoCo.

    Attributes:
        name: E.g. CONTACTFULL.
        trials: Trials that had it.
        events: How often it came in all of them.
        counted: Of those trials, the ones that succeeded all the same, since the study allows it.
        example: The first of the trials.
    """

    name: str
    trials: int
    events: int
    counted: int
    example: int


@dataclass(frozen=True)
class Solver:
    """How often the constraint solver made all the iterations that it may, so that its forces are not quite settled.

    Attributes:
        trials: Trials in which it did in any step.
        often: Trials in which it did in more than a share of `OFTEN` of the steps.
        worst: The trial with the greatest share of such steps; None where there are none.
        share: Its share.
    """

    trials: int
    often: int
    worst: int | None
    share: float


@dataclass(frozen=True)
class Machine:
    """Where trials ran.

    Attributes:
        host: Name of the machine.
        cpu_model: Model of its processor.
        trials: How many ran there.
        seconds: Median of their wall time [s].
    """

    host: str
    cpu_model: str
    trials: int
    seconds: float | None


@dataclass(frozen=True)
class Health:
    """How the trials of a study ran.

    Attributes:
        trials: Trials that ended.
        warnings: By kind, that of most trials first.
        solver: The constraint solver.
        machines: Where they ran, most trials first.
        dropped_posts: Trials in which values that the user's code posted are in no row, and how many values.
    """

    trials: int
    warnings: tuple[Warned, ...]
    solver: Solver
    machines: tuple[Machine, ...]
    dropped_posts: tuple[int, int]

    @property
    def allowed(self) -> list[Warned]:
        """The warnings that trials had which count all the same."""
        return [warned for warned in self.warnings if warned.counted]

    def plain(self) -> dict[str, Any]:
        """Return all of it as numbers, texts, lists and dicts."""
        return asdict(self)


def health(table: pl.DataFrame) -> Health:
    """Return how trials ran.

    Args:
        table: One row a trial that has ended: `trial`, `outcome`, and what there is of `warnings`, `solver_at_cap`,
            `steps`, `host`, `cpu_model`, `wall_seconds`, `dropped_posts`.
    """
    dropped = _column(table, "dropped_posts", pl.Int64()).drop_nulls()
    dropped = dropped.filter(dropped > 0)
    return Health(table.height, _warnings(table), _solver(table), _machines(table), (dropped.len(), int(dropped.sum())))


def _column(table: pl.DataFrame, name: str, kind: pl.DataType) -> pl.Series:
    """Return a column, or nulls where no trial has it."""
    there = name in table.columns
    return table[name].cast(kind) if there else pl.Series(name, [None] * table.height, dtype=kind)


def _warnings(table: pl.DataFrame) -> tuple[Warned, ...]:
    texts = _column(table, "warnings", pl.String())
    found: dict[str, list[tuple[int, int, bool]]] = {}
    for trial, outcome, text in zip(table["trial"], table["outcome"], texts, strict=True):
        for part in text.split(", ") if text else ():
            name, _, count = part.rpartition(" ")
            found.setdefault(name, []).append((trial, int(count), outcome == "success"))
    warned = [
        Warned(name, len(rows), sum(row[1] for row in rows), sum(row[2] for row in rows), min(row[0] for row in rows))
        for name, rows in found.items()
    ]
    return tuple(sorted(warned, key=lambda one: (-one.trials, one.name)))


def _solver(table: pl.DataFrame) -> Solver:
    capped = _column(table, "solver_at_cap", pl.Float64()).fill_null(0.0)
    steps = _column(table, "steps", pl.Float64()).fill_null(0.0)
    share = (capped / steps.clip(lower_bound=1.0)).clip(upper_bound=1.0)
    greatest = share.arg_max()
    if greatest is None or not share[greatest]:
        return Solver(0, 0, None, 0.0)
    return Solver(int((capped > 0).sum()), int((share > OFTEN).sum()), int(table["trial"][greatest]), share[greatest])


def _machines(table: pl.DataFrame) -> tuple[Machine, ...]:
    ran = pl.DataFrame(
        [_column(table, "host", pl.String()), _column(table, "cpu_model", pl.String())]
        + [_column(table, "wall_seconds", pl.Float64())]
    ).drop_nulls("host")
    grouped = ran.group_by("host", "cpu_model").agg(pl.len().alias("trials"), pl.col("wall_seconds").median())
    ordered = grouped.sort("trials", "host", "cpu_model", descending=[True, False, False])
    return tuple(Machine(host, cpu or "", trials, seconds) for host, cpu, trials, seconds in ordered.iter_rows())


def amiss(table: pl.DataFrame, found: Health) -> list[str]:
    """Return a sentence for all that somebody should know before believing the numbers; none where all is well."""
    return [*_broken(table), *allowed_words(found.allowed), *_often(found), *_dropped(found)]


def _broken(table: pl.DataFrame) -> list[str]:
    lines = []
    for outcome in BROKEN:
        rows = table.filter(pl.col("outcome") == outcome)
        if rows.height:
            count = f"{rows.height} of {_trials(table.height)} {ENDED[outcome]}"
            lines.append(f"{count}; averages leave such trials out. Trial {rows['trial'][0]:06d}: {rows['error'][0]}")
    return lines


def allowed_words(allowed: Sequence[Warned]) -> list[str]:
    """Return the sentence that says which warnings trials had that count, if any."""
    kinds = [f"{one.name} in {_trials(one.counted)}" for one in allowed]
    return [f"These count although MuJoCo warned (allow_warnings): {', '.join(kinds)}"] if kinds else []


def _often(found: Health) -> list[str]:
    solver = found.solver
    if not solver.often:
        return []
    return [
        f"The constraint solver stopped at its iteration limit in more than {100 * OFTEN:g} % of the steps of "
        f"{solver.often} of {_trials(found.trials)}, most in trial {solver.worst:06d} ({100 * solver.share:.3g} %)"
    ]


def _dropped(found: Health) -> list[str]:
    trials, values = found.dropped_posts
    return [f"{values} posted values of {_trials(trials)} are in no row of the telemetry"] if trials else []


def _trials(count: int) -> str:
    return f"{count} trial{'' if count == 1 else 's'}"
