"""MuJoCo simulation campaigns.

    study file ──► freeze ──► design ──► generate ──► simulate ──► score ──► aggregate ──► report ──► check
                   study.json  table      models       telemetry    table     trials.parquet  report.html
                                                                                    │             ▲
                                                                                    └──► film ────┘  picked trials

The study is checked and frozen before the first job. One batch of trials is one job of each of the four stages after
it. What a study file may hold: config/README.md.
"""

from snakemake.utils import min_version

min_version("9.20")


configfile: f"{workflow.basedir}/config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/design.smk"
include: "workflow/rules/generate.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/aggregate.smk"
include: "workflow/rules/film.smk"
include: "workflow/rules/choose.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/check.smk"
include: "workflow/rules/clean.smk"


rule all:
    default_target: True
    input:
        complete=layout.complete,
        report=layout.report,
        best=best_design(),
