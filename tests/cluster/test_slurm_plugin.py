"""Studies through Snakemake's own SLURM plugin."""

import pytest

from tests.cluster.conftest import PROFILE, ClusterStudy
from tests.extras import needs

pytestmark = [
    pytest.mark.slurm,
    pytest.mark.xdist_group("slurm"),
    *needs("snakemake_executor_plugin_slurm", "slurm-plugin"),
]


def test_snakemakes_own_plugin_runs_a_study_with_its_profile(study: ClusterStudy):
    study.write(n_trial=2, slurm={"time": 5})
    quick = ["--slurm-init-seconds-before-status-checks", "2", "--seconds-between-status-checks", "2"]
    profile = ["--profile", str(PROFILE.with_name("slurm-plugin"))]
    output = study.run_locally(*profile, *quick)
    assert output.count("has been submitted with SLURM jobid") == 3, output
    assert "the study's key slurm is not read by the executor slurm" in output
    assert study.counters() == {0: 1, 1: 1}
    assert set(study.table()["outcome"]) == {"success"}
    study.assert_nothing_to_do()
