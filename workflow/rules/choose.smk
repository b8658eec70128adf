"""Choose: the winner of a search.

Needs   trials.parquet
Makes   best.json, for studies that search for a best design
"""


rule choose:
    """Write the best design, which another study can take as its overrides."""
    input:
        trials=layout.trials_table,
    output:
        best=layout.best,
    localrule: True
    params:
        depends_on=depends_on("design"),
    run:
        campaign.choose()
