"""From a YAML file and the command line to a valid study, or to all of its problems at once."""

import difflib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from mojo import user_code
from mojo.errors import StudyError, nearest
from mojo.study.base import StudyBase
from mojo.study.command import anchored_command
from mojo.study.keys import NO_GENERATOR
from mojo.study.kinds import KINDS, Study
from mojo.study.problems import sentence

REFERENCES = ("generator", "runtime", "objective")


class _Loader(yaml.SafeLoader):
    """YAML with three traps removed: 1e5 is a number, 1:30:00 is none, and a key that is given twice is an error.

    A key that is a list of words, `[a, b]: ...`, is read as the text "(a, b)".
    """

    MERGE = "tag:yaml.org,2002:merge"  # the key <<, whose mapping is merged in by the base class

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        node.value = [(_flat(key_node), value_node) for key_node, value_node in node.value]
        seen = set()
        for key_node in [key_node for key_node, _ in node.value if key_node.tag != self.MERGE]:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str | int | float) and key in seen:
                raise StudyError(f"line {key_node.start_mark.line + 1}: the key '{key}' is given twice.")
            seen.add(str(key) if isinstance(key, list | dict) else key)
        return super().construct_mapping(node, deep)


_BASE_60 = re.compile(r"^\d+(:\d+)+$")
for _first in "0123456789":  # before YAML 1.1's own numbers of base 60
    _Loader.yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers | {
        _first: [("tag:yaml.org,2002:str", _BASE_60), *_Loader.yaml_implicit_resolvers.get(_first, [])]
    }


def _flat(key: yaml.Node) -> yaml.Node:
    if not isinstance(key, yaml.SequenceNode) or not all(isinstance(item, yaml.ScalarNode) for item in key.value):
        return key
    text = "(" + ", ".join(item.value for item in key.value) + ")"
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, key.start_mark, key.end_mark)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)[eE][-+]?\d+$"),
    list("-+0123456789."),
)


def find_study(path: str | Path, folders: list[Path]) -> Path:
    """Return the study file `path`, relative to the first of `folders` that has it.

    Raises:
        StudyError: There is no such file in any.
    """
    if not path or not isinstance(path, str | Path):
        raise StudyError(f"'{path}' does not name a study file. Give one with --config study=path/to/study.yaml.")
    tried = [(folder / Path(path).expanduser()).absolute() for folder in folders]
    for candidate in tried:
        if candidate.is_file():
            return candidate
    is_folder = tried[0].is_dir()
    folder = tried[0] if is_folder else tried[0].parent
    there = sorted(entry.name for entry in folder.glob("*.y*ml")) if folder.is_dir() else []
    if is_folder:
        has = f" It has: {', '.join(there)}." if there else ""
        raise StudyError(f"'{path}' is a folder; name the study file in it.{has}")
    match = difflib.get_close_matches(Path(path).name, there, n=1)
    hint = f" Did you mean '{match[0]}'?" if match else ""
    places = " and ".join(dict.fromkeys(str(place) for place in tried))
    raise StudyError(f"The study file '{path}' does not exist; it was looked for at {places}.{hint}")


def load_study(path: Path, overrides: Mapping[str, Any] | None = None) -> Study:
    """Return the valid study that the file `path` describes.

    Args:
        path: The YAML file.
        overrides: Top-level keys given on the command line, which win over the file's.

    Returns:
        The study; references to functions and files are absolute, `overrides` is a dict.

    Raises:
        StudyError: With all problems at once.
    """
    raw = {**read_yaml(path), **_given(overrides or {})}
    problems: list[str] = []
    kind = raw.get("kind")
    is_known = isinstance(kind, str) and kind in KINDS
    if not is_known:
        came = "is missing." if "kind" not in raw else f"{kind!r} is not a kind of study.{nearest(str(kind), KINDS)}"
        problems.append(f"kind: {came} There is: {', '.join(KINDS)}.")
    likely = str(kind) if is_known else _likely_kind(raw)
    anchored, anchor_problems = _anchor(raw, path.parent, set(overrides or {}), KINDS[likely])
    problems += anchor_problems
    if raw.get("generator") is None and raw.get("command") is None:
        problems.append(NO_GENERATOR)
    try:
        study = KINDS[likely].model_validate({**anchored, "kind": likely})
    except ValidationError as error:
        problems += [sentence(item, KINDS[likely], likely, raw) for item in error.errors()]
    if problems:
        raise StudyError(_listing(path, problems))
    return study


