"""Sections of a trial's page: functions from one trial to a Section, like those of the report."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np
import polars as pl

from mojo.columns import value_column, verdict_column
from mojo.evidence.words import asked, percent
from mojo.report.data import floats, is_number
from mojo.report.figures import theme
from mojo.report.figures.traces import traces_figure
from mojo.report.numbers import counted, duration, measured, shortened, significant, unbroken, with_unit
from mojo.report.one_trial import OneTrial
from mojo.report.page import Plot, Section
from mojo.report.single import POINTS, Trace, read_single
from mojo.report.trial_inputs import FEW, in_words
from mojo.trial.posts import dropped_posts
from mojo.trial.status import STAGES
from mojo.trial.user_files import WHO, user_files

LOG_BYTES = 60_000
MOST_FILES = 100  # of the user's that are listed


def _requirements(trial: OneTrial) -> Section | None:
    verdicts = trial.data.verdicts
    rows = []
    for verdict in verdicts:
        passed = trial.row.get(verdict_column(verdict.name))
        value = trial.row.get(value_column(verdict.name))
        words = {True: "passed", False: "not passed", None: "not judged"}[passed]
        tone = {True: "met", False: "unmet", None: "open"}[passed]
        unit = getattr(verdict.requirement, "unit", "")
        shown = measured(value, unit)
        what = unbroken(asked(verdict.requirement), unit)
        rows.append({"name": verdict.name, "asked": what, "value": shown, "words": words, "tone": tone})
    passed_count = sum(row["tone"] == "met" for row in rows)
    summary = f"{passed_count} of {len(rows)} passed"
    return (
        Section("requirements", "Requirements", "trial/requirements.html.j2", {"rows": rows}, summary) if rows else None
    )


def _metrics(trial: OneTrial) -> Section | None:
    names = [name for name in trial.data.scores if trial.row.get(name) is not None]
    rows = [
        {"name": name, "value": in_words(trial.row[name]), "unit": trial.data.unit(name), "place": _place(trial, name)}
        for name in names
    ]
    note = {"rows": rows, "trials": trial.data.sampled.height}
    return Section("metrics", "Metrics", "trial/metrics.html.j2", note) if rows else None


def _place(trial: OneTrial, name: str) -> dict[str, Any] | None:
    """Return where a metric lies among those of all trials, as a share and in words."""
    column, value = trial.data.sampled[name], trial.row[name]
    if not is_number(column) or column.dtype == pl.Boolean or value is None:
        return None
    values = floats(column.drop_nulls())
    values = values[~np.isnan(values)]
    if values.size < FEW or np.isnan(value) or values.min() == values.max():
        return None
    below, equal = float(np.mean(values < value)), float(np.mean(values == value))
    if value >= values.max():
        words = "the highest" if value > values.max() or equal * values.size == 1 else "among the highest"
    elif value <= values.min():
        words = "the lowest" if value < values.min() or equal * values.size == 1 else "among the lowest"
    else:
        words = f"above {percent(below)} of trials"
    return {"share": below + equal / 2, "words": words}


def _inputs(trial: OneTrial) -> Section | None:
    if not trial.inputs:
        return None
    values = {"rows": trial.inputs, "ranked": any(row.among_trials for row in trial.inputs)}
    return Section("inputs", "Inputs", "trial/inputs.html.j2", values, counted(len(trial.inputs), "value"))


def _films(trial: OneTrial) -> Section | None:
    films = trial.films
    return Section("films", "Film", "trial/films.html.j2", {"films": films, "trial": trial.number}) if films else None


def _signals(trial: OneTrial) -> Section:
    single = read_single(trial.layout.telemetry)
    ended = trial.row.get("ended_at")
    plots = [_plot(group, [] if ended is None else [ended]) for group in single.groups]
    values = {"plots": plots, "single": single, "reduced": single.rows > POINTS, "points": POINTS, "ended": ended}
    return Section("signals", "Signals", "trial/signals.html.j2", values, counted(single.signals, "signal"))


def _plot(group: Sequence[Trace], marks: Sequence[float]) -> Plot:
    signal = group[0].signal
    name = signal.name.rpartition(":")[0] if len(group) > 1 else signal.name
    lines = [(trace.component, trace.times, trace.values) for trace in group]
    figure = traces_figure(lines, theme.plain(signal.unit or "", 20), marks, signal.steps)
    return Plot(figure, with_unit(name, signal.unit), f"{shortened(name)} over time.", "; ".join(signal.notes))


def _events(trial: OneTrial) -> Section:
    """Return how each stage went, and what MuJoCo warned of."""
    status = trial.status
    stages = [(stage, status[stage]) for stage in STAGES if stage in status]
    values = {
        "stages": [
            {
                "stage": stage,
                "outcome": record.get("outcome") or "done",
                "error": record.get("error"),
                "seconds": duration(record.get("wall_seconds", record.get("seconds"))),
                "runs": status.get("runs", {}).get(stage, 0),
            }
            for stage, record in stages
        ],
        "reasons": any(record.get("error") for _, record in stages),
        "facts": [(word, value) for word, value in [*_facts(trial.row), *_posts(trial)] if value],
    }
    return Section("events", "What happened", "trial/events.html.j2", values, str(trial.row["outcome"]))


def _facts(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    ended = f"by “{row['ended_by']}” at {significant(row['ended_at'], 5)} s" if row.get("ended_by") else ""
    cap = f"in {counted(row['solver_at_cap'], 'step')}" if row.get("solver_at_cap") else ""
    return [
        ("Ended early", ended),
        ("MuJoCo warnings", row.get("warnings") or ""),
        ("Solver at its iteration cap", cap),
        ("Simulated", f"{significant(row['simulated_seconds'], 5)} s" if row.get("simulated_seconds") else ""),
        ("Steps", in_words(row["steps"]) if row.get("steps") else ""),
        ("Engine", row.get("engine") or ""),
        ("Ran on", ", ".join(filter(None, [row.get("host"), row.get("cpu_model")]))),
        ("Seed", str(row.get("seed", ""))),
        ("Went on from trial", in_words(row["parent"]) if row.get("parent") is not None else ""),
    ]


def _posts(trial: OneTrial) -> list[tuple[str, str]]:
    told = dropped_posts(trial.status.get("simulate", {}), int(trial.data.study.get("record_decimation", 1)))
    return [("Posts in no row", sentence) for sentence in told]


def _log(trial: OneTrial) -> Section | None:
    path = trial.layout.log
    if not path.is_file():
        return None
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - LOG_BYTES))
        text = file.read().decode(errors="replace")
    return Section("log", "Log", "trial/log.html.j2", {"text": text, "cut": size > LOG_BYTES, "link": path.name})


def _files(trial: OneTrial) -> Section:
    of = trial.layout
    known = [
        (of.model, "the model that was simulated; loads with mujoco.MjModel.from_xml_path"),
        (of.config, "everything that the generator made"),
        (of.named_values, "every named value with unit and source"),
        (of.user_data, "what the runtime handed on to the functions that judge"),
        (of.telemetry, "the recorded signals"),
        (of.status, "how each stage ended"),
        (of.metrics, "the score that the command left"),
        (of.log, "all that the trial printed"),
    ]
    files = [(quote(path.name), path.name, meaning) for path, meaning in known if path.is_file()]
    others = user_files(of, [name for _, name, _ in files] + trial.film_files)
    files += [(quote(name), name, _left_by(trial, name)) for name in others[:MOST_FILES]]
    more = max(0, len(others) - MOST_FILES)
    replay = trial.replay if of.model.is_file() and of.telemetry.is_file() else ""
    return Section(
        "files",
        "Files",
        "trial/files.html.j2",
        {"files": files, "more": more, "replay": replay, "folder": str(of.folder)},
    )


def _left_by(trial: OneTrial, name: str) -> str:
    """Return who left a file that is not mojo's own."""
    stages = [stage for stage in STAGES if name in trial.status.get(stage, {}).get("files", ())]
    return f"left by the {WHO[stages[-1]]}" if stages else "in the folder"


BUILDERS: tuple[Callable[[OneTrial], Section | None], ...] = (
    _requirements,
    _metrics,
    _inputs,
    _films,
    _signals,
    _events,
    _log,
    _files,
)


def build_trial_sections(trial: OneTrial) -> list[Section]:
    """Return the sections that the trial has something to say in; for one without success, what happened is first."""
    found = [section for build in BUILDERS if (section := build(trial)) is not None]
    if trial.row["outcome"] == "success":
        return found
    return sorted(found, key=lambda section: section.id not in ("events", "log"))
