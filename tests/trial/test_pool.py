"""The pool outlives its workers, and tells each death of the task that it was."""

import os
import signal
import time
from pathlib import Path

import pytest

from mojo.trial.pool import WorkerPool
from mojo.trial.worker_process import WorkerDied


@pytest.fixture
def pool():
    pool = WorkerPool(1)
    yield pool
    pool.stop()


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def wait_until_gone(pid: int) -> None:
    end = time.monotonic() + 30
    while is_there(pid):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_worker_that_is_killed_while_it_waits_is_replaced(pool: WorkerPool):
    for _ in range(5):
        worker = pool.run("os:getpid")
        os.kill(worker, signal.SIGKILL)
        wait_until_gone(worker)
        assert pool.run("math:sqrt", 4.0) == 2.0


def test_workers_that_cannot_begin_are_reported():
    pool = WorkerPool(1, environment={"LC_ALL": "C", "": "no variable has this name"})
    with pytest.raises(RuntimeError, match="end as soon as they are started"):
        pool.run("math:sqrt", 4.0)
    pool.stop()


@pytest.mark.parametrize("code", [0, 1, 75, 255])
def test_a_process_that_ends_with_any_exit_code_has_died_at_once(pool: WorkerPool, code: int):
    started = time.monotonic()
    with pytest.raises(WorkerDied, match=rf"exit code {code}\.") as died:
        pool.run("os:_exit", code, timeout=60)
    assert died.value.exitcode == code
    assert time.monotonic() - started < 20
    assert pool.run("math:sqrt", 4.0) == 2.0


def test_each_death_is_told_of_its_own_task():
    pool = WorkerPool(2)
    deaths = [pool.schedule("os:_exit", code) for code in (0, 3, 4)]
    lives = [pool.schedule("math:sqrt", float(number)) for number in range(20)]
    assert [str(future.exception()).split("exit ")[1] for future in deaths] == ["code 0.", "code 3.", "code 4."]
    assert [future.result() for future in lives] == [number**0.5 for number in range(20)]
    pool.stop()


def test_a_worker_that_closes_its_line_has_died_at_once(pool: WorkerPool):
    with pytest.raises(WorkerDied, match="closed files that are not its own"):
        pool.run("os:closerange", 3, 256, timeout=60)
    assert pool.run("math:sqrt", 4.0) == 2.0


def test_a_worker_that_becomes_another_program_has_died_at_once(pool: WorkerPool):
    with pytest.raises(WorkerDied, match="became another program"):
        pool.run("os:execvp", "sleep", ["sleep", "1000"], timeout=60)


def test_a_task_that_takes_too_long_is_ended_though_it_is_stopped(pool: WorkerPool):
    worker = pool.run("os:getpid")
    with pytest.raises(TimeoutError):
        pool.run("os:kill", worker, signal.SIGSTOP, timeout=0.2)
    assert not is_there(worker)
    assert pool.run("math:sqrt", 4.0) == 2.0


def test_what_a_dead_worker_has_started_dies_with_it(pool: WorkerPool):
    started = pool.run("os:spawnvp", os.P_NOWAIT, "sleep", ["sleep", "1000"])
    assert is_there(started)
    with pytest.raises(WorkerDied):
        pool.run("os:_exit", 0)
    wait_until_gone(started)


def start_daemon() -> int:
    """Return the id of a process in a session of its own, whose parent has ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        daemon = os.fork() or os.execvp("sleep", ["sleep", "1000"])
        os.write(writing, str(daemon).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return int(os.read(reading, 20))


def test_a_daemon_of_a_dead_worker_dies_as_well_and_other_workers_live_on():
    pool = WorkerPool(2)
    other = pool.schedule("time:sleep", 3.0)
    daemon = pool.run("tests.trial.test_pool:start_daemon")
    assert is_there(daemon)
    with pytest.raises(WorkerDied):
        pool.run("os:_exit", 0)
    wait_until_gone(daemon)
    other.result()
    pool.stop()


def test_workers_survive_the_death_of_the_process_that_they_were_forked_from(pool: WorkerPool):
    worker = pool.run("os:getpid")
    server = pool.run("os:getppid")
    pool.run("os:kill", server, signal.SIGKILL)
    wait_until_gone(server)
    time.sleep(0.5)  # in which the pool looks after its workers
    assert pool.run("os:getpid") == worker
    with pytest.raises(WorkerDied):
        pool.run("os:_exit", 0)
    assert pool.run("math:sqrt", 4.0) == 2.0


def test_the_process_that_they_are_forked_from_cannot_be_stopped(pool: WorkerPool):
    pool.run("os:kill", pool.run("os:getppid"), signal.SIGSTOP)
    with pytest.raises(WorkerDied, match="exit code 3"):
        pool.run("os:_exit", 3)
    assert pool.run("math:sqrt", 4.0) == 2.0


def test_a_signal_to_its_group_ends_the_worker_alone(pool: WorkerPool):
    with pytest.raises(WorkerDied, match="SIGKILL"):
        pool.run("os:killpg", 0, signal.SIGKILL)


def test_an_exception_comes_back_with_its_traceback(pool: WorkerPool):
    with pytest.raises(ZeroDivisionError) as raised:
        pool.run("operator:truediv", 1.0, 0.0)
    assert "in call" in str(raised.value.__cause__)


def test_results_that_cannot_be_sent_are_an_error_of_their_task(pool: WorkerPool):
    with pytest.raises(Exception, match="pickle"):
        pool.run("threading:Lock")
    assert pool.run("math:sqrt", 4.0) == 2.0


def test_an_exit_is_an_error_and_ends_nothing(pool: WorkerPool):
    with pytest.raises(RuntimeError, match="ended by SystemExit"):
        pool.run("sys:exit", 0)