def _likely_kind(raw: Mapping[str, Any]) -> str:
    """Return the kind that a study without a valid one was probably meant to be, so that its other keys are checked."""
    named = difflib.get_close_matches(str(raw.get("kind")), KINDS, n=1)
    return named[0] if named else max(KINDS, key=lambda kind: len(raw.keys() & KINDS[kind].model_fields))


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping that a YAML file holds.

    Raises:
        StudyError: It cannot be read, is not YAML, or is not a mapping.
    """
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except UnicodeDecodeError as error:
        raise StudyError(f"{path} is not a text file in UTF-8: {error}") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that does not exist
        raise StudyError(f"{path} is not valid YAML: {error}") from error
    except StudyError as error:
        raise StudyError(_listing(path, [str(error)])) from error
    if not isinstance(raw, dict):
        raise StudyError(f"{path} must hold 'key: value' lines, but holds {'nothing' if raw is None else repr(raw)}.")
    return {str(key): value for key, value in raw.items()}


def _given(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys given on the command line as the study file would have read them.

    Snakemake leaves the numbers inside a list or mapping as text: `--config overrides={mass: 1.5}`.
    """
    return {key: _typed(value) if isinstance(value, Mapping | list) else value for key, value in overrides.items()}


def _typed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _typed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_typed(item) for item in value]
    if not isinstance(value, str):
        return value
    loader = _Loader("")
    return loader.construct_object(yaml.ScalarNode(loader.resolve(yaml.ScalarNode, value, (True, False)), value))


def _anchor(
    raw: dict[str, Any], folder: Path, from_command_line: set[str], study_class: type[StudyBase]
) -> tuple[dict[str, Any], list[str]]:
    """Return `raw` with absolute paths, and what went wrong.

    Paths in the file are relative to the file; those on the command line to the working directory.
    """
    found, problems = dict(raw), []

    def base(key: str) -> Path:
        return Path.cwd() if key in from_command_line else folder

    for key in REFERENCES:
        if isinstance(raw.get(key), str):
            try:
                found[key] = user_code.anchored(raw[key], base(key))
            except StudyError as error:
                problems.append(f"{key}: {error}")
    if isinstance(raw.get("requirements"), dict):
        found["requirements"], missing = _anchor_requirements(raw["requirements"], base("requirements"))
        problems += missing
    if isinstance(raw.get("overrides"), str):
        try:
            found["overrides"] = _read_overrides(base("overrides") / raw["overrides"])
        except StudyError as error:
            problems.append(f"overrides: {error}")
    if isinstance(raw.get("inputs"), list):
        found["inputs"], missing = _expand_inputs(raw["inputs"], base("inputs"))
        problems += missing
    if "command" in raw:
        found["command"] = anchored_command(raw["command"], base("command"))
    found, wrong = study_class.anchor(found, base)
    return found, problems + wrong


def _anchor_requirements(requirements: dict[Any, Any], folder: Path) -> tuple[dict[Any, Any], list[str]]:
    """Return the requirements with absolute references to functions, and what went wrong."""
    found, problems = dict(requirements), []
    for name, requirement in requirements.items():
        if isinstance(requirement, Mapping) and isinstance(requirement.get("function"), str):
            try:
                found[name] = {**requirement, "function": user_code.anchored(requirement["function"], folder)}
            except StudyError as error:
                problems.append(f"requirements.{name}.function: {error}")
    return found, problems


def _read_overrides(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise StudyError(f"{path} cannot be read as JSON: {error}.") from error
    if not isinstance(content, dict):
        raise StudyError(f"{path} must hold an object of names and values, but holds {type(content).__name__}.")
    return content


def _expand_inputs(patterns: list[Any], folder: Path) -> tuple[list[str], list[str]]:
    found: list[str] = []
    problems = []
    for pattern in patterns:
        try:
            matches = sorted(path for path in _glob(folder, str(pattern)) if path.is_file())
        except ValueError as error:
            problems.append(f"inputs: '{pattern}' is not a pattern of file names: {error}.")
            continue
        if not matches:
            problems.append(f"inputs: no file matches '{pattern}' in {folder}.")
        found += [str(path.resolve()) for path in matches]
    return found, problems


def _glob(folder: Path, pattern: str) -> list[Path]:
    if Path(pattern).is_absolute():
        return list(Path("/").glob(pattern.lstrip("/")))
    return list(folder.glob(pattern))


def _listing(path: Path, problems: list[str]) -> str:
    shown = path
    if path.is_relative_to(Path.cwd()):
        shown = path.relative_to(Path.cwd())
    problems = list(dict.fromkeys(problems))
    count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    return f"{shown}: {count}\n" + "\n".join(f"  {problem}" for problem in problems)
