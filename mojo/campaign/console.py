"""What a person sees of a run: mojo's lines instead of several of Snakemake's for every job."""

import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from snakemake_interface_logger_plugins.common import LogEvent

from mojo.errors import MojoError
from mojo.study.kinds import Study

_PER_JOB = {LogEvent.JOB_INFO, LogEvent.JOB_FINISHED, LogEvent.PROGRESS, LogEvent.RESOURCES_INFO}
_PER_ROUND = ("Select jobs to execute", "Execute ", "Using shell")


def say(text: str) -> None:
    """Print a line for the user, apart from the output of programs that read stdout."""
    print(f"mojo: {text}", file=sys.stderr, flush=True)


@contextmanager
def ending_the_run() -> Iterator[None]:
    """End the process when the block fails: with a message where the user can mend it, else with a traceback.

    Snakemake takes an exception for an input that cannot be made, and may go on with what is there.
    """
    try:
        yield
    except MojoError as error:
        say(f"error: {error}")
        raise SystemExit(1) from error
    except Exception as error:
        traceback.print_exc()
        raise SystemExit(1) from error


class _FewerLines(logging.Filter):
    """Leaves out what Snakemake says of every job that goes well; a dry run keeps it, since it is its answer."""

    def __init__(self, is_dry_run: Callable[[], bool]) -> None:
        super().__init__()
        self._is_dry_run = is_dry_run

    def filter(self, record: logging.LogRecord) -> bool:
        chatter = getattr(record, "event", None) in _PER_JOB or str(record.msg).startswith(_PER_ROUND)
        return not chatter or self._is_dry_run()


def quieten(is_dry_run: Callable[[], bool]) -> None:
    """Leave out Snakemake's lines about single jobs, for which mojo draws one line of progress."""
    logging.getLogger("snakemake.logging").addFilter(_FewerLines(is_dry_run))


def tell_unread_keys(study: Study, executor: str) -> None:
    """Say that what a study asks of SLURM is asked by mojo's own executor alone."""
    if study.slurm.model_fields_set and executor not in ("local", "mojo-slurm"):
        say(f"the study's key slurm is not read by the executor {executor}: set its values in the profile")
