"""After whatever happens, exactly the trials that must run do run, and then there is nothing to do."""

import shutil
import signal

import polars as pl
import pytest

from tests.workflow.conftest import RunningStudy, wait_for

ONCE = dict.fromkeys(range(6), 1)


def test_second_run_has_nothing_to_do(study: RunningStudy):
    study.run()
    assert study.counters() == ONCE
    study.assert_nothing_to_do()


@pytest.mark.parametrize(
    ("file", "generated_again", "simulated_again"),
    [
        ("telemetry.parquet", False, True),
        ("status.json", True, True),
        ("model.xml", True, False),  # the model comes out as it was, so what followed from it holds
        ("config.json", True, False),
        (None, True, True),
    ],
)
def test_a_lost_file_runs_its_trial_again_and_no_other(
    study: RunningStudy, file: str | None, generated_again: bool, simulated_again: bool
):
    study.run()
    before = study.table().drop("wall_seconds", "generate_seconds", "runs")
    folder = study.layout.trial(3).folder
    if file is None:
        shutil.rmtree(folder)
    else:
        (folder / file).unlink()
    output = study.run()
    assert "trial 000003 runs again" in output
    fresh = file in ("status.json", None)  # the counter was lost with the status
    assert study.counters() == ONCE | {3: 2 if simulated_again and not fresh else 1}
    assert study.counters("generate") == ONCE | {3: 2 if generated_again and not fresh else 1}
    assert before.equals(study.table().drop("wall_seconds", "generate_seconds", "runs"))
    study.assert_nothing_to_do()


@pytest.mark.parametrize("stage", ["design", "models", "outcomes", "scores"])
def test_a_lost_table_is_made_again_without_running_a_trial(study: RunningStudy, stage: str):
    study.run()
    study.layout.table(stage, 1).unlink()
    study.run()
    assert study.counters() == ONCE
    assert study.counters("score") == ONCE
    study.assert_nothing_to_do()


def test_damaged_files_are_made_again_and_the_run_goes_on(study: RunningStudy):
    study.run()
    before = study.table().drop("wall_seconds", "generate_seconds", "runs")
    study.layout.trial(3).telemetry.write_bytes(b"")  # as a power failure leaves it
    study.layout.trial(4).config.write_text("{")
    study.layout.trial(5).model.unlink()  # its batch is generated again, and finds trial 4
    study.layout.table("outcomes", 1).write_bytes(b"PAR1")
    assert "trial 000003 runs again: its telemetry.parquet is empty" in study.run()
    assert study.counters() == ONCE | {3: 2}
    assert study.counters("generate") == ONCE | {4: 2, 5: 2}
    assert before.equals(study.table().drop("wall_seconds", "generate_seconds", "runs"))
    study.assert_nothing_to_do()


def test_kill_in_the_middle_of_a_batch_loses_no_finished_trial(study: RunningStudy):
    study.write(n_trial=8, batch_size=8)
    study.edit_module("    mj_data.qpos[0] = 0.5", "    time.sleep(0.4)\n    mj_data.qpos[0] = 0.5")
    process = study.start()
    wait_for(lambda: len(study.simulated()) >= 3)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = study.simulated()
    assert 3 <= len(done) < 8
    stamps = {number: study.layout.trial(number).telemetry.stat().st_mtime_ns for number in done}
    study.run()
    assert study.counters() == dict.fromkeys(range(8), 1)
    assert stamps == {number: study.layout.trial(number).telemetry.stat().st_mtime_ns for number in done}
    study.assert_nothing_to_do()


def test_growing_from_20_to_50_runs_the_30_new_trials(study: RunningStudy):
    study.write(n_trial=20, batch_size=8)
    study.run()
    before = study.table()
    study.run(config=("n_trial=50",))
    assert study.counters() == dict.fromkeys(range(50), 1)
    columns = ["trial", "mass", "objective", "peak", "model_hash"]
    assert study.table().head(20).select(columns).equals(before.select(columns))
    study.write(n_trial=50)
    study.assert_nothing_to_do()


def test_a_changed_parameter_runs_the_trials_whose_values_change(study: RunningStudy):
    study.run()
    parameter = study.keys["parameters"]["mass"]
    study.write(parameters={"mass": parameter | {"nominal": 1.1}})
    assert "parameters.mass.nominal: 1.0 → 1.1" in study.run()
    assert study.counters() == ONCE | {0: 2}
    study.write(parameters={"mass": parameter | {"high": 3.0, "nominal": 1.1}})
    study.run()
    assert study.counters() == {0: 2} | dict.fromkeys(range(1, 6), 2)
    study.assert_nothing_to_do()


