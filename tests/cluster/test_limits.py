"""What a partition allows is told from its nodes and settings, and what is too much is refused with both numbers."""

import pytest

from mojo.cluster.commands import ClusterError
from mojo.cluster.limits import Limits, limits_from
from mojo.cluster.request import Request, profile_settings, request_of
from mojo.errors import StudyError
from mojo.study.slurm import SlurmKeys
from tests.cluster.test_texts import PARTITIONS

NODES = (
    "NodeName=n1 Arch=x86_64 CPUAlloc=2 CPUTot=2 OS=Linux 6.1 RealMemory=4000 State=ALLOCATED Gres=gpu:4\n"
    "NodeName=n2 CPUTot=8 RealMemory=16000 State=IDLE Gres=gpu:a100:2(S:0-1),shard:8\n"
    "NodeName=other CPUTot=64 RealMemory=1000000 State=IDLE\n"
)


def limits(partition: str | None = None, max_array_size: int = 1001) -> Limits:
    return limits_from(partition, PARTITIONS, NODES, f"MaxArraySize = {max_array_size}\n")


def test_the_default_partition_and_its_own_nodes_count():
    found = limits()
    assert (found.partition, found.time, found.most_memory, found.most_cpus) == ("main", 86400, 16000, 8)


def test_a_partitions_memory_limit_wins_over_its_nodes():
    assert limits("short").most_memory == 2000


def test_what_fits_has_no_problems():
    assert limits().problems(Request(time=86400, memory=16000, cpus=8)) == []


def test_every_problem_names_what_is_asked_and_what_is_allowed():
    assert limits().problems(Request(time=86401, memory=16001, cpus=9)) == [
        "time: 1-00:00:01 is asked, and partition main allows 1-00:00:00",
        "memory: 16001M is asked, and a job in partition main gets at most 16000M",
        "cpus: 9 are asked, and the largest node of partition main has 8",
    ]
    assert "time: no limit is asked" in limits().problems(Request(time=None, memory=1, cpus=1))[0]
    assert limits("short").problems(Request(60, 1, 1)) == ["partition short does not start jobs now (State is not UP)"]
    assert "arrays of jobs are switched off" in limits(max_array_size=0).problems(Request(60, 1, 1))[0]


def test_gpus_that_no_node_has_are_refused_with_what_there_is():
    for asked in ("4", "a100", "a100:2", None):
        assert limits().problems(Request(60, 1, 1, gpus=asked)) == []
    for asked, most in {"5": 4, "a100:3": 2, "h100": 0}.items():
        assert limits().problems(Request(60, 1, 1, gpus=asked)) == [
            f"gpus: {asked} is asked, and the largest node of partition main has {most} of them"
        ]
    together = Request(60, memory=16000, cpus=1, gpus="4")  # each of which one node has
    assert limits().problems(together) == ["no node of partition main has all of what is asked: cpus, memory, gpus"]
    assert "gpus: a100:1 of at most 2" in limits().lines(Request(60, 1, 1, gpus="a100:1"))


def test_the_smallest_node_is_shown_with_how_many_a_batch_fits_on():
    assert (
        "2 nodes, 2 cpus, 4000M on its smallest node; a batch fits on 1 of them"
        in limits().lines(Request(60, 8000, 1))[0]
    )
    assert "MaxArraySize: 1001, so the largest index of a task is 1000" in limits().lines(Request(60, 1, 1))


def test_an_unknown_partition_is_refused_with_the_nearest():
    with pytest.raises(ClusterError, match=r"Partition 'mian' is not in the cluster\. Did you mean 'main'"):
        limits("mian")


def test_the_study_wins_over_the_profile_key_by_key():
    profile = {"partition": "long", "time": "90", "account": "lab", "extra": "--reservation=a --nice", "retries": 3}
    request = request_of(SlurmKeys.model_validate({"time": "2:00:00", "gpus": "a100:2"}), profile_settings(profile))
    assert request.arguments() == [
        *("--time=02:00:00", "--mem=2G", "--cpus-per-task=1", "--partition=long", "--gres=gpu:a100:2"),
        *("--account=lab", "--reservation=a", "--nice"),
    ]


def test_a_profile_setting_that_slurm_could_not_read_is_refused():
    with pytest.raises(StudyError, match="A setting of the SLURM profile is wrong"):
        request_of(SlurmKeys.model_validate({}), {"time": "an hour"})


def test_more_is_twice_as_much_up_to_the_limit():
    request = Request(time=100, memory=100, cpus=1)
    assert request.with_more_memory(None).memory == 200
    assert request.with_more_memory(150).memory == 150
    assert request.with_more_time(80) == request  # it has more than the limit already
