"""Films: what was filmed, to be looked at in the page, and what could not be."""

import base64
from pathlib import Path
from typing import Any

from mojo.files import read_json
from mojo.report.data import StudyData
from mojo.report.numbers import counted
from mojo.report.one_trial import FILM_TYPES
from mojo.report.page import Section
from mojo.study.films import Films

INLINE_BYTES = 400_000  # of films that travel with the page; the others are links into the trials' folders
MAX_SHOWN = 24


def section(data: StudyData) -> Section | None:
    """Return the films, those of trials that ended badly first, then by trial; None where none was asked for."""
    if not Films.model_validate(data.study.get("films")).asked or not data.layout.films.is_file():
        return None
    told = read_json(data.layout.films)
    made = {int(number): films for number, films in told["trials"].items()}
    if not told["problem"] and not made:
        return None
    outcomes = dict(data.table.select("trial", "outcome").iter_rows())
    order = sorted(made, key=lambda trial: (outcomes.get(trial) == "success", trial))
    shown, budget = list[dict[str, Any]](), INLINE_BYTES
    for trial in order:
        for name, film in made[trial].items():
            for path in _files(data, trial, film):
                size = path.stat().st_size
                inline = size <= budget
                budget -= size if inline else 0
                one = _shown(data, trial, outcomes.get(trial), name, path, inline)
                shown.append(one | (_poster(data, trial, film) if len(shown) < MAX_SHOWN else {}))
    values = {
        "problem": told["problem"],
        "films": shown[:MAX_SHOWN],
        "others": shown[MAX_SHOWN:],
        "failed": [
            {"trial": trial, "log": data.link(data.layout.trial(trial).log), "name": name, "error": film["error"]}
            for trial in order
            for name, film in made[trial].items()
            if "error" in film
        ],
    }
    return Section("films", "Films", "films.html.j2", values, counted(len(shown), "film"))


def _poster(data: StudyData, trial: int, film: dict[str, Any]) -> dict[str, Any]:
    """Return the picture that stands for a film until it plays, which travels with the page."""
    path = data.layout.trial(trial).folder / film["poster"] if film.get("poster") else None
    return {"poster": _inline(path, "image/jpeg") if path is not None and path.is_file() else None}


def _inline(path: Path, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _files(data: StudyData, trial: int, film: dict[str, Any]) -> list[Path]:
    folder = data.layout.trial(trial).folder
    return [folder / name for name in film.get("files", []) if (folder / name).is_file()]


def _shown(data: StudyData, trial: int, outcome: str | None, name: str, path: Path, inline: bool) -> dict[str, Any]:
    kind, link = FILM_TYPES[path.suffix], data.link(path)
    source = _inline(path, kind) if inline else link
    return {
        "trial": trial,
        "outcome": outcome or "",
        "name": name,
        "folder": data.link(data.layout.trial(trial).folder),
        "link": link,
        "source": source,
        "is_video": kind.startswith("video/"),
    }
