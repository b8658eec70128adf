"""The executor takes the stages of batches, and no other rule may come to it."""

import re
from pathlib import Path

from mojo.trial.status import STAGES

RULES = Path(__file__).resolve().parents[2] / "workflow" / "rules"


def test_every_rule_is_a_stage_of_a_batch_or_runs_where_snakemake_runs():
    texts = [part for path in RULES.glob("*.smk") for part in re.split(r"^rule ", path.read_text(), flags=re.M)[1:]]
    elsewhere = {text.partition(":")[0] for text in texts if "localrule: True" not in text}
    assert elsewhere == set(STAGES)
