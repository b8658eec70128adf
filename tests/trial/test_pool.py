"""The pool outlives its workers."""

import os
import signal
import time

import pytest

from mojo.trial.pool import FRESH_POOLS, WorkerPool


@pytest.fixture
def pool():
    pool = WorkerPool(1)
    yield pool
    pool.stop()


def kill_idle_worker(pool: WorkerPool) -> None:
    """Kill the worker while it waits for a task, and wait until that has broken the pool."""
    os.kill(pool.run("os:getpid"), signal.SIGKILL)
    broken = pool._pool
    while broken.active:
        time.sleep(0.01)


def test_a_fresh_pool_takes_the_place_of_a_broken_one(pool: WorkerPool):
    kill_idle_worker(pool)
    assert pool.run("math:sqrt", 4.0) == 2.0


def test_what_breaks_again_and_again_is_reported(pool: WorkerPool):
    with pytest.raises(RuntimeError, match="Unexpected error within the Pool"):
        for _ in range(FRESH_POOLS + 1):
            kill_idle_worker(pool)
            pool.run("math:sqrt", 4.0)
