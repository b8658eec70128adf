"""Write the report of a study."""

from mojo.files import write_json, write_text
from mojo.layout import StudyLayout
from mojo.report.data import gather
from mojo.report.page import environment, render
from mojo.report.sections import build_sections
from mojo.report.statement import heading
from mojo.report.trial_page import PageWriter


def get_ready() -> None:
    """Read the templates of pages, so that a report that is asked for later need not wait for it."""
    for name in environment().list_templates(extensions=["j2"]):
        environment().get_template(name)


def write_report(layout: StudyLayout) -> None:
    """Write report.html of the results folder `layout`, one file that opens offline, evidence.json and trials' pages.

    Raises:
        TrialError: The study has not been frozen, or its trials have not been joined.
    """
    data = gather(layout)
    write_json(layout.evidence, data.findings.plain())
    PageWriter(data).write_all()
    write_text(layout.report, render(heading(data), build_sections(data)))
