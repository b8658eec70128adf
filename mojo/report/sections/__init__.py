"""Sections of the page, one file each: a function from the study's data to a Section.

To add one, write a module with `section(data)`, its template, and a line in `ORDER`.
"""

from collections.abc import Callable

from mojo.report.data import StudyData
from mojo.report.page import Section
from mojo.report.sections import completeness, failures, inputs, metrics, provenance, requirements, telemetry, trials

ORDER: tuple[Callable[[StudyData], Section | None], ...] = (
    requirements.section,
    failures.section,
    completeness.section,
    metrics.section,
    inputs.section,
    telemetry.section,
    trials.section,
    provenance.section,
)


def build_sections(data: StudyData) -> list[Section]:
    """Return the sections that the study has something to say in."""
    return [section for build in ORDER if (section := build(data)) is not None]
