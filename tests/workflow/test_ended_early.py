"""Trials that end as soon as a requirement is decided: what the files, the tables and the report say of them."""

import json

import polars as pl
import pytest

from tests.workflow.conftest import RunningStudy

# x = 0.5·cos(ω·t), ω = √(10 kg/s² / m); the runtime takes 0.2 s
FAST = {"signal": "Joints/slide:qvel", "min": -1.0, "ends_trial": True}
NEAR = {"signal": "Joints/slide:qpos", "max": 0.45, "over": "end", "ends_trial": True}
STUMBLE = """        if mojo_model.trial_num == 2 and mj_data.time > 0.045:
            runtime_manager.stop("fell over", failure=True)
        if runtime_manager.stopped:
            break
"""


def test_trials_end_by_the_requirement_that_decides_them(study: RunningStudy):
    # a seed that draws masses between 0.72 and 1.53 kg: those under 0.92 kg reach 1 m/s within 0.2 s
    study.write(seed=5, requirements={"slow": FAST, "whole": {"signal": "Joints/slide:qpos", "max": 0.5}})
    study.run()
    table = study.table()
    assert table["outcome"].to_list() == ["success"] * 6
    for row in table.iter_rows(named=True):
        violated = 0.5 * (10 / row["mass"]) ** 0.5 > 1.0 and row["requirement value:slow"] < -1.0
        status = study.status(row["trial"])["simulate"]
        assert row["requirement:whole"]  # judged by what there is
        if violated:
            assert (row["ended_by"], row["ended_at"]) == ("slow", row["simulated_seconds"])
            assert not row["requirement:slow"]
            assert row["ended_at"] < 0.2
            assert row["steps"] == round(row["ended_at"] / 0.01)
        else:
            assert row["ended_by"] is row["ended_at"] is None
            assert row["requirement:slow"]
            assert row["simulated_seconds"] == pytest.approx(0.2)
        assert (status["ended_by"], status["ended_at"]) == (row["ended_by"], row["ended_at"])
    ended = table["ended_by"].count()
    assert 0 < ended < 6
    assert f"Ended before their time: {ended} by “slow”." in study.layout.report.read_text()
    study.assert_nothing_to_do()

    # a requirement that ends no trial is judged anew, one that does is simulated anew
    study.write(requirements={"slow": FAST, "whole": {"signal": "Joints/slide:qpos", "max": 0.4}})
    study.run()
    assert study.counters() == dict.fromkeys(range(6), 1)
    study.write(requirements={"near": NEAR})
    study.run()
    assert study.counters() == dict.fromkeys(range(6), 2)
    table = study.table()
    assert (table["requirement:near"] == table["ended_by"].is_not_null()).all()
    assert table["requirement:near"].any()

    # the user's runtime can end a trial as a failure, with its telemetry whole
    step = "        runtime_manager.step(mj_model, mj_data)\n"
    study.edit_module(step, step + STUMBLE)
    assert "fell over" in study.run(ok=False)
    table = study.table()
    assert table["outcome"].to_list() == ["success", "success", "failed", "success", "success", "success"]
    assert table["error"][2] == "The runtime ended it at t = 0.05 s: fell over"
    assert pl.read_parquet(study.layout.trial(2).telemetry)["time"][-1] == pytest.approx(0.05)


def test_trials_that_end_early_side_by_side_are_those_of_the_loop_engine(study: RunningStudy):
    study.write(runtime=None, duration=0.2, n_trial=4, requirements={"late": {"signal": "time", "max": 0.045}})
    study.run()
    assert json.loads(study.layout.study.read_text())["engine"]["name"] == "batch"
    study.write(requirements={"late": {"signal": "time", "max": 0.045, "ends_trial": True}})
    study.run()
    engine = json.loads(study.layout.study.read_text())["engine"]
    assert (engine["name"], engine["in_blocks"]) == ("batch", False)
    table = study.table()
    assert table["ended_at"].to_list() == pytest.approx([0.05] * 4)
    told = ["steps", "simulated_seconds", "ended_by", "ended_at", "objective", "peak"]
    study.write(engine="loop")
    study.run()
    assert study.table()["engine"].to_list() == ["loop"] * 4
    assert study.table().select(told).equals(table.select(told))


VECTORIZED = """
from mojo.runtime.batch.vectorized import vectorized


@vectorized
def side_by_side(mojo_models, runtime_manager, mj_models, batch):
    while batch.time[0] < 0.2:
        runtime_manager.step(mj_models, batch)
"""


def test_a_vectorized_runtime_cannot_end_single_trials(study: RunningStudy):
    study.module.write_text(study.module.read_text() + VECTORIZED)
    study.write(runtime="code/spring.py:side_by_side", requirements={"slow": FAST})
    output = study.run(ok=False)
    assert "requirements.slow.ends_trial: a @vectorized runtime steps all its trials to the same instant" in output


def test_a_signal_that_the_model_does_not_have_ends_no_study_by_surprise(study: RunningStudy):
    study.write(requirements={"x": FAST | {"signal": "Joints/slid:qvel"}})
    output = study.run(ok=False)
    assert (
        "requirements.x.signal: Signal 'Joints/slid:qvel' is not in the model, so `ends_trial` cannot go by" in output
    )
    assert "Did you mean 'Joints/slide:qvel'?" in output
