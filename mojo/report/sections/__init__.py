"""Sections of the page, one file each: a function from the study's data to a Section.

To add one, write a module with `section(data)`, its template, and a line in `FIRST` or `LAST`; for one that a single
kind of study has, a line in `OF_KIND`.
"""

from collections.abc import Callable

from mojo.report.data import StudyData
from mojo.report.page import Section
from mojo.report.sections import (
    completeness,
    drivers,
    failures,
    films,
    health,
    indices,
    inputs,
    metrics,
    population,
    provenance,
    requirements,
    splits,
    sweep,
    telemetry,
    trials,
    worst,
)

Builders = tuple[Callable[[StudyData], Section | None], ...]


def _search(data: StudyData) -> Section | None:
    from mojo.report.sections import search  # loads Optuna, which other kinds need not wait for

    return search.section(data)


FIRST: Builders = (requirements.section, failures.section, splits.section, completeness.section)
OF_KIND: dict[str, Builders] = {
    "monte-carlo": (),
    "sweep": (sweep.section,),
    "optimize": (_search,),
    "population": (population.section,),
}
LAST: Builders = (
    metrics.section,
    indices.section,
    drivers.section,
    worst.section,
    films.section,
    inputs.section,
    telemetry.section,
    trials.section,
    health.section,
    provenance.section,
)


def build_sections(data: StudyData) -> list[Section]:
    """Return the sections that the study has something to say in."""
    order = (*FIRST, *OF_KIND[data.kind], *LAST)
    return [section for build in order if (section := build(data)) is not None]
