"""Requirements, from the study file to the verdict: scored in every trial, and never a reason to simulate again."""

import json

from tests.workflow.conftest import RunningStudy

ONCE = dict.fromkeys(range(6), 1)
CHECK = """
def still(mojo_model, telemetry, mj_model, mj_data):
    return abs(mj_data.qvel[0]) < {limit}
"""


def test_requirements_are_judged_and_a_change_of_one_scores_again_without_simulating(study: RunningStudy):
    # x = 0.5·cos(√(10 kg/s² / m)·t) for 0.2 s: |x| stays below 0.5 m, and speed below 0.5·√(10/0.5)·sin(0.9) = 1.8 m/s
    check = study.module.with_name("checks.py")
    check.write_text(CHECK.format(limit=100.0))
    asked = {
        "slow": {"metric": "peak", "max": 2.0, "unit": "m/s"},
        "near": {"signal": "Joints/slide:qpos", "max": 0.6, "min": -0.6, "unit": "m"},
        "still": {"function": "code/checks.py:still"},
    }
    study.write(requirements=asked)
    output = study.run()
    assert "All 3 requirements need more trials" in output
    told = "requirement slow: NOT ENOUGH TRIALS (peak at most 2 m/s, in at least 95 % of trials): 5 of 5 trials pass"
    assert told in output  # trial 0 is nominal
    assert "40 more trials would be enough, if all of them pass" in output  # 45 of 45
    row, status = study.table().row(3, named=True), study.status(3)["score"]["requirements"]
    assert [row[f"requirement:{name}"] for name in asked] == [True] * 3
    assert row["requirement value:slow"] == row["peak"] == status["slow"]["value"]
    assert status["still"] == {"met": True, "value": None}
    study.assert_nothing_to_do()

    asked["slow"]["max"] = 0.1  # not met, which is a result and no error
    study.write(requirements=asked)
    output = study.run()
    assert "requirements.slow.max: 2.0 → 0.1" in output
    assert "requirement slow: NOT MET" in output
    assert json.loads(study.layout.complete.read_text())["requirements"]["slow"] == "NOT MET"
    assert "0 of 5" in study.layout.report.read_text()
    assert study.counters("score") == dict.fromkeys(range(6), 2)

    asked["near"]["probability"] = 0.5  # 5 of 5: 0.5⁵ = 0.031, so the trials there are do
    study.write(requirements=asked)
    assert "requirement near: MET" in study.run()
    assert study.counters("score") == dict.fromkeys(range(6), 2)

    check.write_text(CHECK.format(limit=0.0))
    assert "requirement still: NOT MET" in study.run()
    assert study.counters("score") == dict.fromkeys(range(6), 3)
    assert study.counters() == ONCE
    assert study.counters("generate") == ONCE
    study.assert_nothing_to_do()


def test_a_trial_without_the_metric_fails_and_counts_as_not_passed(study: RunningStudy):
    study.edit_module(
        '    return {"objective"', '    if mojo_model.trial_num == 4:\n        return 1.0\n    return {"objective"'
    )
    study.write(requirements={"slow": {"metric": "peak", "max": 2.0}})
    output = study.run(ok=False)
    assert "trial 000004 failed: Metric 'peak' is not in what the objective function returned" in output
    assert "4 of 5 trials pass; 1 of them did not finish, which counts as not passed" in output
    assert study.table()["requirement:slow"].to_list() == [True] * 4 + [None, True]
    page = study.layout.report.read_text().replace("\N{NO-BREAK SPACE}", " ")
    assert "4 of 4 (100 %) of those that finished" in page


def test_a_posted_signal_can_be_judged_and_a_study_needs_no_objective(study: RunningStudy):
    study.edit_module(
        "        runtime_manager.step(mj_model, mj_data)",
        "        runtime_manager.step(mj_model, mj_data)\n"
        "        runtime_manager.signals.post(mj_data.qpos[0] / 2, 'Half', 'slide')",
    )
    study.write(
        objective=None, requirements={"near": {"signal": "Half/slide:value", "max": 0.25, "quantile": 0.9, "unit": "m"}}
    )
    assert (
        "requirement near: NOT ENOUGH TRIALS (90 % quantile of each trial's greatest Half/slide:value at most 0.25 m)"
        in study.run()
    )
    assert study.table()["requirement:near"].all()
