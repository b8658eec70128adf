"""Snakemake's executor, as far as it can be seen without a cluster."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from snakemake_executor_plugin_mojo_slurm import Executor


def test_jobs_may_be_looked_for_before_the_executor_is_set_up():
    async def looked_for(executor: Executor) -> list[object]:
        return [job async for job in executor.check_active_jobs([])]

    with ThreadPoolExecutor() as other:  # as Snakemake does; a browser of other tests may own this thread's event loop
        assert other.submit(asyncio.run, looked_for(object.__new__(Executor))).result() == []
