"""Common: the campaign that every rule works on, and the functions that name their files."""

from pathlib import Path

from snakemake.settings.enums import RerunTrigger

from mojo.campaign import Campaign, quieten, tell_unread_keys

campaign = Campaign(
    config,
    folders=[Path.cwd(), Path(workflow.workdir_init), Path(workflow.basedir)],
    cores=workflow.cores,
    is_main=workflow.is_main_process,
)
layout = campaign.layout


def is_dry_run() -> bool:
    """Return whether Snakemake only tells what it would do."""
    return workflow.dryrun


quieten(is_dry_run)


onstart:
    tell_unread_keys(campaign.study, workflow.executor_plugin.name)


wildcard_constraints:
    batch=r"\d{5}",


def lift_rate_limit() -> None:
    """Let jobs start on this machine as soon as a core is free.

    With its limit of 100 a second, Snakemake goes through all waiting jobs once a second for every time that it has
    done so before: ever more often, and a second after the last job too. Clusters keep it, to not be flooded, but for
    mojo-slurm, which makes one submission of many jobs.
    """
    needless = workflow.local_exec or workflow.executor_plugin.name == "mojo-slurm"
    if needless and workflow.scheduling_settings is not None:
        workflow.scheduling_settings.max_jobs_per_timespan = None


def files_of_design(wildcards) -> list[str]:
    """Freeze the study, mark what its trial folders say is due, and return the files that its design is read from."""
    trusts_tables = RerunTrigger.PARAMS not in workflow.rerun_triggers
    due = campaign.prepare(is_dry_run(), keep_outdated=trusts_tables)
    workflow.dag.forcefiles.update(map(str, due.tables))
    lift_rate_limit()
    return campaign.study.design_files()


def scores_before(wildcards) -> list[Path]:
    """Return what the design of a batch is decided on: in a search, the scores of the batch before it."""
    before = campaign.study.decided_by(int(wildcards.batch))
    return [layout.table("scores", batch) for batch in before[-1:]]


def best_design() -> list[Path]:
    """Return the file of the best design, for studies that search for one."""
    return [layout.best] if campaign.study.chooses else []


def tables_of_all_batches(stage: str) -> list[Path]:
    """Return the tables of a stage."""
    return [layout.table(stage, batch) for batch in campaign.batches]


def cores_of_a_trial() -> int:
    """Return the cores that a trial takes; the job deals as many trials at a time as there is room for."""
    return campaign.study.command.cpus if campaign.study.command else 1


def gpus_of_a_trial() -> int:
    """Return the GPUs that a trial takes."""
    return campaign.study.command.gpus if campaign.study.command else 0


def films_of_study(wildcards) -> list[Path]:
    """Return what tells of the films, if the study asks for any."""
    return [layout.films] if campaign.study.films.asked else []


def trials_of_batch(wildcards) -> list[int]:
    """Return the numbers of the first and the last trial of a batch."""
    trials = campaign.frozen.trials(int(wildcards.batch))
    return [trials[0], trials[-1]]


def part_of_study(wildcards) -> str:
    """Return which part of the study a batch belongs to."""
    return campaign.study.part(int(wildcards.batch))


def depends_on(stage: str):
    """Return a function that gives the digest of what a stage depends on beside the files of the previous one."""

    def stage_digest(wildcards) -> str:
        return campaign.frozen.digests[stage]

    return stage_digest


def contract(wildcards) -> str:
    """Return the digest of everything in study.json but its provenance."""
    return campaign.contract()
