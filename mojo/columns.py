"""Names of columns: those that every table of trials has, and which one of a telemetry is meant.

Parameters and named values must choose other names than the tables' own.
"""

from collections.abc import Iterable

OUTCOMES = ("success", "failed", "diverged", "invalid", "timeout", "crashed", "skipped")
RETRIED = ("failed", "timeout", "crashed")
"""Accidents, which are tried again and count as failures of the run."""
BROKEN = ("diverged", "invalid")
"""Results without a score: what a trial's own inputs bring about, and will again."""
ENDED = {"failed": "failed", "diverged": "diverged", "invalid": "ended invalid"}
ENDED |= {"timeout": "timed out", "crashed": "crashed"}
"""The outcomes of trials that were to be scored and were not, as verbs: 3 trials timed out."""
UNSUCCESSFUL = tuple(ENDED)

RESERVED = frozenset(
    {"trial", "batch", "seed", "evaluation", "design_id", "phase", "sampler_notes", "outcome", "stage", "error", "runs"}
    | {"steps", "warnings", "solver_at_cap", "host", "cpu_model", "model_hash", "objective", "simulated_seconds"}
    | {"wall_seconds", "generate_seconds", "ended_by", "ended_at", "dropped_posts", "member", "parent", "copied"}
)
_REQUIREMENT, _VALUE = "requirement:", "requirement value:"


def verdict_column(requirement: str) -> str:
    """Return the column that says whether a trial met a requirement."""
    return f"{_REQUIREMENT}{requirement}"


def value_column(requirement: str) -> str:
    """Return the column of the number that a requirement was judged by: the metric, or the signal's worst instant."""
    return f"{_VALUE}{requirement}"


def signal_column(signal: str, columns: Iterable[str]) -> str | None:
    """Return the column of a telemetry that is called `signal`, where ':' and '/' are alike.

    None where there is none, and where several are but for these two signs, none of them exactly.
    """
    known = set(columns)
    if signal in known:
        return signal
    alike = [name for name in known if name.replace(":", "/") == signal.replace(":", "/")]
    return alike[0] if len(alike) == 1 else None


def is_reserved(name: str) -> bool:
    """Return whether a column of that name is the tables' own."""
    return name in RESERVED or name.startswith((_REQUIREMENT, _VALUE))
