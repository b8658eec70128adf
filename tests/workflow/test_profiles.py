"""The profiles beside the default run a study to its end."""

from tests.workflow.conftest import SNAKEFILE, RunningStudy

PROFILES = SNAKEFILE.parent / "profiles"


def test_the_generic_profile_runs_a_study_with_a_shell_as_the_submit_command(study: RunningStudy):
    study.write(n_trial=2)
    study.run("--profile", str(PROFILES / "generic"), "--seconds-between-status-checks", "1", "--latency-wait", "5")
    assert study.counters() == {0: 1, 1: 1}
    study.assert_nothing_to_do()


def test_without_slurm_its_profile_says_so_at_once(study: RunningStudy, monkeypatch, tmp_path_factory):
    programs = tmp_path_factory.mktemp("bin")
    for name in ("bash", "which", "git"):
        (programs / name).symlink_to(f"/usr/bin/{name}")
    monkeypatch.setenv("PATH", str(programs))
    output = study.run("--profile", str(PROFILES / "slurm"), ok=False)
    assert "SLURM is not on this machine: sbatch, squeue, scancel, scontrol were looked for in PATH" in output
    assert "leave out --profile profiles/slurm" in output
    assert not study.layout.trials.exists()
