"""How many of the planned trials there are, and how they ended."""

from mojo.columns import UNSUCCESSFUL
from mojo.report.data import StudyData
from mojo.report.numbers import count
from mojo.report.page import Section

MEANING = {
    "success": "ran to the end and was scored",
    "failed": "a function of the study raised an exception",
    "diverged": "the simulation blew up; the same inputs will do so again",
    "invalid": "MuJoCo left physics out, or was given what is not finite; the same inputs will do so again",
    "timeout": "took longer than the study allows",
    "crashed": "the process died",
    "skipped": "generated only: the study has no runtime",
    "missing": "planned, and not run yet",
}


def _ended_early(data: StudyData) -> list[tuple[str, int]]:
    """Return what ended trials before their time, and how many, the most frequent first."""
    if not data.has("ended_by"):
        return []
    found = data.table["ended_by"].drop_nulls().value_counts(sort=True)
    return list(found.iter_rows())


def section(data: StudyData) -> Section:
    """Return the count of trials by outcome, with what each outcome means."""
    counts = data.counts | {"missing": len(data.missing)}
    planned = max(data.planned, 1)
    rows = [
        {
            "outcome": outcome,
            "count": counts[outcome],
            "share": f"{100 * counts[outcome] / planned:.3g} %",
            "meaning": meaning,
            "bad": outcome in UNSUCCESSFUL,
        }
        for outcome, meaning in MEANING.items()
        if counts[outcome]
    ]
    values = {
        "planned": data.planned,
        "rows": rows,
        "absent": ", ".join(outcome for outcome in MEANING if not counts[outcome]),
        "missing": data.missing,
        "early": _ended_early(data),
    }
    return Section(
        "completeness", "Completeness", "completeness.html.j2", values, f"{count(data.counts['success'])} succeeded"
    )
