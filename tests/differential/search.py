"""Searches for a study that fails, and makes it small."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.differential import user_code
from tests.differential.compare import differences
from tests.differential.studies import CODE, studies

_FRESH = 10  # studies, after which Hypothesis would go on to vary those that it has
_CODE_FILE = Path(user_code.__file__).name


@dataclass
class Found:
    """What a search has found.

    Attributes:
        study: The smallest study that fails; None if none does.
        lines: In what it fails.
        tally: How many studies were run, and how.
    """

    study: dict[str, Any] | None = None
    lines: list[str] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)


def search(seed_: int, count: int, shrink: bool = True) -> Found:
    """Run `count` random studies, fewer if one fails; the same for the same seed."""
    found = Found()
    for first in range(0, count, _FRESH):
        _search(found, count * seed_ + first, min(_FRESH, count - first), shrink)
        if found.study is not None:
            break
    return found


def _search(found: Found, seed_: int, count: int, shrink: bool) -> None:
    @seed(seed_)
    @settings(
        max_examples=count,
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(studies())
    def agree(study: dict[str, Any]) -> None:
        report = differences(study)
        if found.study is None:
            engine = report.engine.partition(",")[0]
            found.tally += Counter(["studies", engine] + ["sensitive trials"] * report.sensitive)
        if report:
            found.study, found.lines = study, list(report)
        assert not report

    try:
        agree()
    except AssertionError:
        assert found.study is not None


def written(study: dict[str, Any], lines: list[str]) -> str:
    """Return a study as the text of a study file, whose code is a copy of user_code.py beside it."""
    head = ["The engines differ in this study, or differ from MuJoCo itself:", *lines]
    comment = "".join(f"# {line}\n" for text in head for line in text.splitlines())
    return comment + yaml.safe_dump(study, sort_keys=False, width=120).replace(CODE, _CODE_FILE)


def save(study: dict[str, Any], lines: list[str], folder: Path) -> Path:
    """Write a study and its code into a folder, so that anybody can run it, and return the study file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _CODE_FILE).write_text(Path(user_code.__file__).read_text())
    file = folder / "study.yaml"
    # The functions of loads are found by an absolute path, since config.json names them for other processes.
    file.write_text(
        written(study, lines).replace(f"function: {_CODE_FILE}", f"function: {folder.resolve()}/{_CODE_FILE}")
    )
    return file


def saved(file: Path) -> dict[str, Any]:
    """Return the study that `save` has written, with this package's own code."""
    text = file.read_text().replace(f"{file.resolve().parent}/{_CODE_FILE}", CODE).replace(_CODE_FILE, CODE)
    return yaml.safe_load(text)
