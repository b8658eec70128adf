"""Report: one page for a person.

Needs   trials.parquet, study.json, trials/<trial>/telemetry.parquet, films.json where trials are filmed
Makes   report.html, evidence.json
"""


rule report:
    """Write the aggregation report, one HTML file that opens offline."""
    input:
        trials=layout.trials_table,
        films=films_of_study,
    output:
        page=report(layout.report, caption="../report/report.rst", category="Study"),
        evidence=layout.evidence,
    localrule: True
    params:
        depends_on=depends_on("report"),
        contract=contract,
    run:
        campaign.report()
