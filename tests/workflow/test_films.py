"""Films of picked trials, through real Snakemake: picks that change, recorders that change, films that fail."""

import json
from pathlib import Path
from typing import Any

import pytest

from mojo.runtime.frames import read_frames
from tests.workflow.conftest import RunningStudy

RECORDERS = '''"""What the films show, in a file of its own: to edit it simulates nothing."""
import spring
from mojo import Recorder


def generate(mojo_model, overrides):
    mojo_model = spring.generate(mojo_model, overrides)
    mojo_model.recorders = [Recorder(name="side", size=(64, 48), fps=10)]
    return mojo_model
'''


@pytest.fixture
def filmed(study: RunningStudy) -> RunningStudy:
    """The study of 6 trials; its generator stands apart from its runtime, and the films are small."""
    study.module.with_name("looks.py").write_text(RECORDERS)
    study.write(generator="code/looks.py:generate", films={"worst": 2})
    return study


def films(study: RunningStudy) -> dict[int, int]:
    """Return when each trial's film was made, by trial."""
    paths = sorted(study.layout.trials.glob("*/side.mp4"))
    return {int(path.parent.name): path.stat().st_mtime_ns for path in paths}


def told(study: RunningStudy) -> dict[str, Any]:
    return json.loads(study.layout.films.read_text())


def worst(study: RunningStudy, count: int) -> set[int]:
    """Return the trials of the greatest objectives."""
    return set(study.table().sort("objective")["trial"].tail(count).to_list())


def test_the_worst_trials_are_filmed_and_just_what_is_missing_is_filmed_again(filmed: RunningStudy):
    output = filmed.run()
    first = films(filmed)
    assert set(first) == worst(filmed, 2)
    assert "films: 2 of 2 trials with " in output
    assert 'poster="data:image/jpeg;base64,' in filmed.layout.report.read_text()
    assert {int(path.parent.name) for path in filmed.layout.trials.glob("*/frames.parquet")} == set(first)
    filmed.assert_nothing_to_do()

    gone = min(first)
    filmed.layout.trial(gone).film("side", "mp4").unlink()
    assert f"films are made again: trial {gone:06d}: its side.mp4 is missing" in filmed.run()
    assert {trial for trial, made in films(filmed).items() if made != first[trial]} == {gone}

    filmed.layout.trial(gone).poster("side").unlink()
    assert f"films are made again: trial {gone:06d}: its side.jpg is missing" in filmed.run()

    before = films(filmed)
    filmed.write(films={"worst": 3})
    filmed.run()
    assert set(films(filmed)) == worst(filmed, 3)
    assert films(filmed) | before == films(filmed)
    assert filmed.counters() == dict.fromkeys(range(6), 1)  # the third was run again for its film, and that alone


def test_a_changed_recorder_makes_films_again_and_simulates_nothing(filmed: RunningStudy):
    filmed.run()
    before = films(filmed)
    looks = filmed.module.with_name("looks.py")
    looks.write_text(looks.read_text().replace("fps=10", 'fps=10, label="{trial}"'))
    filmed.run()
    after = films(filmed)
    assert set(after) == set(before)
    assert all(after[trial] > before[trial] for trial in before)
    assert filmed.counters("generate") == dict.fromkeys(range(6), 2)
    assert filmed.counters() == dict.fromkeys(range(6), 1)
    assert filmed.counters("score") == dict.fromkeys(range(6), 1)
    filmed.assert_nothing_to_do()


def test_the_film_of_a_runtime_that_runs_until_it_is_stopped_ends_where_the_trial_ended(filmed: RunningStudy):
    # x = 0.5 m·cos(ω·t), ω = √(10/m): with 0.5 to 2 kg it falls below 0.2 m after 0.26 s to 0.52 s
    near = {"signal": "Joints/slide:qpos", "min": 0.2, "ends_trial": True}
    filmed.edit_module("    while mj_data.time < 0.2:", "    while not runtime_manager.stopped:")
    filmed.write(films="none", requirements={"near": near})
    filmed.run()
    ended_at = filmed.table()["ended_at"][0]
    filmed.write(films={"trials": [0], "timeout": 60.0})
    filmed.run()
    assert filmed.counters() == dict.fromkeys(range(6), 1)  # run again for its film, which is no run of the study
    frames = read_frames(filmed.layout.trial(0).frames)
    assert frames.times[-1] == ended_at == pytest.approx(0.37, abs=0.01)  # of 1 kg, the nominal trial
    assert told(filmed)["trials"]["000000"]["side"]["frames"] == 5  # at 0, 0.1, 0.2, 0.3 s and the end


