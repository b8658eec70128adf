"""Score: judge every trial of a batch.

Needs   outcomes/<batch>.parquet, trials/<trial>/telemetry.parquet
Makes   scores/<batch>.parquet
"""


rule score:
    """Call the user's objective for each simulated trial of a batch."""
    input:
        outcomes=layout.table("outcomes", "{batch}"),
    output:
        table=layout.table("scores", "{batch}"),
    priority: 3
    params:
        depends_on=depends_on("score"),
    run:
        campaign.score(int(wildcards.batch))
