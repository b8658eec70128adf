"""Stamps: every table of a stage says what it was made from, also where Snakemake has no record of it.

Batches that were run by hand or by a printed script are unknown to Snakemake, so it could not tell that the study has
changed since.
"""

from pathlib import Path

from mojo.layout import StudyLayout
from mojo.study.frozen import FrozenStudy
from mojo.trial.status import STAGES


def outdated(layout: StudyLayout, frozen: FrozenStudy) -> list[Path]:
    """Return the tables that were made for another version of what their stage depends on, or are damaged."""
    tables = [(stage, layout.table_of(stage, batch)) for batch in frozen.batches for stage in STAGES]
    there = [(stage, path) for stage, path in tables if path.exists()]
    if not there:
        return []
    return [path for stage, path in there if not _is_current(path, frozen.digests[stage])]


def _is_current(path: Path, digest: str) -> bool:
    from mojo.trial.tables import read_stamp  # loads Arrow, which a study that begins need not

    try:
        return read_stamp(path) in (digest, None)
    except (ValueError, OSError):  # Arrow's errors for a file that is damaged
        return False
