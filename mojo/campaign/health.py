"""Health: what a run says at its end of how its trials ran, where anything is amiss."""

import polars as pl
import pyarrow.parquet as pq

from mojo.evidence.health import amiss, health
from mojo.layout import StudyLayout

COLUMNS = ("trial", "outcome", "error", "warnings", "solver_at_cap", "steps", "dropped_posts")


def tell(layout: StudyLayout) -> list[str]:
    """Return what the console shows, from trials.parquet."""
    known = pq.read_schema(layout.trials_table).names
    table = pl.read_parquet(layout.trials_table, columns=[name for name in COLUMNS if name in known])
    ended = table.drop_nulls("outcome")
    return amiss(ended, health(ended))