def test_a_snapshot_of_an_instant_that_the_run_does_not_come_to_is_told(filmed: RunningStudy):
    looks = filmed.module.with_name("looks.py")
    looks.write_text(looks.read_text().replace("fps=10", "format=None, snapshots=[0.1, 9.0]"))
    filmed.write(films={"first": 1})
    output = filmed.run()
    assert "film 'side' of trial 000000 has no picture of 9 s: its run did not come there" in output
    assert told(filmed)["trials"]["000000"]["side"]["files"] == ["side_0.1s.png"]


def test_where_nothing_renders_the_study_ends_well_and_says_so(filmed: RunningStudy, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MUJOCO_GL", "off")
    output = filmed.run()
    assert "films: none was made. MUJOCO_GL=off turns rendering off. Unset it" in output
    assert filmed.table()["outcome"].to_list() == ["success"] * 6
    assert "No film could be made." in filmed.layout.report.read_text()
    monkeypatch.delenv("MUJOCO_GL")
    assert "films are made again: the films could not be made" in filmed.run()
    assert set(films(filmed)) == worst(filmed, 2)
    assert filmed.counters() == dict.fromkeys(range(6), 1)


def test_a_film_that_hangs_fails_neither_its_trial_nor_the_run(filmed: RunningStudy):
    filmed.write(films={"first": 1, "timeout": 6.0})
    looks = filmed.module.with_name("looks.py")
    # frames of a picture 4096 wide, thousands of them: more than any machine renders in 6 s
    looks.write_text(looks.read_text().replace("size=(64, 48), fps=10", "size=(4096, 4096), fps=200, speed=0.02"))
    output = filmed.run()
    assert "film 'film' of trial 000000 could not be made: It took longer than the time limit of 6 s" in output
    assert "film: It took longer than the time limit" in filmed.layout.trial(0).log.read_text()
    assert "It took longer than the time limit" in filmed.layout.report.read_text()
    assert filmed.table()["outcome"].to_list() == ["success"] * 6
    assert not films(filmed)


def test_failed_trials_are_filmed_as_far_as_they_came(filmed: RunningStudy):
    filmed.edit_module(
        "    while mj_data.time < 0.2:",
        "    while mj_data.time < 0.2:\n"
        "        if mojo_model.trial_num == 3 and mj_data.time > 0.1:\n"
        "            raise RuntimeError('let go')",
    )
    filmed.write(films="failed", max_failures=1)
    filmed.run()
    assert set(films(filmed)) == {3}
    assert told(filmed)["trials"]["000003"]["side"]["frames"] == 2  # at 0 and 0.1 s


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"films": "al"}, "films: must be one of none, all, failed"),
        ({"films": [6]}, "films: trial 6 does not exist. The study has trials 0 to 5"),
        ({"films": {"wurst": 1}}, "films.wurst: is not a key here"),
        ({"objective": None}, "`films` of the worst or best trials need an `objective`"),
    ],
)
def test_films_that_cannot_be_are_refused_before_any_job(filmed: RunningStudy, keys: dict, message: str):
    filmed.write(**keys)
    assert message in filmed.run(ok=False)
    assert not filmed.layout.trials.exists()


@pytest.mark.parametrize(
    ("recorder", "message"),
    [
        ('Recorder(camera="sied")', "Recorder 'film': Camera 'sied' is not in the model"),
        ("Recorder(size=(641, 480))", "size.0: Input should be a multiple of 2"),
        ("Recorder(fps=0)", "fps: Input should be greater than 0"),
        ('Recorder(format="avi")', "format: Input should be 'mp4', 'webm' or 'gif'"),
        ('Recorder(label="{trail}")', "label may mention trial, time, study, name in braces, but mentions 'trail'"),
    ],
)
def test_recorders_that_cannot_be_are_refused_before_any_job(filmed: RunningStudy, recorder: str, message: str):
    looks: Path = filmed.module.with_name("looks.py")
    looks.write_text(looks.read_text().replace('Recorder(name="side", size=(64, 48), fps=10)', recorder))
    assert message in filmed.run(ok=False)
    assert not filmed.layout.trials.exists()
