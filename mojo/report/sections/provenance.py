"""Where the results come from, and the study as it was frozen."""

from typing import Any

import yaml

from mojo.report.data import StudyData
from mojo.report.numbers import listed
from mojo.report.page import Section


def section(data: StudyData) -> Section:
    """Return versions, commit, machine, command, seed and times, and the frozen study as YAML."""
    origin = data.provenance
    values = {
        "rows": [row for row in _rows(data, origin) if row[1]],
        "versions": sorted(origin.get("versions", {}).items()),
        "study": yaml.safe_dump(data.study, sort_keys=False, allow_unicode=True, width=100),
        "files": [
            (path.name, data.link(path), meaning)
            for path, meaning in (
                (data.layout.study, "the study as frozen"),
                (data.layout.trials_table, "every column of every trial"),
                (data.layout.requirements, "the installed packages"),
            )
            if path.is_file()
        ],
    }
    return Section("provenance", "Provenance", "provenance.html.j2", values)


def _rows(data: StudyData, origin: dict[str, Any]) -> list[tuple[str, str]]:
    machine = origin.get("machine", {})
    hosts = data.table["host"].drop_nulls().unique().sort().to_list() if "host" in data.table.columns else []
    return [
        ("Command", str(origin.get("command", ""))),
        ("Seed", str(data.study.get("seed", ""))),
        ("Commit", _commit(origin.get("git"))),
        ("Study frozen", str(origin.get("created", "")).replace("T", " ")),
        ("Trials joined", f"{data.gathered:%Y-%m-%d %H:%M:%S}+00:00"),
        ("Machine", ", ".join(_machine(machine))),
        ("Trials ran on", listed(hosts)),
        ("Warning", _mixed_processors(data)),
    ]


def _mixed_processors(data: StudyData) -> str:
    """Return a warning where trials ran on processors of several models, "" elsewhere."""
    models = data.table["cpu_model"].drop_nulls().unique().sort().to_list() if "cpu_model" in data.table.columns else []
    if len(models) < 2:
        return ""
    return f"The trials ran on processors of {len(models)} models, whose last digits may differ: {listed(models)}"


def _commit(git: dict[str, Any] | None) -> str:
    if git is None:
        return "the study file is in no git repository"
    state = "with changes that were not committed" if git.get("dirty") else "with nothing uncommitted"
    return f"{git.get('commit')}, {state}"


def _machine(machine: dict[str, Any]) -> list[str]:
    cores = machine.get("cores")
    parts = [
        machine.get("host"),
        machine.get("cpu_model"),
        f"{cores} cores" if cores else None,
        machine.get("platform"),
    ]
    return [str(part) for part in parts if part]
