"""Generate: make the model of every trial of a batch.

Needs   design/<batch>.parquet
Makes   models/<batch>.parquet, trials/<trial>/{model.xml, config.json, named_values.json}, assets/
"""


rule generate:
    """Call the user's generator for each trial of a batch."""
    input:
        design=layout.table("design", "{batch}"),
    output:
        table=layout.table("models", "{batch}"),
    priority: 1
    params:
        depends_on=depends_on("generate"),
    run:
        campaign.generate(int(wildcards.batch))
