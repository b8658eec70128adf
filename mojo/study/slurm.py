"""The study file's key `slurm`: what a batch of this study asks of a cluster."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from mojo.cluster.formats import parse_memory, parse_time


def _as_text(value: object) -> object:
    """YAML reads 90 as a number; times, sizes, GPUs and the names of accounts are texts."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _is_time(text: str) -> str:
    parse_time(text)
    return text


def _is_size(text: str) -> str:
    parse_memory(text)
    return text


def _is_gpus(text: str) -> str:
    if not re.fullmatch(r"[1-9]\d*|(?!gpu(:|$))[\w.-]*[A-Za-z][\w.-]*(:[1-9]\d*)?", text):
        raise ValueError(f"must be a number of GPUs, a type, or both, as '2' or 'a100:2', but got '{text}'")
    return text


Text = Annotated[str, BeforeValidator(_as_text), Field(min_length=1)]
Time = Annotated[str, BeforeValidator(_as_text), AfterValidator(_is_time)]
Gpus = Annotated[str, BeforeValidator(_as_text), AfterValidator(_is_gpus)]
Size = Annotated[str, BeforeValidator(_as_text), AfterValidator(_is_size)]


class SlurmKeys(BaseModel):
    """What one batch of the study asks of SLURM; what is left out is taken from the profile."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="slurm", defer_build=True)

    account: Text | None = Field(None, description="Account that is charged (sbatch --account).")
    partition: Text | None = Field(None, description="Partition; missing: the cluster's default (--partition).")
    qos: Text | None = Field(None, description="Quality of service (--qos).")
    time: Time | None = Field(
        None, description="Time that one batch may take: minutes, 'HH:MM:SS' or 'D-HH:MM:SS' (--time)."
    )
    memory: Size | None = Field(None, description="Memory of one batch: 1500M, 2.5G, 1T; a number is MB (--mem).")
    cpus: int | None = Field(None, ge=1, description="Cores of one batch, and its workers (--cpus-per-task).")
    gpus: Gpus | None = Field(None, description="GPUs of one batch, as '1' or 'a100:2' (--gres=gpu:...).")
    constraint: Text | None = Field(None, description="Features that the node must have (--constraint).")
    extra: list[Text] = Field([], description="Further arguments of sbatch, one a text, e.g. '--reservation=lab'.")
