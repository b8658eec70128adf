"""Simulate: step every trial of a batch.

Needs   models/<batch>.parquet, trials/<trial>/{model.xml, config.json}
Makes   outcomes/<batch>.parquet, trials/<trial>/{telemetry.parquet, status.json, trial.log}; of a command, what it
        leaves in its folder instead of telemetry.parquet
"""


rule simulate:
    """Run each trial of a batch, and record its telemetry and its outcome."""
    input:
        models=layout.table("models", "{batch}"),
    output:
        table=layout.table("outcomes", "{batch}"),
    priority: 2
    threads: cores_of_a_trial()
    resources:
        gpu=gpus_of_a_trial(),
    params:
        depends_on=depends_on("simulate"),
    run:
        campaign.simulate(int(wildcards.batch))
