"""Film: the trials that the study picks, from the states that their runs have saved.

Needs   trials.parquet, trials/<trial>/{frames.parquet, model.xml, config.json}; without frames, the run is repeated
Makes   films.json, trials/<trial>/{<recorder>.mp4, <recorder>_<time>s.png, films.json}; removes what no film needs
"""


rule film:
    """Film the picked trials; a film that cannot be made fails nothing else."""
    input:
        trials=layout.trials_table,
    output:
        films=layout.films,
    localrule: True
    params:
        depends_on=depends_on("film"),
    run:
        campaign.film()
