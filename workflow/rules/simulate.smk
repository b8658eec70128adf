"""Simulate: step every trial of a batch.

Needs   models/<batch>.parquet, trials/<trial>/{model.xml, config.json}
Makes   outcomes/<batch>.parquet, trials/<trial>/{telemetry.parquet, status.json, trial.log}
"""


rule simulate:
    """Run each trial of a batch, and record its telemetry and its outcome."""
    input:
        models=layout.table("models", "{batch}"),
    output:
        table=layout.table("outcomes", "{batch}"),
    priority: 2
    params:
        depends_on=depends_on("simulate"),
    run:
        campaign.simulate(int(wildcards.batch))
