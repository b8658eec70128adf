"""One trial of a study, as its page and the report show it."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from mojo.files import read_json
from mojo.layout import TrialLayout
from mojo.report.data import StudyData
from mojo.report.trial_inputs import Input
from mojo.trial.status import read_status

FILM_TYPES = {".mp4": "video/mp4", ".webm": "video/webm", ".gif": "image/gif", ".png": "image/png"}


@dataclass(frozen=True)
class OneTrial:
    """One trial of a study."""

    data: StudyData
    row: Mapping[str, Any]
    """Its row in the joined table."""
    inputs: Sequence[Input]

    @property
    def number(self) -> int:
        return int(self.row["trial"])

    @property
    def layout(self) -> TrialLayout:
        return self.data.layout.trial(self.number)

    @property
    def status(self) -> dict[str, Any]:
        return read_status(self.layout)

    @property
    def films(self) -> list[dict[str, Any]]:
        """The films that were made of it: name, link from its page, whether it moves, poster."""
        made = read_json(self.layout.films) if self.layout.films.is_file() else {}
        return [
            {
                "name": name,
                "link": quote(file),
                "is_video": FILM_TYPES[suffix].startswith("video/"),
                "poster": quote(film["poster"]) if film.get("poster") else None,
            }
            for name, film in made.items()
            for file in film.get("files", [])
            if (suffix := PurePath(file).suffix) in FILM_TYPES and (self.layout.folder / file).is_file()
        ]

    @property
    def film_files(self) -> list[str]:
        """The names of the files that were made of it as films, posters and snapshots."""
        made = read_json(self.layout.films) if self.layout.films.is_file() else {}
        return [
            file for film in made.values() for file in [*film.get("files", []), film.get("poster")] if file is not None
        ]

    @property
    def replay(self) -> str:
        """The command that runs it again."""
        return f"python -m mojo replay {shlex.quote(str(self.data.layout.root))} {self.number}"
