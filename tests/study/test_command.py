"""Commands: words, places and files of a command line, and what a study file may say of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from mojo.errors import StudyError
from mojo.study.base import StudyBase
from mojo.study.command import Command, fill, places_in
from mojo.study.loading import load_study

STUDY = {
    "name": "s",
    "kind": "sweep",
    "command": ["{python}", "train.py", "--gain={gain}"],
    "experiments": [{"name": "a", "grid": {"gain": [1, 2]}}],
}
Load = Callable[..., StudyBase]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Return a function that loads the study with some keys changed; train.py stands beside it."""
    (tmp_path / "train.py").touch()

    def read(**changes: Any) -> StudyBase:
        file = tmp_path / "s.yaml"
        file.write_text(yaml.safe_dump({key: value for key, value in (STUDY | changes).items() if value is not None}))
        return load_study(file)

    return read


def run_of(study: StudyBase) -> list[str]:
    assert study.command is not None
    return study.command.run


def test_a_text_is_split_into_words_as_a_shell_would_and_nothing_is_expanded():
    command = Command.model_validate({"run": "train 'two words' $HOME *.py {gain} ; rm -rf /"})
    assert command.run == ["train", "two words", "$HOME", "*.py", "{gain}", ";", "rm", "-rf", "/"]


def test_places_are_names_in_braces_and_doubled_braces_are_characters():
    assert places_in('{{"gain": {gain}, "seed": {seed}}}') == ["gain", "seed"]
    assert fill('{{"gain": {gain}}}', {"gain": "3"}) == '{"gain": 3}'


def test_a_value_that_looks_like_a_place_is_not_filled_again():
    assert fill("{a}{b}", {"a": "{b}", "b": "x"}) == "{b}x"


def test_a_file_beside_the_study_becomes_absolute_and_a_change_of_it_counts(load: Load, tmp_path: Path):
    study = load()
    assert run_of(study)[1] == str(tmp_path / "train.py")
    assert study.command is not None
    assert study.command.files() == [str(tmp_path / "train.py")]


def test_a_word_too_long_for_a_file_is_none(load: Load):
    words = ["{python}", "-c", "pass\n" * 2000 + "# ./", "{gain}"]
    assert run_of(load(command=words)) == words


def test_a_word_without_dot_or_slash_is_no_file(load: Load, tmp_path: Path):
    (tmp_path / "run").touch()
    assert run_of(load(command=["tool", "run", "--gain={gain}"])) == ["tool", "run", "--gain={gain}"]


def test_what_decides_on_the_results_is_the_same_wherever_the_study_lies(load: Load, tmp_path: Path):
    command = load().command
    assert command is not None
    assert command.decides() == [["{python}", "train.py", "--gain={gain}"], {}]
    assert command.decides() == command.model_copy(update={"cpus": 4, "pause": 2.0}).decides()


def test_numbers_need_no_quotes():
    found = Command.model_validate({"run": ["train", "--steps", 100], "environment": {"RATE": 0.5}})
    assert (found.run[-1], found.environment) == ("100", {"RATE": "0.5"})


def test_cores_and_a_limit_decide_how_many_run_at_once(load: Load):
    run = STUDY["command"]
    assert load(command={"run": run, "cpus": 4}).most_at_once(cores=10) == 2
    assert load(command={"run": run, "at_most": 3}).most_at_once(cores=10) == 3
    assert load(command={"run": run, "cpus": 16}).most_at_once(cores=10) == 1


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown place": (
        {"command": ["train", "{gian}"]},
        "command.run: Place '{gian}' is not in use. Did you mean '{gain}'? It has: {experiment}, {gain}, {name}",
    ),
    "an unknown place of a variable": (
        {"command": {"run": ["train"], "environment": {"X": "{nothing}"}}},
        "command.environment.X: Place '{nothing}'",
    ),
    "a brace alone": ({"command": ["train", "{gain"]}, "'{gain' has a brace without a partner"),
    "no words": ({"command": []}, "command: must name a program, but has no words"),
    "quotes that do not close": ({"command": "train 'x"}, "command: no closing quotation"),
    "neither words nor text": ({"command": {"run": 5}}, "command.run: input should be a valid list"),
    "no run": ({"command": {"cpus": 2}}, "command.run: is missing"),
    "a wrong key": ({"command": {"run": ["x"], "gpu": 1}}, "command.gpu: is not a key here"),
    "a program text with a place": (
        {"command": ["bash", "-c", "train --gain {gain}"]},
        "a value in the program text 'train --gain {gain}' could end its place and be run",
    ),
    "a Python text with a place": ({"command": ["{python}", "-c", "print({gain})"]}, "could end its place and be run"),
    "a variable that is none": (
        {"command": {"run": ["train"], "environment": {"A B": "x"}}},
        "'A B' cannot name an environment variable",
    ),
    "a generator too": ({"generator": "train.py:generate"}, "`generator` and `command` exclude each other"),
    "signals": ({"signals": ["Joints/*"]}, "`signals` and `command` exclude each other"),
    "a requirement on a signal": (
        {"requirements": {"r": {"signal": "Joints/x", "max": 1}}},
        "the requirement 'r' of a command must judge a metric",
    ),
    "a requirement without a score": (
        {"command": {"run": ["x"], "score": False}, "requirements": {"r": {"metric": "objective", "max": 1}}},
        "the requirement 'r' judges a metric, but command.score is false",
    ),
    "nothing that makes a trial": ({"command": None}, "generator: is missing; a study needs it, or a `command`"),
}


@pytest.mark.parametrize(("changes", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told(load: Load, changes: dict[str, Any], message: str):
    with pytest.raises(StudyError) as caught:
        load(**changes)
    assert message in str(caught.value)
    assert ": 1 problem\n" in str(caught.value)


def test_a_program_text_may_have_its_values_as_arguments():
    words = ["bash", "-c", 'train --gain "$1"', "bash", "{gain}"]
    assert Command.model_validate({"run": words}).run == words


def test_a_word_with_nul_is_refused():
    with pytest.raises(ValidationError, match="cannot hold the character NUL"):
        Command.model_validate({"run": ["train", "a\0b"]})
