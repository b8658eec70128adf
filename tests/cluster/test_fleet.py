"""Batches whose tasks end early go on where they were, whatever the moment in which that is seen."""

import time
from pathlib import Path

import pytest

from mojo.cluster.fleet import Fleet
from mojo.cluster.request import Request
from mojo.layout import StudyLayout
from tests.cluster.test_limits import limits

BATCH = 3
RUNNING = "1|3|RUNNING|0|None|n1|"
ENDED = "1|3|FAILED|3072|NonZeroExitCode|n1|"  # 3072 = 12 · 256: a worker was killed


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A SLURM whose answers stand in a file, and what the fleet says."""
    programs = tmp_path / "bin"
    programs.mkdir()
    scripts = {"sbatch": "cat >/dev/null; echo 1", "squeue": f"cat {tmp_path}/queue", "scancel": "exit"}
    for name, text in scripts.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return []


@pytest.fixture
def fleet(layout: StudyLayout, said: list[str]) -> Fleet:
    request = Request(time=60, memory=500, cpus=1)
    return Fleet(layout, "0f", request, limits(), retries=1, patience=0.0, poll=0.0, say=said.append)


def advance_until(fleet: Fleet, said: list[str], words: str) -> None:
    end = time.monotonic() + 30
    while words not in "\n".join(said):
        assert time.monotonic() < end, said
        fleet.advance()
        time.sleep(0.05)


def make(layout: StudyLayout, *stages: str) -> None:
    for stage in stages:
        layout.table_of(stage, BATCH).parent.mkdir(parents=True, exist_ok=True)
        layout.table_of(stage, BATCH).touch()


def test_a_stage_that_was_finished_before_its_task_ended_early_is_done(
    fleet: Fleet, said: list[str], layout: StudyLayout, tmp_path: Path
):
    make(layout, "generate", "simulate")  # of an older version
    (tmp_path / "queue").write_text(RUNNING)
    fleet.want(BATCH, "generate")
    assert not fleet.is_done(BATCH, "generate")
    advance_until(fleet, said, "batch 3 submitted")
    assert not fleet.is_done(BATCH, "generate")
    make(layout, "generate")
    (tmp_path / "queue").write_text(ENDED)
    advance_until(fleet, said, "out of memory; tried again with 1000M")  # both are seen in the same look
    assert fleet.is_done(BATCH, "generate")
    assert not fleet.is_done(BATCH, "simulate")
    said.clear()
    (tmp_path / "queue").write_text(RUNNING)
    advance_until(fleet, said, "batch 3 submitted")
    assert fleet.is_done(BATCH, "generate")
    fleet.want(BATCH, "simulate")
    make(layout, "simulate", "score")
    assert fleet.is_done(BATCH, "simulate")


def test_a_table_that_vanishes_fails_its_batch_instead_of_being_waited_for(
    fleet: Fleet, said: list[str], layout: StudyLayout, tmp_path: Path
):
    (tmp_path / "queue").write_text("1|3|COMPLETED|0|None|n1|\n")
    fleet.want(BATCH, "score")
    make(layout, "score")
    advance_until(fleet, said, "batch 3 submitted")
    make(layout, "score")
    fleet.advance()
    layout.table_of("score", BATCH).unlink()
    assert not fleet.is_done(BATCH, "score")
    advance_until(fleet, said, "failed; it is not tried again")
    assert fleet.error(BATCH) is not None


def test_a_controller_that_does_not_answer_is_asked_again(
    fleet: Fleet, said: list[str], layout: StudyLayout, tmp_path: Path
):
    fleet.want(BATCH, "generate")
    advance_until(fleet, said, "squeue failed")  # there is no file yet
    (tmp_path / "queue").write_text(RUNNING)
    fleet.advance()
    assert fleet.error(BATCH) is None
