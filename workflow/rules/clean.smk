"""Clean: remove a study's results.

Needs   nothing
Makes   nothing; removes results/<study>
"""


rule clean:
    """Remove results/<study> and nothing else."""
    localrule: True
    run:
        campaign.clean()
