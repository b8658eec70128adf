"""Design: draw the parameters of every trial of a batch.

Needs   study.json, which is written when the study is frozen; the file of a design of type list
Makes   design/<batch>.parquet
"""


rule design:
    """Draw the parameters of a batch of trials."""
    input:
        files=files_of_design,
    output:
        table=layout.table("design", "{batch}"),
    params:
        depends_on=depends_on("design"),
        trials=trials_of_batch,
    run:
        campaign.design(int(wildcards.batch))
