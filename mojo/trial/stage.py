"""One stage of one batch, from the tables and trial folders before it to its own table."""

from collections.abc import Callable

from mojo.layout import StudyLayout
from mojo.study.frozen import FrozenStudy
from mojo.trial.batch import BatchRun, Status
from mojo.trial.pool import WorkerPool
from mojo.trial.status import Stage


def run_stage(
    pool: WorkerPool,
    layout: StudyLayout,
    frozen: FrozenStudy,
    stage: Stage,
    batch: int,
    on_status: Callable[[Status], None],
    jobs: int = 1,
) -> list[Status]:
    """Run a stage of a batch; trials that are complete are left alone.

    Args:
        pool: The workers.
        layout: The study's files.
        frozen: The study.
        stage: The stage to run.
        batch: The batch.
        on_status: Called with the status of every trial that is finished with the stage.
        jobs: How many jobs like this share the workers.

    Returns:
        The statuses of the batch's trials, for `write_stage_table`.
    """
    from mojo.trial.tables import read_rows, trials_of_design  # loads Arrow, which parsing the Snakefile need not

    if stage == "generate":
        rows = read_rows(layout.table("design", batch))
    else:
        rows = [{"trial": trial} for trial in trials_of_design(layout, batch)]
    return BatchRun(pool, layout, frozen, stage, on_status, jobs).run(rows)
