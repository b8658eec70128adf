"""From sections to one HTML file that fetches nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from mojo.report import numbers
from mojo.report.figures.theme import Figure

_TEMPLATES = jinja2.PackageLoader("mojo.report", "templates")

SCRIPTS_AND_STYLES = ("report.css", "links.js", "figures.js", "table.js", "tabs.js", "report.js")
TABS = {
    "Overview": ("requirements", "failures", "splits", "completeness"),
    "Search": ("search", "population"),
    "Cells": ("sweep",),
    "Metrics": ("metrics",),
    "Drivers": ("drivers", "indices", "inputs"),
    "Worst trials": ("worst", "films"),
    "Signals": ("telemetry",),
    "All trials": ("trials",),
    "Health": ("health",),
    "Origin": ("provenance",),
}
"""Tabs, and the sections in each. A section that stands nowhere gets a tab of its own, named by its title."""


@dataclass(frozen=True)
class Plot:
    """A figure with the words around it; it is drawn when it is scrolled into view."""

    figure: Figure
    title: str
    description: str
    """What it shows, for those who cannot see it."""
    note: str = ""

    @property
    def height(self) -> int:
        return int(self.figure.layout["height"])

    @property
    def json(self) -> Markup:
        return script_json(self.figure.to_json())


@dataclass(frozen=True)
class Section:
    """One part of the page: a heading, and a template with its values."""

    id: str
    title: str
    template: str
    """File under mojo/report/templates."""
    values: Mapping[str, Any] = field(default_factory=dict)
    summary: str = ""
    """A few words beside the heading."""


@dataclass(frozen=True)
class Heading:
    """What the page says first."""

    study: str
    kind: str
    statement: str
    tone: str
    """"good", "bad", or "" where there is no news of either."""
    details: Sequence[str]
    """Facts that a reader asks for next."""
    shares: Sequence[tuple[str, int]]
    """Outcome and number of trials, for the stripe under the statement."""
    first_folder: str
    """Link to trial 0; those to the others differ in the digits."""
    pages: Sequence[int] = ()
    """Trials that have a page in their folder."""


@dataclass(frozen=True)
class Tab:
    """Sections that are seen together."""

    title: str
    sections: Sequence[Section]


def tabs_of(sections: Sequence[Section]) -> list[Tab]:
    """Return the tabs that have sections: those of TABS in that order, then the others."""
    titles = {id: title for title, ids in TABS.items() for id in ids}
    found: dict[str, list[Section]] = {title: [] for title in TABS}
    for section in sections:
        found.setdefault(titles.get(section.id, section.title), []).append(section)
    return [Tab(title, members) for title, members in found.items() if members]


def script_json(text: str) -> Markup:
    """Return JSON that may stand inside a <script>: nothing in it can end the element."""
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


@cache
def environment() -> jinja2.Environment:
    """Return what turns templates into pages; there is one, which compiles each template once."""
    found = jinja2.Environment(
        loader=_TEMPLATES, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.filters |= {
        "count": numbers.count,
        "counted": numbers.counted,
        "duration": numbers.duration,
        "ranges": numbers.ranges,
        "listed": numbers.listed,
    }
    return found


def sources(*names: str) -> dict[str, Markup]:
    """Return style and script files as they are: they are ours, and no templates."""
    return {name: Markup(_TEMPLATES.get_source(environment(), name)[0]) for name in names}


def plotly_js() -> Markup:
    """Return the script that draws figures."""
    path = resources.files("mojo.report") / "vendor" / "plotly-cartesian.min.js"
    return Markup(path.read_text(encoding="utf-8"))


def render(heading: Heading, sections: Sequence[Section]) -> str:
    """Return the page."""
    files = sources(*SCRIPTS_AND_STYLES)
    return (
        environment()
        .get_template("page.html.j2")
        .render(heading=heading, tabs=tabs_of(sections), files=files, plotly=plotly_js())
    )
