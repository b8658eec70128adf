"""The batch script of an array whose tasks are a study's batches."""

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from mojo import digest
from mojo.cluster.formats import indices
from mojo.cluster.request import Request
from mojo.layout import StudyLayout
from mojo.study.frozen import FrozenStudy
from mojo.trial.status import STAGES, Stage

DIGITS = 5  # of a batch in file names


@dataclass(frozen=True)
class ArrayJob:
    """Some batches of a study as one array of SLURM; a task's index is its batch less the array's offset.

    Offsets are multiples of a power of ten, so that the index fills the last digits of the batch in the log's name.

    Attributes:
        layout: The study's files, with an absolute root.
        contract: Digest of what the batches' results depend on.
        stage: The stage that the tasks begin with.
        batches: Numbers of the batches, sorted.
        request: What each asks for.
        digits: How many digits of a batch its index has.
        is_last_try: Whether trials whose workers are killed are kept as they are, rather than tried again.
    """

    layout: StudyLayout
    contract: str
    stage: Stage
    batches: tuple[int, ...]
    request: Request
    digits: int
    is_last_try: bool = True

    @property
    def offset(self) -> int:
        return self.batches[0] - self.batches[0] % 10**self.digits

    @property
    def array(self) -> str:
        """The indices of the tasks, as --array takes them."""
        return indices([batch - self.offset for batch in self.batches])

    def arguments(self) -> list[str]:
        """Return all arguments of sbatch."""
        chunk = f"{self.offset // 10**self.digits:0{DIGITS - self.digits}d}" if self.digits < DIGITS else ""
        return [
            f"--job-name=mojo-{self.layout.root.name}",
            f"--comment={Mark(self.contract, self.stage, self.offset, self.layout.root)}",
            f"--output={self.layout.cluster / f'{chunk}%{self.digits}a.%A.log'}",
            f"--array={self.array}",
            "--no-requeue",  # who started it starts it again, and counts
            "--nodes=1",
            "--ntasks=1",
            *self.request.arguments(),
        ]

    def text(self, header: tuple[str, ...] = ()) -> str:
        """Return the batch script; `header` are lines for its top."""
        path = os.environ.get("PYTHONPATH")
        command = [sys.executable, "-m", "mojo", "simulate", str(self.layout.root), "--from", self.stage]
        command += [] if self.is_last_try else ["--again-if-killed"]
        lines = ["#!/bin/bash", *header, f"cd {shlex.quote(str(Path.cwd()))} || exit"]
        lines += [f"export PYTHONPATH={shlex.quote(path)}"] if path else []
        batch = f'--batch "$(({self.offset} + SLURM_ARRAY_TASK_ID))" --cores "$SLURM_CPUS_PER_TASK"'
        return "\n".join([*lines, f"exec {shlex.join(command)} {batch}"]) + "\n"

    def standalone(self) -> str:
        """Return the batch script with its arguments inside, for `sbatch` without any."""
        return self.text(tuple(f"#SBATCH {shlex.quote(argument)}" for argument in self.arguments()))


@dataclass(frozen=True)
class Mark:
    """What every job carries as its comment, so that whoever looks at the queue knows whose batches these are."""

    contract: str
    stage: Stage
    offset: int
    root: Path

    def __str__(self) -> str:
        return f"mojo {self.contract} {self.stage} {self.offset} {self.root}"


def read_mark(comment: str) -> Mark | None:
    """Return the mark that a comment holds, or None where it holds none."""
    parts = comment.split(" ", 4)
    if len(parts) != 5 or parts[0] != "mojo" or parts[2] not in STAGES or not parts[3].isdigit():
        return None
    return Mark(parts[1], cast(Stage, parts[2]), int(parts[3]), Path(parts[4]))


def contract_of(frozen: FrozenStudy) -> str:
    """Return the digest of what the results of a study's batches depend on."""
    return digest.of_value([frozen.digests, frozen.n_trial, frozen.batch_size])


def digits_for(max_array_size: int) -> int:
    """Return how many digits of a batch an index can have: the largest index is MaxArraySize - 1.

    MaxArraySize is 1001 by default: indices up to 1000, of which those of three digits are used.
    """
    return max(digits for digits in range(DIGITS + 1) if 10**digits <= max_array_size)


def chunks(batches: list[int], digits: int) -> list[tuple[int, ...]]:
    """Return sorted batches dealt to arrays, so that each array's indices have at most `digits` digits."""
    found: dict[int, list[int]] = {}
    for batch in sorted(batches):
        found.setdefault(batch // 10**digits, []).append(batch)
    return [tuple(batches) for batches in found.values()]
