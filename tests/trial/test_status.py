"""status.json says how far a trial has come, and from it what must run again."""

from pathlib import Path

import pytest

from mojo.layout import TrialLayout
from mojo.study.monte_carlo import MonteCarloStudy
from mojo.trial.status import ended_before, is_done, read_status, stage_due, write_stage

KEYS = {"name": "drop", "kind": "monte-carlo"}
SIMULATED = MonteCarloStudy.model_validate(KEYS | {"generator": "/drop.py:generate", "duration": 1.0})
GENERATED = MonteCarloStudy.model_validate(KEYS | {"generator": "/drop.py:generate"})
COMMANDED = MonteCarloStudy.model_validate(KEYS | {"command": ["train"]})
UNSCORED = MonteCarloStudy.model_validate(KEYS | {"command": {"run": ["train"], "score": False}})


@pytest.fixture
def trial(tmp_path: Path) -> TrialLayout:
    """A trial that has been generated, simulated and scored, with all of its files."""
    trial = TrialLayout(tmp_path / "trials" / "000017")
    trial.folder.mkdir(parents=True)
    for path in (trial.model, trial.config, trial.named_values, trial.telemetry):
        path.write_text("content")
    write_stage(trial, "generate", None, fingerprint="g", details={"model_hash": "m"})
    write_stage(trial, "simulate", None, fingerprint="s", details={"steps": 20})
    write_stage(trial, "score", "success", fingerprint="o", details={"objective": 1.5})
    return trial


def test_a_status_holds_the_outcome_and_a_record_of_every_stage(trial: TrialLayout):
    status = read_status(trial)
    assert (status["trial"], status["outcome"], status["stage"], status["error"]) == (17, "success", "score", None)
    assert status["runs"] == {"generate": 1, "simulate": 1, "score": 1}
    assert status["generate"]["model_hash"] == "m"
    assert status["simulate"] == {"outcome": None, "error": None, "fingerprint": "s", "steps": 20}


def test_a_stage_that_runs_again_is_counted_and_drops_what_came_after_it(trial: TrialLayout):
    status = write_stage(trial, "simulate", "failed", "ValueError: no", fingerprint="s2")
    assert status == read_status(trial)
    assert (status["outcome"], status["stage"], status["error"]) == ("failed", "simulate", "ValueError: no")
    assert status["runs"] == {"generate": 1, "simulate": 2, "score": 1}
    assert "score" not in status
    assert "generate" in status


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", "null", b"\xff\xfe"])
def test_a_status_that_cannot_be_read_is_none(trial: TrialLayout, content: str | bytes):
    trial.status.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert read_status(trial) == {}


def test_a_stage_is_done_with_the_same_fingerprint_unless_it_was_an_accident(trial: TrialLayout):
    assert is_done(read_status(trial), "simulate", "s")
    assert not is_done(read_status(trial), "simulate", "another")
    assert not is_done({}, "simulate", "s")
    for outcome, done in {"diverged": True, "failed": False, "timeout": False, "crashed": False}.items():
        status = write_stage(trial, "simulate", outcome, "why", fingerprint="s")
        assert is_done(status, "simulate", "s") == done


def test_a_trial_that_ended_does_not_enter_the_next_stage(trial: TrialLayout):
    assert not ended_before(read_status(trial), "score")
    diverged = write_stage(trial, "simulate", "diverged", "QACC")
    assert ended_before(diverged, "score")
    assert not ended_before(diverged, "simulate")
    assert ended_before({}, "simulate")  # it was never generated
    assert not ended_before({}, "generate")


def test_a_complete_trial_is_not_due(trial: TrialLayout):
    assert stage_due(trial, SIMULATED) is None


@pytest.mark.parametrize("name", ["model", "config", "named_values"])
def test_a_lost_file_of_the_generator_is_generated_again(trial: TrialLayout, name: str):
    path: Path = getattr(trial, name)
    path.unlink()
    assert stage_due(trial, SIMULATED) == ("generate", f"its {path.name} is missing")


def test_an_empty_file_is_a_lost_one(trial: TrialLayout):
    trial.telemetry.write_bytes(b"")
    assert stage_due(trial, SIMULATED) == ("simulate", "its telemetry.parquet is empty")


def test_lost_telemetry_is_simulated_again_but_not_missed_where_nothing_is_simulated(trial: TrialLayout):
    trial.telemetry.unlink()
    assert stage_due(trial, SIMULATED) == ("simulate", "its telemetry.parquet is missing")
    write_stage(trial, "generate", "skipped")
    assert stage_due(trial, GENERATED) is None
    assert stage_due(trial, SIMULATED) == ("simulate", "it has not been simulated")


def test_a_lost_or_broken_status_starts_the_trial_anew(trial: TrialLayout, tmp_path: Path):
    trial.status.write_text("{")
    assert stage_due(trial, SIMULATED) == ("generate", "its status.json cannot be read")
    trial.status.unlink()
    assert stage_due(trial, SIMULATED) == ("generate", "it has no status.json")
    assert stage_due(TrialLayout(tmp_path / "000099"), SIMULATED) == ("generate", "its folder is missing")


@pytest.mark.parametrize("outcome", ["failed", "timeout", "crashed"])
@pytest.mark.parametrize("stage", ["generate", "simulate", "score"])
def test_an_accident_runs_again_from_its_stage(trial: TrialLayout, stage, outcome: str):
    write_stage(trial, stage, outcome, "why")
    assert stage_due(trial, SIMULATED) == (stage, f"it ended as {outcome}")


def test_a_diverged_trial_is_a_result(trial: TrialLayout):
    write_stage(trial, "simulate", "diverged", "QACC")
    assert stage_due(trial, SIMULATED) is None


def test_a_trial_that_stopped_on_the_way_goes_on_from_there(trial: TrialLayout):
    write_stage(trial, "simulate", None)
    assert stage_due(trial, SIMULATED) == ("score", "it has not been scored")
    write_stage(trial, "generate", None)
    assert stage_due(trial, SIMULATED) == ("simulate", "it has not been simulated")


def test_a_command_is_missed_by_what_it_leaves_and_not_by_what_a_simulation_would(trial: TrialLayout):
    for path in (trial.model, trial.telemetry):
        path.unlink()
    assert stage_due(trial, UNSCORED) is None
    assert stage_due(trial, COMMANDED) == ("simulate", "its metrics.json is missing")
    trial.metrics.write_text("{}")
    assert stage_due(trial, COMMANDED) is None
    trial.config.unlink()
    assert stage_due(trial, COMMANDED) == ("generate", "its config.json is missing")
