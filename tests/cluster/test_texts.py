"""What SLURM printed, character by character but for trailing blanks, is read rightly; seen with SLURM 22.05."""

from mojo.cluster.causes import cause
from mojo.cluster.texts import Task, read_accounting, read_config, read_queue, read_records

QUEUE = """\
11                  |4                   |COMPLETING          |15          |None                                    |n2   |mojo 0f a 0 /data/x
11                  |3                   |FAILED              |9           |JobLaunchFailure                        |n2   |
11                  |2                   |FAILED              |768         |NonZeroExitCode                         |n2   |(null)
11                  |7                   |PENDING             |0           |Resources                               |     |
10                  |0                   |NODE_FAIL           |0           |NodeDown                                |n2   |
12                  |N/A                 |RUNNING             |0           |None                                    |n1   |a|b
of a comment of two lines
"""  # noqa: E501 - as it was printed

ACCOUNTING = """\
1_0|RUNNING|0:0|n1
1_1|FAILED|0:9|n1
1_2|FAILED|3:0|n2
1_4|CANCELLED by 0|0:0|n2
1_6|COMPLETED|0:0|n2
1_[7-9,12]|CANCELLED by 0|0:0|None assigned
2_[0-1%4]|PENDING|0:0|None assigned
"""

OVER_MEMORY = """\
slurmstepd-n2: error: StepId=5.batch exceeded memory limit (425234432 > 209715200), being killed
slurmstepd-n2: error: Exceeded job memory limit
slurmstepd-n2: error: *** JOB 5 ON n2 CANCELLED AT 2026-11-21T10:05:54 ***
"""
OF_CGROUP = "slurmstepd: error: Detected 1 oom_kill event in StepId=77.batch."

PARTITIONS = (
    "PartitionName=main AllowGroups=ALL Default=YES MaxTime=1-00:00:00 MinNodes=0 Nodes=n[1-2] State=UP "
    "DefMemPerNode=UNLIMITED MaxMemPerNode=UNLIMITED TRES=cpu=4,mem=8000M,node=2,billing=4\n"
    "PartitionName=short Default=NO MaxTime=00:05:00 Nodes=n2 State=DOWN MaxMemPerNode=2000\n"
)


def test_the_queue_is_read_with_signals_and_exit_codes_of_wait():
    tasks = {task.id: task for task in read_queue(QUEUE)}
    assert list(tasks) == ["11_4", "11_3", "11_2", "11_7", "10_0"]  # a job that is no array is nobody's batch
    assert tasks["11_4"] == Task("11", 4, "COMPLETING", 0, 15, "", "n2", "mojo 0f a 0 /data/x")
    assert (tasks["11_3"].exit_status, tasks["11_3"].signal) == (0, 9)
    assert (tasks["11_2"].exit_status, tasks["11_2"].signal) == (3, 0)  # 768 = 3 · 256
    assert (tasks["11_7"].reason, tasks["11_7"].node) == ("Resources", "")


def test_a_task_is_active_until_slurm_has_cleaned_up_after_it():
    assert [task.id for task in read_queue(QUEUE) if task.is_active] == ["11_4", "11_7"]


def test_the_accounting_is_read():
    tasks = {task.id: task for task in read_accounting(ACCOUNTING)}
    assert tasks["1_4"].state == "CANCELLED"
    assert (tasks["1_1"].exit_status, tasks["1_1"].signal) == (0, 9)
    never_started = {"1_7", "1_8", "1_9", "1_12"}
    assert {tasks[id].state for id in never_started} == {"CANCELLED"}
    assert {tasks[id].node for id in never_started} == {""}
    assert tasks["2_1"].is_active


def test_records_and_settings_are_read():
    main, short = read_records(PARTITIONS)
    assert (main["Nodes"], main["MaxTime"], short["State"]) == ("n[1-2]", "1-00:00:00", "DOWN")
    assert read_config("MaxArraySize            = 1001\nKillWait = 5 sec\n\nnothing\n")["MaxArraySize"] == "1001"


def ended(state: str, exit_status: int = 0, signal: int = 0) -> Task:
    return Task("1", 0, state, exit_status, signal)


def test_the_log_tells_a_memory_kill_from_any_other():
    assert cause(ended("FAILED", signal=9), OVER_MEMORY) == "memory"
    assert cause(ended("FAILED", signal=9), "") == "killed"
    assert cause(ended("FAILED", exit_status=1), OF_CGROUP) == "memory"
    assert cause(ended("OUT_OF_MEMORY"), "") == "memory"


def test_every_other_cause_is_in_the_state():
    assert cause(ended("TIMEOUT"), "") == "time"
    assert {cause(ended(state), "") for state in ("NODE_FAIL", "BOOT_FAIL", "PREEMPTED")} == {"node"}
    assert cause(ended("CANCELLED"), "") == "cancelled"
    assert cause(ended("FAILED", exit_status=1), "") == "failed"
    assert cause(ended("FAILED", exit_status=137), "") == "killed"  # 128 + 9, where a shell stands between
    assert cause(None, "") == "killed"  # SLURM has forgotten it
    assert cause(ended("FAILED", exit_status=12), "") == "memory"  # mojo's own word for a worker that was killed
