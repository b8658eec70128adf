"""Batches are dealt to arrays whose indices SLURM takes, and whoever finds a job knows whose it is."""

from pathlib import Path

import pytest

from mojo.cluster.request import Request
from mojo.cluster.script import ArrayJob, Mark, chunks, digits_for, read_mark
from mojo.cluster.ticket import Ticket, retried
from mojo.layout import StudyLayout
from tests.cluster.test_limits import limits

REQUEST = Request(time=3600, memory=2048, cpus=2)


@pytest.mark.parametrize(
    ("size", "digits"), [(1001, 3), (1000, 3), (999, 2), (11, 1), (10, 1), (2, 0), (75000, 4), (10**6, 5)]
)
def test_the_largest_index_is_one_less_than_max_array_size(size: int, digits: int):
    assert digits_for(size) == digits
    assert 10**digits - 1 <= size - 1


def test_batches_beyond_an_array_go_to_another():
    assert chunks([2003, 0, 999, 1000], 3) == [(0, 999), (1000,), (2003,)]


def array(*batches: int, digits: int = 3) -> ArrayJob:
    return ArrayJob(StudyLayout(Path("/data/my study")), "0f", "generate", batches, REQUEST, digits)


def test_index_and_offset_make_the_batch_and_the_logs_name():
    job = array(1000, 1001, 1017)
    assert (job.offset, job.array) == (1000, "0-1,17")
    assert "--output=/data/my study/slurm/01%3a.%A.log" in job.arguments()
    assert "$((1000 + SLURM_ARRAY_TASK_ID))" in job.text()
    assert "--output=/data/my study/slurm/%5a.%A.log" in array(7, digits=5).arguments()


def test_a_mark_is_read_back_with_blanks_in_the_path():
    mark = Mark("0f", "simulate", 1000, Path("/data/my study"))
    assert read_mark(str(mark)) == mark
    assert [read_mark(other) for other in ("", "(null)", "mojo is fun", "mojo 0f cook 0 /x")] == [None] * 4


def test_a_script_for_sbatch_holds_its_arguments():
    lines = array(1, 2).standalone().splitlines()
    assert lines[0] == "#!/bin/bash"
    assert {"#SBATCH --array=1-2", "#SBATCH --mem=2G", "#SBATCH --cpus-per-task=2"} <= set(lines)


def test_a_batch_starts_again_as_its_cause_asks():
    ticket = Ticket(3, "generate", REQUEST)
    again, words = retried(ticket, "memory", limits(), 2)
    assert again is not None and again.request.memory == 4096
    assert words == "tried again with 4G"
    again, words = retried(ticket, "time", limits(), 2)
    assert again is not None and (again.request.time, again.request.memory) == (7200, 2048)
    again, _ = retried(ticket, "node", limits(), 2)
    assert again is not None and again.request == REQUEST


def test_a_batch_does_not_start_again_for_ever():
    ticket = Ticket(3, "generate", REQUEST)
    for _ in range(2):
        again, _ = retried(ticket, "node", limits(), 2)
        assert again is not None
        ticket = again
    assert retried(ticket, "node", limits(), 2) == (None, "it was tried 3 times")
    assert retried(ticket, "killed", limits(), 2)[0] is not None  # each cause has its own count
    assert retried(ticket, "cancelled", limits(), 2) == (None, "it is not tried again in this run")
    largest = Ticket(3, "generate", Request(60, 16000, 1))
    assert retried(largest, "memory", limits(), 2) == (None, "the most that partition main gives was not enough")