def test_a_trial_that_is_no_longer_nominal_draws_what_its_generator_draws(study: RunningStudy):
    normal = '{"distribution": "normal", "mean": 1.0, "std": 0.1, "nominal": 1.0}'
    study.edit_module(
        "    mojo_model.spec = spec\n", f'    mojo_model.spec = spec\n    mojo_model.draw("width", {normal})\n'
    )
    study.write(parameters={"mass": {"distribution": "uniform", "low": 0.5, "high": 1.5}})  # no nominal: the row stays
    study.run()
    before = study.table()
    study.write(nominal_trial=False)
    study.run()
    after = study.table()
    assert before["mass"].equals(after["mass"])
    assert (before["width"] == 1.0).to_list() == [True] + [False] * 5
    assert not (after["width"] == 1.0).any()
    assert before["width"][1:].equals(after["width"][1:])
    assert study.counters("generate") == ONCE | {0: 2}


@pytest.mark.parametrize("engine", ["loop", "batch"])
def test_other_signals_are_recorded_and_those_of_before_are_not(study: RunningStudy, engine: str):
    study.edit_module(
        "    mojo_model.spec = spec\n", '    mojo_model.spec = spec\n    mojo_model.signals = ["Joints/*:qpos"]\n'
    )
    study.edit_module('telemetry["Joints/slide:qvel"]', 'telemetry["Joints/slide:qpos"]')
    if engine == "batch":
        study.write(runtime=None, run_kwargs={}, duration=0.2)
    study.write(engine=engine, signals=["Joints/*:q*"])
    study.run()
    study.write(signals=["Bodies/mass/xpos"])
    output = study.run()
    assert study.table()["engine"].unique().to_list() == [engine]
    assert f"engine: {engine}" in output
    columns = pl.read_parquet_schema(study.layout.trial(3).telemetry)
    own = [name for name in columns if name != "time"]
    assert sorted(own) == ["Bodies/mass/xpos:x", "Bodies/mass/xpos:y", "Bodies/mass/xpos:z", "Joints/slide:qpos"]
    assert set(study.counters("generate").values()) == {1}


def test_a_comment_in_the_study_file_runs_nothing(study: RunningStudy):
    study.run()
    study.file.write_text("# a comment\n" + study.file.read_text().replace("n_trial: 6", "n_trial:   6   # six"))
    study.assert_nothing_to_do()


def test_an_edited_module_runs_what_depends_on_it(study: RunningStudy):
    study.run()
    study.module.write_text("# a comment\n" + study.module.read_text())
    study.assert_nothing_to_do()
    study.edit_module("mj_data.time < 0.2", "mj_data.time < 0.3")
    assert "spring.py has changed" in study.run()
    assert study.counters() == dict.fromkeys(range(6), 2)
    assert study.table()["simulated_seconds"].to_list() == pytest.approx([0.3] * 6)
    study.assert_nothing_to_do()


def test_an_objective_in_a_file_of_its_own_is_scored_again_without_simulating(study: RunningStudy):
    score = study.module.with_name("judge.py")
    score.write_text("def objective(mojo_model, telemetry, mj_model, mj_data):\n    return 1.0\n")
    study.write(objective="code/judge.py:objective")
    study.run()
    score.write_text(score.read_text().replace("1.0", "2.0"))
    study.run()
    assert study.table()["objective"].to_list() == [2.0] * 6
    assert study.counters() == ONCE
    study.assert_nothing_to_do()


def test_a_neighbour_that_the_module_imports_counts_as_its_code(study: RunningStudy):
    neighbour = study.module.with_name("numbers_of_mine.py")
    neighbour.write_text("LENGTH = 0.2\n")
    study.edit_module("import mujoco\n", "import mujoco\nfrom numbers_of_mine import LENGTH\n")
    study.edit_module("mj_data.time < 0.2", "mj_data.time < LENGTH")
    study.run()
    neighbour.write_text("LENGTH = 0.4\n")
    study.run()
    assert study.table()["simulated_seconds"].to_list() == pytest.approx([0.4] * 6)


def test_results_do_not_depend_on_cores_or_batch_size(study: RunningStudy):
    study.run(cores=1)
    one = study.table().select("trial", "mass", "objective", "peak", "model_hash")
    telemetry = pl.read_parquet(study.layout.trial(4).telemetry)
    study.run("clean")
    study.write(batch_size=5)
    study.run(cores=4)
    assert study.table().select("trial", "mass", "objective", "peak", "model_hash").equals(one)
    assert pl.read_parquet(study.layout.trial(4).telemetry).equals(telemetry)


def test_batch_size_stays_as_it_was_first_frozen(study: RunningStudy):
    study.run()
    study.write(batch_size=3)
    output = study.run()
    assert "batch_size stays 2" in output
    assert study.counters() == ONCE


def test_a_latin_hypercube_that_should_grow_is_refused(study: RunningStudy):
    study.write(design="lhs")
    study.run()
    output = study.run(config=("n_trial=8",), ok=False)
    assert "Latin hypercube of 6 trials cannot grow to 8" in output
    assert study.counters() == ONCE


def test_a_missing_seed_is_drawn_once_and_kept(study: RunningStudy):
    study.write(seed=None)
    study.run()
    before = study.table()
    study.assert_nothing_to_do()
    study.layout.table("design", 0).unlink()
    study.run()
    assert study.table()["mass"].equals(before["mass"])
    assert study.counters() == ONCE
