"""How the trials ran: MuJoCo's warnings, the solver, wall time and machines."""

import polars as pl

from mojo.evidence.health import OFTEN, Health, amiss
from mojo.report.data import StudyData, floats
from mojo.report.figures.histogram import histogram_figure
from mojo.report.numbers import count, duration, share
from mojo.report.page import Plot, Section
from mojo.report.statistics import summarise

MEANING = {
    "CONTACTFULL": "contacts were left out: the arena has no memory for them",
    "CNSTRFULL": "constraints were left out: the arena has no memory for them",
    "INERTIA": "the inertia matrix is close to singular",
    "BADCTRL": "a control was not finite or huge, and MuJoCo took 0 for all of them",
    "BADQPOS": "a position was not finite or huge",
    "BADQVEL": "a velocity was not finite or huge",
    "BADQACC": "an acceleration was not finite or huge",
}
MOST_MACHINES = 50


def section(data: StudyData) -> Section | None:
    """Return what is known of how trials ran, or None where none was run."""
    found = data.findings.health
    if not found.machines:
        return None
    told = len(amiss(data.table, found))
    values = {
        "warnings": [
            {
                "name": one.name,
                "meaning": MEANING.get(one.name, ""),
                "trials": one.trials,
                "events": one.events,
                "counted": one.counted,
                "example": _trial(data, one.example),
            }
            for one in found.warnings
        ],
        "simulates": data.study.get("command") is None,
        "solver": _solver(data, found),
        "often": f"{100 * OFTEN:g}\u00a0%",
        "dropped": found.dropped_posts,
        "time": _wall_time(data),
        "machines": [
            (one.host, one.cpu_model, count(one.trials), duration(one.seconds))
            for one in found.machines[:MOST_MACHINES]
        ],
        "machine_count": len(found.machines),
        "processors": len({one.cpu_model for one in found.machines}),
    }
    summary = f"{told} thing{'' if told == 1 else 's'} amiss" if told else "nothing amiss"
    return Section("health", "Health", "health.html.j2", values, summary)


def _trial(data: StudyData, number: int) -> dict:
    return {"trial": number, "folder": data.link(data.layout.trial(number).folder)}


def _solver(data: StudyData, found: Health) -> dict | None:
    solver = found.solver
    if solver.worst is None:
        return None
    told = {"trials": solver.trials, "often": solver.often, "share": f"{share(100 * solver.share)}\u00a0%"}
    return told | {"worst": _trial(data, solver.worst)}


def _wall_time(data: StudyData) -> dict | None:
    """Return how long trials took, with a histogram where there are several; None where nothing is known."""
    ran = data.table.drop_nulls("wall_seconds")
    seconds = floats(ran["wall_seconds"])
    summary = summarise(seconds)
    if summary is None:
        return None
    low, _, median, _, high = map(duration, summary.quantiles)
    slowest = ran.sort(pl.col("wall_seconds"), descending=True)["trial"][0]
    plot = Plot(
        histogram_figure(seconds, summary, "wall time of a trial", "s"),
        "Wall time of a trial [s]",
        f"Histogram of the wall time of a trial: median {median}, 5 to 95 % from {low} to {high}.",
    )
    told = {
        "median": median,
        "low": low,
        "high": high,
        "most": duration(summary.high),
        "slowest": _trial(data, slowest),
    }
    side_by_side = "engine" in ran.columns and "batch" in ran["engine"].to_list()
    return told | {"plot": plot if summary.drawable else None, "side_by_side": side_by_side}
