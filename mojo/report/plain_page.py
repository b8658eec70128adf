"""Pages beside the report: of a trial, of a comparison. A heading, and sections one below the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from mojo.report.page import Section, environment, plotly_js, sources


@dataclass(frozen=True)
class PlainHeading:
    """What the page says first."""

    name: str
    """What it is about."""
    statement: str
    tone: str
    """"good", "bad", or "" where there is no news of either."""
    details: Sequence[str]
    home: str = ""
    """Link to the study's report, "" for none."""
    plotly: str = ""
    """Link to the script that draws figures; "" puts it into the page."""


def render_plain(heading: PlainHeading, sections: Sequence[Section]) -> str:
    """Return the page."""
    files = sources("report.css", "figures.js", "filter.js")
    plotly = "" if heading.plotly else plotly_js()
    template = environment().get_template("plain.html.j2")
    return template.render(heading=heading, sections=sections, files=files, plotly=plotly)
