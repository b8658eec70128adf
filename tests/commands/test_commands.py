"""python -m mojo commands prints what a run would start, word for word, and starts nothing."""

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mojo.commands.commands import print_commands
from mojo.errors import StudyError

Lines = Callable[..., list[str]]
PROGRAM = [
    "{python}",
    "-S",
    "-c",
    "import json, os, sys; print(json.dumps([sys.argv[1:], os.environ['X'], os.getcwd()]))",
]
STUDY = {
    "name": "s",
    "kind": "sweep",
    "seed": 3,
    "command": {"run": [*PROGRAM, "{word}", "{seed}", "{gains}", "{on}"], "environment": {"X": "{trial} {name}"}},
    "values": {"gains": [1, 0.5], "on": True},
    "experiments": [{"name": "a", "grid": {"word": ["low", "high"]}}],
}


@pytest.fixture
def lines(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Lines:
    """Return a function that gives the printed lines of a study with some keys changed."""
    monkeypatch.chdir(tmp_path)

    def read(**changes: Any) -> list[str]:
        file = tmp_path / "s.yaml"
        file.write_text(yaml.safe_dump({key: value for key, value in (STUDY | changes).items() if value is not None}))
        print_commands(file)
        return capsys.readouterr().out.splitlines()

    return read


def run(line: str, folder: Path) -> Any:
    folder.mkdir(parents=True)
    output = subprocess.run(["bash", "-c", line], check=True, capture_output=True, text=True).stdout
    return json.loads(output)


def test_a_printed_line_starts_in_a_shell_what_the_run_would_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "s.yaml"
    file.write_text(yaml.safe_dump(STUDY | {"experiments": [{"name": "a", "values": {"word": '$HOME; "x"\nit\'s'}}]}))
    print_commands(file)
    line = capsys.readouterr().out
    folder = Path(shlex.split(line)[1])
    assert folder.parts[-4:] == ("results", "s", "trials", "000000")
    assert not folder.exists()
    line = line.replace(str(folder), str(tmp_path / "trial"))
    words, variable, place = run(line, tmp_path / "trial")
    assert words[0] == '$HOME; "x"\nit\'s'
    assert words[2:] == ["[1.0, 0.5]", "true"]
    assert 0 <= int(words[1]) < 2**31
    assert variable == "0 a"
    assert place == str(tmp_path / "trial")


def test_combinations_share_their_seeds_and_seeds_differ(lines: Lines):
    found = lines(command=["train", "{word}", "{seed}"], values=None, evals_per_trial=2)
    assert len(found) == 4
    seeds = [line.split()[-1] for line in found]
    assert seeds[0] == seeds[1] != seeds[2] == seeds[3]


def test_a_study_with_a_generator_has_no_commands(lines: Lines, tmp_path: Path):
    (tmp_path / "s.py").touch()
    with pytest.raises(StudyError, match="its trials are made by a generator"):
        lines(command=None, generator="s.py:generate", duration=1.0)


def test_draws_of_a_monte_carlo_study_can_be_commands_each_with_a_seed_of_its_own(lines: Lines):
    parameters = {"gain": {"distribution": "uniform", "low": 0, "high": 1}}
    changes = {"kind": "monte-carlo", "n_trial": 3, "parameters": parameters, "experiments": None, "values": None}
    found = lines(command=["train", "{gain}", "{seed}"], **changes)
    words = [shlex.split(line)[-2:] for line in found]
    assert len({gain for gain, _ in words}) == len({seed for _, seed in words}) == 3
    assert all(0 <= float(gain) <= 1 for gain, _ in words)
