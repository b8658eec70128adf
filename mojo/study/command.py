"""Commands: any program as a trial, its command line with places for the trial's values."""

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

OWN_PLACES = ("seed", "trial", "trial_dir", "study_dir", "python")
_PLACE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_SHELL = re.compile(r"(ba|da|z|k|c|tc|fi)?sh|python[\d.]*")
_TAKES_A_PROGRAM = re.compile(r"-[a-z]*c")


def places_in(text: str) -> list[str]:
    """Return the names of the places in `text`, which stand in braces; doubled braces are none.

    Raises:
        ValueError: A brace has no partner.
    """
    found = []
    for match in _PLACE.finditer(text):
        if match[0] in ("{", "}"):
            raise ValueError(f"'{text}' has a brace without a partner; for the character itself, write it twice")
        if match[1] is not None:
            found.append(match[1])
    return found


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with each place filled; whatever a value holds stays within the text."""
    return _PLACE.sub(lambda match: match[0][0] if match[1] is None else values[match[1]], text)


def _words(run: Any) -> Any:
    """Return a command line as a list of its words; quotes in a text group words as in a shell, and do nothing else."""
    if isinstance(run, str):
        return shlex.split(run)
    if isinstance(run, list):
        return [str(word) if isinstance(word, int | float) and not isinstance(word, bool) else word for word in run]
    return run


def _checked(run: list[str]) -> list[str]:
    if not run:
        raise ValueError("must name a program, but has no words")
    for word in run:
        if "\0" in word:
            raise ValueError("a word of a command cannot hold the character NUL")
        places_in(word)
    for number, word in enumerate(run[2:], start=2):
        before = run[: number - 1]
        runs_text = any(_SHELL.fullmatch(PurePath(name).name.strip("{}")) for name in before)
        if places_in(word) and runs_text and _TAKES_A_PROGRAM.fullmatch(run[number - 1]):
            raise ValueError(
                f"a value in the program text '{word}' could end its place and be run; hand it over as an argument: "
                "[bash, -c, 'train --gain \"$1\"', bash, '{gain}']"
            )
    return run


def _variable(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError(f"'{name}' cannot name an environment variable: letters, digits and '_', the first no digit")
    return name


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


CommandLine = Annotated[
    list[str], BeforeValidator(_words, json_schema_input_type=list[str] | str), AfterValidator(_checked)
]


class Command(BaseModel):
    """A program that is run as a trial, in the trial's folder; its exit code is the outcome, and 0 is success."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="command", defer_build=True)

    run: CommandLine = Field(
        description="The command line, as a list of words or a text. There is no shell: each word is one argument, "
        "whatever its values hold. Places: {mass} for a parameter mass, {seed} (0 to 2³¹ - 1), {trial}, {trial_dir}, "
        "{study_dir}, {python} for the interpreter that runs mojo, in a sweep {name} and {experiment}, in a population "
        "{checkpoint} and {parent_checkpoint}; a brace itself is written twice. A word that names a file, relative to "
        "the study file, becomes its absolute path, and a change of the file runs the study again.",
    )
    environment: dict[Annotated[str, AfterValidator(_variable)], Annotated[str, BeforeValidator(_text)]] = Field(
        {}, description="Environment variables beside those of mojo's own process, as NAME: text; places are filled."
    )
    score: bool = Field(
        True,
        description="Whether it leaves a metrics.json in its folder: a number, or an object of metrics with the key "
        "'objective'.",
    )
    cpus: Annotated[int, Field(ge=1)] = Field(
        1, description="Cores that one trial takes; the usual variables for numbers of threads are set to it."
    )
    gpus: Annotated[int, Field(ge=0)] = Field(
        0, description="GPUs that one trial takes. It finds them in CUDA_VISIBLE_DEVICES, and no other trial has them."
    )
    trials_a_gpu: Annotated[int, Field(ge=1)] = Field(1, description="Trials that may share a GPU.")
    at_most: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Trials at once, where cores and GPUs would allow more; on a cluster, in one job."
    )
    pause: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        0.0, description="Least time [s] between the starts of two trials."
    )

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield what may hold places: the key, and the text."""
        yield from (("command.run", word) for word in self.run)
        yield from ((f"command.environment.{name}", text) for name, text in self.environment.items())

    def places(self) -> set[str]:
        """Return the names of all places."""
        return {place for _, text in self.texts() for place in places_in(text)}

    def files(self) -> list[str]:
        """Return the files that the command line names."""
        return [word for word in self.run if Path(word).is_absolute() and _is_file(Path(word))]

    def decides(self) -> list[Any]:
        """Return what the results depend on, wherever the files lie; what the files hold comes on top."""
        files = self.files()
        return [[PurePath(word).name if word in files else word for word in self.run], self.environment]


def as_mapping(command: Any) -> Any:
    """Return a command as a mapping of its keys: a text or a list is its `run`."""
    return {"run": command} if isinstance(command, str | list) else command


AnyCommand = Annotated[Command, BeforeValidator(as_mapping, json_schema_input_type=Command | list[str] | str)]
"""A command as a study file may write it: the mapping, or its `run` alone."""


def anchored_command(command: Any, folder: Path) -> Any:
    """Return a command as it was written, with absolute paths of the files that it names relative to `folder`.

    Words without a dot or a slash are left alone: what names a program or an option is more often one than a file.
    """
    keys = as_mapping(command)
    if not isinstance(keys, dict) or not isinstance(keys.get("run"), str | list):
        return command
    try:
        words = _words(keys["run"])
    except ValueError:
        return command  # quotes that do not close, which is told when the study is checked
    return {**keys, "run": [_anchored(word, folder) for word in words]}


def _anchored(word: Any, folder: Path) -> Any:
    if not isinstance(word, str) or not re.search(r"[./]", word) or not _is_file(folder / word):
        return word
    return str((folder / word).resolve())


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a word may be too long for a name, and then it is none
        return False


def check_places(command: Command, known: Iterable[str], complain: Callable[[str, str], str]) -> None:
    """Check that each place has a value.

    Args:
        command: The command.
        known: The names that have a value.
        complain: Returns the message for a key and a name that has none.

    Raises:
        ValueError: A place has none.
    """
    names = set(known)
    for key, text in command.texts():
        for place in places_in(text):
            if place not in names:
                raise ValueError(complain(key, place))
