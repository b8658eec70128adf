"""A trial that is a command: its values and its command line, its run, and the score that it leaves."""

import json
import os
import platform
import shlex
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mojo import digest, files, randomness
from mojo.errors import TrialError
from mojo.layout import TrialLayout
from mojo.study.command import Command, fill
from mojo.study.frozen import FrozenStudy
from mojo.study.provenance import cpu_model
from mojo.trial.checkpoints import check_left, prepare
from mojo.trial.context import Context
from mojo.trial.generate import Generated, prepared
from mojo.trial.pool import ONE_THREAD
from mojo.trial.program import run_program
from mojo.trial.slots import VARIABLE, Dealt, await_start, dealt_gpus
from mojo.trial.worker_process import death, end_together

LAST_OUTPUT = 4000  # bytes of the log in which the last line that a program printed is looked for


@dataclass(frozen=True)
class CommandLine:
    """What is run for one trial.

    Attributes:
        words: The program and its arguments.
        environment: The environment variables that the study sets.
    """

    words: list[str]
    environment: dict[str, str]

    def __str__(self) -> str:
        """Return the line for a shell, every word quoted."""
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        return shlex.join([*(["env", *variables] if variables else []), *self.words])


def generate(context: Context, row: Mapping[str, Any], trial: TrialLayout) -> Generated:
    """Write config.json and named_values.json of one trial.

    Raises:
        ModelError: An override names no parameter.
    """
    started = time.perf_counter()
    config = configuration(context.frozen, row)
    files.write_json(trial.config, config)
    files.write_json(trial.named_values, config["named"])
    return Generated("", digest.of_value(config), time.perf_counter() - started)


def configuration(frozen: FrozenStudy, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what config.json says of a trial: everything that its command line is made of, but for folders.

    Raises:
        ModelError: An override names no parameter.
    """
    assert frozen.study.command is not None
    mojo_model = prepared(frozen.study, row)
    mojo_model.overrides.check_all_asked()
    labels = {name: row[name] for name in frozen.study.LABELS if name in frozen.study.command.places()}
    return mojo_model.dump() | {"labels": labels}


def command_line(frozen: FrozenStudy, config: Mapping[str, Any], folder: Path) -> CommandLine:
    """Return the command line of a trial.

    Args:
        frozen: The study.
        config: What config.json says.
        folder: The trial's folder.

    Raises:
        TrialError: A value cannot stand in a command line.
    """
    command = frozen.study.command
    assert command is not None
    seed = randomness.generator(config["seed"], config["draw_num"], "", "command").integers(2**31)
    values: dict[str, Any] = {value["name"]: value["value"] for value in config["named"]} | config["labels"]
    values |= {"seed": int(seed), "trial": config["trial_num"], "python": sys.executable}
    values |= {"trial_dir": str(folder.absolute()), "study_dir": str(Path(frozen.study_file).absolute().parent)}
    trial, parent = TrialLayout(folder.absolute()), config["parent_num"]
    values |= {"checkpoint": str(trial.checkpoint)}
    values |= {"parent_checkpoint": "" if parent is None else str(trial.sibling(parent).checkpoint)}
    texts = {name: as_text(value) for name, value in values.items()}
    for name in command.places():
        if "\0" in texts[name]:
            raise TrialError(f"The value of '{name}' holds the character NUL, which no command line can.")
    environment = {name: fill(text, texts) for name, text in command.environment.items()}
    return CommandLine([fill(word, texts) for word in command.run], environment)


def as_text(value: Any) -> str:
    """Return a value as a command line shows it: numbers with all digits, lists as JSON, truth as true or false."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def simulate(context: Context, trial: TrialLayout) -> tuple[str, str | None, dict[str, Any]]:
    """Run the command of one trial.

    Returns:
        Its outcome ("success", "failed", "crashed" or "timeout"), the reason, and what status.json says of the run.

    Raises:
        TrialError: It could not be started, or left no metrics.json or no checkpoint though it should.
    """
    study = context.frozen.study
    assert study.command is not None
    config = files.read_json(trial.config)
    line = command_line(context.frozen, config, trial.folder)
    prepare(study, trial, config["parent_num"], trial.checkpoint)
    trial.metrics.unlink(missing_ok=True)  # what an earlier try left is not this one's score
    with dealt_gpus(study.command.gpus, study.command.trials_a_gpu) as dealt:
        await_start(context.layout.last_start, study.command.pause)
        print(f"$ {line}", flush=True)
        started = time.perf_counter()
        variables = _variables(study.command, line, dealt)
        ended = run_program(line.words, variables, trial.folder, study.timeout, dealt.locks)
        seconds = time.perf_counter() - started
    details = {
        "command": str(line),
        "exit_code": ended.code,
        "devices": dealt.devices,
        "wall_seconds": seconds,
        "host": platform.node(),
        "cpu_model": cpu_model(),
    }
    if not ended.in_time:
        return "timeout", f"It took longer than the time limit of {study.timeout:g} s.", details
    if ended.code < 0:
        end_together(ended.code)
        return "crashed", f"The command was killed by {death(ended.code)}.", details
    if ended.code > 0:
        return "failed", f"The command ended with exit code {ended.code}{_last_words(trial)}", details
    if study.command.score:
        read_metrics(trial)
    check_left(study, trial.checkpoint)
    return "success", None, details


def _variables(command: Command, line: CommandLine, dealt: Dealt) -> dict[str, str]:
    """Return all environment variables of a trial; what the study sets wins."""
    threads = dict.fromkeys(ONE_THREAD, str(command.cpus))
    devices = {VARIABLE: ",".join(dealt.devices)} if command.gpus else {}
    return {**os.environ, **threads, **devices, **line.environment}


def _last_words(trial: TrialLayout) -> str:
    """Return ": " and the last line that the program printed, or "." if it printed none."""
    with trial.log.open("rb") as log:
        log.seek(max(0, trial.log.stat().st_size - LAST_OUTPUT))
        lines = [text.strip() for text in log.read().decode(errors="replace").splitlines() if text.strip()]
    printed = bool(lines) and not lines[-1].startswith("$ ")
    return f": {lines[-1]}" if printed else "."


def read_metrics(trial: TrialLayout) -> Any:
    """Return what the command left in metrics.json: a number, or a dict.

    Raises:
        TrialError: There is no such file, or it holds something else.
    """
    try:
        found = files.read_json(trial.metrics)
    except FileNotFoundError as error:
        raise TrialError(
            f"The command left no {trial.metrics.name} in its folder. Let it write one, or set command.score: false."
        ) from error
    except ValueError as error:
        raise TrialError(f"{trial.metrics.name} is not JSON: {error}.") from error
    return found
