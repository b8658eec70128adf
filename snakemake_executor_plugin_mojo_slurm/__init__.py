"""Snakemake's executor `mojo-slurm`: the stages of a study's batches as tasks of SLURM's job arrays.

A task runs `python -m mojo simulate`, so no Snakemake is started on the cluster. Rules that are not stages of a batch
run where Snakemake runs.
"""

import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor
from snakemake_interface_executor_plugins.jobs import JobExecutorInterface
from snakemake_interface_executor_plugins.settings import CommonSettings, ExecutorSettingsBase

from mojo.campaign.console import say
from mojo.cluster import commands
from mojo.cluster.fleet import Fleet
from mojo.cluster.limits import find_limits
from mojo.cluster.request import profile_settings, request_of
from mojo.cluster.script import contract_of
from mojo.errors import MojoError
from mojo.layout import StudyLayout
from mojo.study.frozen import read_frozen
from mojo.trial.status import STAGES, Stage

LOOK_SECONDS = 0.5  # between two looks for finished tables, which cost SLURM nothing
LOOK_SHARE = 0.1  # most of the time that may go into them: thousands of batches on a slow file system


def _setting(text: str, **more: Any) -> Any:
    return field(default=more.pop("default", None), metadata={"help": text, "required": False, **more})


@dataclass
class ExecutorSettings(ExecutorSettingsBase):
    """What a batch asks of SLURM; a study's `slurm` key wins over it. Snakemake reads the types, in the old form."""

    account: Optional[str] = _setting("Account that is charged (sbatch --account).")  # noqa: UP045
    partition: Optional[str] = _setting("Partition; missing: the cluster's default.")  # noqa: UP045
    qos: Optional[str] = _setting("Quality of service (sbatch --qos).")  # noqa: UP045
    time: Optional[str] = _setting("Time of a batch: minutes, HH:MM:SS or D-HH:MM:SS.")  # noqa: UP045
    memory: Optional[str] = _setting("Memory of a batch: 1500M, 2.5G, 1T; a number is MB.")  # noqa: UP045
    cpus: Optional[int] = _setting("Cores of a batch, and its workers.", type=int)  # noqa: UP045
    gpus: Optional[str] = _setting("GPUs of a batch, as 1 or a100:2.")  # noqa: UP045
    constraint: Optional[str] = _setting("Features that the node must have.")  # noqa: UP045
    extra: Optional[str] = _setting("Further arguments of sbatch, as one text.")  # noqa: UP045
    retries: int = _setting("How often a batch is started again for each cause.", default=2, type=int)


common_settings = CommonSettings(non_local_exec=True, implies_no_shared_fs=False, job_deploy_sources=False)


class Executor(RemoteExecutor):
    """Hands batches to a `Fleet`, and tells Snakemake what has become of them."""

    _fleet: Fleet | None = None  # of the class: Snakemake's thread looks for jobs before it calls `__post_init__`

    def __post_init__(self) -> None:
        try:
            commands.require()
        except MojoError as error:
            raise WorkflowError(str(error)) from error

    def run_job(self, job: JobExecutorInterface) -> None:
        """Ask the fleet for the table that the job makes."""
        if job.name not in STAGES:
            raise WorkflowError(f"Rule {job.name} is no stage of a batch, so it must have `localrule: True`.")
        stage: Stage = job.name
        table = Path(next(iter(job.output)))
        batch = int(job.wildcards.batch)
        try:
            self._fleet_of(StudyLayout(table.parent.parent)).want(batch, stage)
        except MojoError as error:
            raise WorkflowError(str(error)) from error
        self.report_job_submission(SubmittedJobInfo(job, aux={"batch": batch, "stage": stage}))

    def _fleet_of(self, layout: StudyLayout) -> Fleet:
        """Return the fleet; the first job makes it, when the study has been frozen."""
        if self._fleet is None:
            self._fleet = self._new_fleet(layout)
        return self._fleet

    def _new_fleet(self, layout: StudyLayout) -> Fleet:
        frozen = read_frozen(layout)
        request = request_of(frozen.study.slurm, profile_settings(vars(self.executor_settings)))
        limits = find_limits(request.partition)
        if problems := limits.problems(request):
            raise WorkflowError("The study asks for what the cluster does not give:\n  " + "\n  ".join(problems))
        fleet = Fleet(
            layout,
            contract_of(frozen),
            request,
            limits,
            retries=self.executor_settings.retries,
            patience=self.workflow.execution_settings.latency_wait,
            poll=self.workflow.remote_execution_settings.seconds_between_status_checks,
            say=say,
        )
        fleet.adopt()
        return fleet

    async def check_active_jobs(self, active_jobs: list[SubmittedJobInfo]) -> AsyncGenerator[SubmittedJobInfo, None]:
        """Report the jobs whose tables are there, or will not come; yield the others."""
        if self._fleet is not None:
            self._fleet.advance()
        started = time.monotonic()
        for info in active_jobs:
            assert self._fleet is not None and info.aux is not None
            batch, stage = info.aux["batch"], info.aux["stage"]
            if self._fleet.is_done(batch, stage):
                self.report_job_success(info)
            elif self._fleet.error(batch) is not None:
                self.report_job_error(info)
            else:
                yield info
        self.next_seconds_between_status_checks = max(LOOK_SECONDS, (time.monotonic() - started) / LOOK_SHARE)

    def print_job_error(self, job_info: SubmittedJobInfo, msg: str | None = None, **kwargs: Any) -> None:
        """Print nothing: the fleet has said why, with the log's name."""

    def cancel_jobs(self, active_jobs: list[SubmittedJobInfo]) -> None:
        """Cancel the batches on Ctrl-C; `active_jobs` may be incomplete, so the fleet knows which."""
        if self._fleet is None:
            return
        try:
            self._fleet.cancel()
        except MojoError as error:
            say(f"error: {error} Batches may still be with SLURM; `python -m mojo slurm cancel` takes them back.")
