"""Design: the parameter values of the trials of a batch."""

import polars as pl

from mojo.layout import StudyLayout
from mojo.sampling.kinds import SAMPLERS
from mojo.trial.context import context
from mojo.trial.tables import write_arrow


def write_design(layout: StudyLayout, batch: int) -> None:
    """Write the design table of a batch: trial, seed, and a column for each parameter."""
    frozen = context(str(layout.root)).frozen
    study = frozen.study
    earlier = earlier_trials(layout, batch) if study.SEARCHES and batch > 0 else None
    frame = SAMPLERS[study.kind].design_rows(frozen, frozen.trials(batch), earlier)
    write_arrow(layout.table("design", batch), frame.to_arrow(), units=frozen.units)


def earlier_trials(layout: StudyLayout, batch: int) -> pl.DataFrame:
    """Return the trials of all batches before `batch`, ascending: the columns of their designs and of their scores."""
    designs, scores = (
        pl.concat([pl.read_parquet(layout.table(stage, number)) for number in range(batch)], how="diagonal_relaxed")
        for stage in ("design", "scores")
    )
    return designs.join(scores, on="trial", how="left").sort("trial")
