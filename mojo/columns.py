"""Names of the columns that every table of trials has; parameters and named values must choose others."""

OUTCOMES = ("success", "failed", "diverged", "timeout", "crashed", "skipped")
RETRIED = ("failed", "timeout", "crashed")  # accidents; a diverged trial diverges again, so it is a result

RESERVED = frozenset(
    {"trial", "batch", "seed", "outcome", "stage", "error", "runs", "steps", "warnings", "solver_at_cap", "host"}
    | {"cpu_model", "model_hash", "objective", "simulated_seconds", "wall_seconds", "generate_seconds"}
)
