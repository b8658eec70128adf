"""Check: end the run with an error if more trials failed than the study allows.

Needs   trials.parquet, report.html
Makes   complete.json
"""


rule check:
    """Say how the trials ended; fail if more of them failed than `max_failures`."""
    input:
        trials=layout.trials_table,
        report=layout.report,
    output:
        complete=layout.complete,
    localrule: True
    params:
        max_failures=campaign.study.max_failures,
    run:
        campaign.check()
