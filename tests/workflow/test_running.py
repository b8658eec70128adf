"""The ways in which a user starts, watches, stops and cleans a study."""

import json
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.workflow.conftest import NOTHING, SNAKEFILE, RunningStudy, wait_for


def descendants(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def test_any_top_level_field_can_be_overridden_on_the_command_line(study: RunningStudy):
    study.run(config=("n_trial=3", "overrides={mass: 1.25}"))
    assert study.table()["mass"].to_list() == [1.25] * 3
    values = json.loads(study.layout.trial(2).named_values.read_text())
    assert values[0]["source"] == "override"


def test_it_runs_without_the_default_profile_and_on_one_core(study: RunningStudy):
    study.write(n_trial=2)  # each job is a process of its own here
    study.run("--workflow-profile", "none", cores=1)
    assert study.counters() == {0: 1, 1: 1}


def test_a_dry_run_tells_what_would_run_and_why_and_writes_nothing(study: RunningStudy):
    output = study.run("-n")
    assert not study.layout.root.exists()
    assert re.search(r"simulate +3", output)
    study.run()
    study.layout.trial(5).telemetry.unlink()
    before = sorted(study.layout.root.rglob("*"))
    output = study.run("-n")
    assert "trial 000005 runs again: its telemetry.parquet is missing" in output
    assert re.search(r"simulate +1", output)
    assert sorted(study.layout.root.rglob("*")) == before


def test_ctrl_c_ends_the_run_and_its_workers_within_seconds(study: RunningStudy):
    study.edit_module("    mj_data.qpos[0] = 0.5\n", "    mj_data.qpos[0] = 0.5\n    time.sleep(1.0)\n")
    process = study.start()
    wait_for(study.simulated)
    workers = descendants(process.pid)
    assert workers
    pressed = time.monotonic()
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert process.returncode != 0, output
    assert time.monotonic() - pressed < 15
    wait_for(lambda: not any(worker.is_running() for worker in workers), 10)
    study.run()
    assert study.counters() == dict.fromkeys(range(6), 1)


def test_workers_do_not_outlive_a_killed_main_process(study: RunningStudy):
    study.edit_module("    mj_data.qpos[0] = 0.5\n", "    time.sleep(60)\n")
    process = study.start()
    wait_for(lambda: any("--- simulate" in path.read_text() for path in study.layout.trials.glob("*/trial.log")))
    workers = descendants(process.pid)
    process.kill()
    process.wait()
    wait_for(lambda: not any(worker.is_running() and worker.status() != "zombie" for worker in workers), 10)


def test_two_runs_at_once_on_one_study_are_refused(study: RunningStudy):
    study.edit_module("    mj_data.qpos[0] = 0.5\n", "    mj_data.qpos[0] = 0.5\n    time.sleep(1.0)\n")
    process = study.start()
    wait_for(study.layout.trials.exists)
    output = study.run(ok=False)
    assert f"is being worked on by process {process.pid}" in output
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)


def test_clean_removes_the_results_and_nothing_else(study: RunningStudy):
    study.run()
    other = study.folder / "results" / "other"
    other.mkdir()
    output = study.run("clean")
    assert f"removing {study.layout.root}" in output
    assert not study.layout.root.exists()
    assert other.exists()
    assert study.file.exists()


def test_clean_does_not_follow_a_link_out_of_results(study: RunningStudy):
    precious = study.folder / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    study.layout.root.parent.mkdir()
    study.layout.root.symlink_to(precious)
    study.run("clean", ok=False)
    assert (precious / "file").exists()


def test_it_runs_from_anywhere(study: RunningStudy, tmp_path_factory: pytest.TempPathFactory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    command = [sys.executable, "-m", "snakemake", "-s", str(SNAKEFILE), "--directory", str(elsewhere), "--cores", "2"]
    subprocess.run([*command, "--config", f"study={study.file}"], check=True, capture_output=True, cwd="/")
    assert (elsewhere / "results" / "spring" / "report.html").exists()


def test_snakemakes_own_report_shows_the_page(study: RunningStudy):
    study.run()
    page = study.folder / "snakemake-report.html"
    study.run("--report", str(page))
    assert "report.html" in page.read_text()


def test_progress_is_printed_for_a_log_file(study: RunningStudy):
    assert "6 of 6 trials" in study.run()


def test_the_frozen_study_says_where_results_come_from(study: RunningStudy):
    study.run()
    frozen = json.loads(study.layout.study.read_text())
    provenance = frozen["provenance"]
    assert provenance["versions"]["mujoco"]
    assert provenance["machine"]["cpu_model"]
    assert "snakemake" in provenance["command"]
    assert frozen["study"]["seed"] == 7
    assert re.search(r"^mujoco==", study.layout.requirements.read_text(), re.MULTILINE)


def test_batches_of_one_make_a_rule_graph_a_trial(study: RunningStudy):
    study.write(batch_size=1, n_trial=3)
    study.run()
    assert len(list((study.layout.root / "scores").iterdir())) == 3
    assert NOTHING in study.run()


def test_snakemakes_lints_are_followed_but_for_the_one_with_a_reason():
    # no log: each trial has its own trial.log, and what a rule prints itself is for the terminal
    command = [sys.executable, "-m", "snakemake", "--lint", "-s", str(SNAKEFILE)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=SNAKEFILE.parent)
    assert set(re.findall(r"^ +\* (.*)$", result.stderr, re.MULTILINE)) == {"No log directive defined:"}
