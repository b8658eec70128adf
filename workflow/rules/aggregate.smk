"""Aggregate: one row a trial.

Needs   design, models, outcomes and scores of all batches
Makes   trials.parquet
"""


rule aggregate:
    """Join the tables of all stages and batches."""
    input:
        design=tables_of_all_batches("design"),
        models=tables_of_all_batches("models"),
        outcomes=tables_of_all_batches("outcomes"),
        scores=tables_of_all_batches("scores"),
    output:
        table=layout.trials_table,
    localrule: True
    run:
        campaign.aggregate()
