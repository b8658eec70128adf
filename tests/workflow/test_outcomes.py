"""Every outcome, made to happen for real, leaves its traceback in trial.log and its reason in status.json and table."""

import pytest

from tests.workflow.conftest import RunningStudy

FAULT = "    if mojo_model.trial_num == 4:\n        {}\n"


def assert_trial_4_is(study: RunningStudy, outcome: str, stage: str, reason: str, in_log: str) -> None:
    status = study.status(4)
    row = study.table().row(4, named=True)
    assert (status["outcome"], status["stage"]) == (row["outcome"], row["stage"]) == (outcome, stage)
    assert reason in status["error"]
    assert row["error"] == status["error"]
    assert "\n" not in status["error"]
    log = study.layout.trial(4).log.read_text()
    assert in_log in log
    others = study.table().filter(study.table()["trial"] != 4)
    assert others["outcome"].to_list() == ["success"] * 5
    assert others["objective"].is_not_null().all()
    assert not list(study.folder.rglob("MUJOCO_LOG.TXT"))


@pytest.mark.parametrize(
    ("place", "stage"),
    [
        ("    spec = mujoco.MjSpec.from_string(MODEL)\n", "generate"),
        ("    mj_data.qpos[0] = 0.5\n", "simulate"),
        ('    return {"objective"', "score"),
    ],
)
def test_an_exception_in_a_user_function_is_that_trials_failure(study: RunningStudy, place: str, stage: str):
    study.edit_module(place, FAULT.format("raise ValueError('the wheel came off')") + place)
    output = study.run(ok=False)
    assert_trial_4_is(study, "failed", stage, "ValueError: the wheel came off", "Traceback (most recent call last)")
    assert study.layout.report.exists()
    assert "trial 000004 failed: ValueError: the wheel came off" in output
    assert str(study.layout.trial(4).log.relative_to(study.folder)) in output
    assert "1 of 6 trials failed, and the study allows 0" in output
    before = study.counters(stage)
    study.run(ok=False)
    assert study.counters(stage) == before | {4: before[4] + 1}  # the next run tries just that one again


def test_code_that_ends_its_process_politely_or_changes_folder_costs_no_other_trial(study: RunningStudy):
    faults = ("raise KeyboardInterrupt", "sys.exit(0)", "os.chdir('/')", "raise Mute")
    lines = "".join(
        f"    if mojo_model.trial_num == {trial}:\n        {fault}\n" for trial, fault in enumerate(faults, start=1)
    )
    mute = "class Mute(Exception):\n    def __str__(self):\n        raise RuntimeError\n\n\n"
    study.edit_module("import os,", "import sys, os,")
    study.edit_module("def run(", mute + "def run(")
    study.edit_module("    mj_data.qpos[0] = 0.5\n", lines + "    mj_data.qpos[0] = 0.5\n")
    study.run(ok=False)
    outcomes = ["success", "failed", "failed", "success", "failed", "success"]
    assert study.table()["outcome"].to_list() == outcomes
    assert study.table()["error"].to_list()[1:5] == ["KeyboardInterrupt", "SystemExit: 0", None, "Mute"]


def test_failures_may_be_allowed(study: RunningStudy):
    study.edit_module(
        "    mj_data.qpos[0] = 0.5\n", FAULT.format("raise ValueError('no')") + "    mj_data.qpos[0] = 0.5\n"
    )
    study.write(max_failures="20%")
    study.run()
    assert study.table()["outcome"].to_list().count("failed") == 1


def test_a_failed_trial_is_tried_again_within_the_run_as_often_as_asked(study: RunningStudy):
    flag = study.folder / "tried"
    fault = f"import pathlib; p = pathlib.Path({str(flag)!r}); p.exists() or (p.touch(), 1 / 0)"
    study.edit_module("    mj_data.qpos[0] = 0.5\n", FAULT.format(fault) + "    mj_data.qpos[0] = 0.5\n")
    study.write(retries=1)
    study.run()
    assert study.status(4)["runs"]["simulate"] == 2
    assert study.status(4)["outcome"] == "success"


def test_a_model_that_blows_up_is_no_success_though_mujoco_resets_it_to_rest(study: RunningStudy):
    # explicit Euler with ω·dt = sqrt(1e7/1)·0.01 ≈ 32 ≫ 2 is unstable: the amplitude grows until MuJoCo resets it
    study.edit_module(
        "    mojo_model.spec = spec\n",
        FAULT.format("spec.joint('slide').stiffness = [1e7, 0, 0]") + "    mojo_model.spec = spec\n",
    )
    study.run()
    assert_trial_4_is(study, "diverged", "simulate", "QACC", "MuJoCo warning")
    row = study.table().row(4, named=True)
    assert row["objective"] is None
    assert row["simulated_seconds"] < 0.2
    study.assert_nothing_to_do()  # a diverged trial is a result


def test_a_runtime_that_steps_by_itself_cannot_hide_a_divergence(study: RunningStudy):
    study.edit_module(
        "    mj_data.qpos[0] = 0.5\n",
        "    mj_data.qpos[0] = 0.5\n" + FAULT.format("mj_data.qvel[0] = 1e12; mujoco.mj_step(mj_model, mj_data)"),
    )
    study.run()
    assert_trial_4_is(study, "diverged", "simulate", "", "MuJoCo warning")


def test_an_endless_loop_is_ended_at_the_time_limit(study: RunningStudy):
    study.edit_module("    mj_data.qpos[0] = 0.5\n", FAULT.format("while True: pass") + "    mj_data.qpos[0] = 0.5\n")
    study.write(timeout=2.0)
    study.run(ok=False)
    assert_trial_4_is(study, "timeout", "simulate", "time limit of 2 s", "in run")  # the stack where it hung


@pytest.mark.parametrize(
    ("deed", "reason", "in_log"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL", "died: SIGKILL"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV", "Segmentation fault"),
        ("os._exit(3)", "exit code 3", "died: exit code 3"),
        ("os._exit(0)", "exit code 0", "died: exit code 0"),
        ("os.closerange(3, 256)", "closed files that are not its own", "died: it closed files"),
        ("os.killpg(0, signal.SIGKILL)", "SIGKILL", "died: SIGKILL"),
    ],
)
def test_a_worker_that_dies_takes_only_its_own_trial(study: RunningStudy, deed: str, reason: str, in_log: str):
    study.edit_module("    mj_data.qpos[0] = 0.5\n", FAULT.format(deed) + "    mj_data.qpos[0] = 0.5\n")
    study.run(ok=False)
    assert_trial_4_is(study, "crashed", "simulate", reason, in_log)
    assert study.counters() == dict.fromkeys(range(6), 1)


def test_a_study_without_runtime_only_generates(study: RunningStudy):
    study.write(runtime=None, objective=None)
    study.run()
    assert study.table()["outcome"].to_list() == ["skipped"] * 6
    assert study.layout.trial(0).model.exists()
    study.assert_nothing_to_do()


def test_the_built_in_runtime_steps_for_the_duration(study: RunningStudy):
    study.write(runtime=None, duration=0.5)
    study.run()
    assert study.table()["steps"].to_list() == [50] * 6  # 0.5 s / 0.01 s
    study.assert_nothing_to_do()
