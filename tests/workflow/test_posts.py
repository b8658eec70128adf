"""A controller at another rate than the recorded rows: its values hold, or the trial says how many are lost."""

import polars as pl
import pytest

from mojo.report.trial_page import write_pages
from tests.workflow.conftest import RunningStudy

LOOP = """def run(mojo_model, runtime_manager, mj_model, mj_data):
    mj_data.qpos[0], steps = 0.5, 0
    while steps < 200:
        if steps % 7 == 0:
            control = mojo_model.rng("noise").normal()
            runtime_manager.signals.post(control, "Control", attr="u", hold=HOLD)
        runtime_manager.step(mj_model, mj_data)
        steps += 1
"""
VECTORIZED = """from mojo import vectorized


@vectorized
def run(mojo_models, runtime_manager, mj_models, batch):
    batch.qpos[:, 0], steps = 0.5, 0
    while steps < 200:
        if steps % 7 == 0:
            control = runtime_manager.rng("noise").normal()
            runtime_manager.signals.post(control, "Control", attr="u", hold=HOLD)
        runtime_manager.step(mj_models, batch)
        steps += 1
"""
# 200 / 7 → 29 posts; steps 0, 70 and 140 have rows of their own
SENTENCE = "26 of 29 posts of 'Control:u' fell between recorded rows: post with hold=True, or set record_decimation: 1."


@pytest.mark.parametrize("source", [LOOP, VECTORIZED], ids=["loop", "vectorized"])
def test_posts_between_the_rows_are_held_or_told_in_log_status_and_page(study: RunningStudy, source: str):
    text = study.module.read_text()
    study.edit_module(text[text.index("def run(") : text.index("def objective(")], source.replace("HOLD", "False"))
    study.write(record_decimation=10, n_trial=3, batch_size=3)
    study.run()
    write_pages(study.layout, range(3))
    for number in range(3):
        trial, record = study.layout.trial(number), study.status(number)["simulate"]
        assert (record["posts"], record["dropped_posts"]) == ({"Control:u": 29}, {"Control:u": 26})
        assert SENTENCE in trial.log.read_text()
        told = SENTENCE.replace("'", "&#39;")
        assert f"<dt>Posts in no row</dt><dd>{told}</dd>" in trial.page.read_text()  # the log stands there too
        assert pl.read_parquet(trial.telemetry)["Control:u"].drop_nulls().n_unique() == 3
    study.edit_module("hold=False", "hold=True")
    study.run()
    write_pages(study.layout, range(3))
    for number in range(3):
        trial, record = study.layout.trial(number), study.status(number)["simulate"]
        assert (record["posts"], record["dropped_posts"]) == ({"Control:u": 29}, {})
        assert "posts of" not in trial.log.read_text().partition("--- score")[2]
        assert "Posts in no row" not in trial.page.read_text()
        held = pl.read_parquet(trial.telemetry)["Control:u"]
        assert held.null_count() == 0
        assert held.n_unique() == 21  # a row every 10 steps, a value every 7
