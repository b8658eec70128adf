"""Design: decide on the parameters of every trial of a batch.

Needs   study.json, which is written when the study is frozen; the files that the design is read from;
        in a search, the scores of the batch before
Makes   design/<batch>.parquet
"""


rule design:
    """Draw, list or search the parameters of a batch of trials."""
    input:
        files=files_of_design,
        scores=scores_before,
    output:
        table=layout.table("design", "{batch}"),
    localrule: True
    params:
        depends_on=depends_on("design"),
        trials=trials_of_batch,
        part=part_of_study,
    run:
        campaign.design(int(wildcards.batch))
