"""Design: the parameter values of the trials of a batch."""

import polars as pl

from mojo.layout import StudyLayout
from mojo.sampling.kinds import sampler
from mojo.trial.checkpoints import prune
from mojo.trial.context import context
from mojo.trial.stopwatch import start_batch
from mojo.trial.tables import write_arrow


def write_design(layout: StudyLayout, batch: int) -> None:
    """Write the design table of a batch: trial, seed, and a column for each parameter."""
    frozen = context(str(layout.root)).frozen
    study = frozen.study
    before = study.decided_by(batch)
    earlier = earlier_trials(layout, before) if before else None
    clock = start_batch(layout, frozen, batch)
    trials = frozen.trials(batch)[:0] if clock and clock.stopped else frozen.trials(batch)
    frame = sampler(study.kind).design_rows(frozen, trials, earlier)
    meta = clock.meta() if clock else None
    write_arrow(layout.table("design", batch), frame.to_arrow(), frozen.units, meta)
    if earlier is not None:
        prune(layout, study, batch, earlier)


def earlier_trials(layout: StudyLayout, batches: range) -> pl.DataFrame:
    """Return the trials of some batches, ascending: the columns of their designs and of their scores."""
    designs, scores = (
        pl.concat([pl.read_parquet(layout.table(stage, number)) for number in batches], how="diagonal_relaxed")
        for stage in ("design", "scores")
    )
    return designs.join(scores, on="trial", how="left").sort("trial")


def copy_search(layout: StudyLayout, batches: range) -> None:
    """Copy what is known of a search after some batches to the study's `storage`."""
    from mojo.sampling.mirror import mirror

    mirror(context(str(layout.root)).frozen, earlier_trials(layout, batches))
