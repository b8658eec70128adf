"""Files that user code leaves in a trial's folder: they stay, are listed, and go when their stage runs again."""

import pytest

from mojo.commands.replay import replay_trial
from tests.workflow.conftest import RunningStudy

GENERATE = """
def generate(mojo_model, overrides, scale=1.0):
    import numpy as np
    np.save(mojo_model.trial_dir / "pull.npy", np.array([mojo_model["mass"], scale]))
    mojo_model.spec = MODEL
    return mojo_model


"""
SIMULATE = """
import mojo, numpy as np


def leave(mojo_model):
    folder = mojo_model.trial_dir
    assert folder.is_absolute() and folder.name == f"{mojo_model.trial_num:06d}"
    pulled = np.load(folder / "pull.npy")
    assert pulled[0] == mojo_model["mass"]
    (folder / "raw").mkdir(exist_ok=True)
    (folder / "raw" / "swing.txt").write_text(str(pulled[0]))
    (folder / "empty").touch()


def run(mojo_model, runtime_manager, mj_model, mj_data):
    leave(mojo_model)
    for _ in range(3):
        runtime_manager.step(mj_model, mj_data)


@mojo.vectorized
def run_all(mojo_models, runtime_manager, mj_models, batch):
    for _ in range(3):
        runtime_manager.step(mj_models, batch)
    for mojo_model in mojo_models:
        leave(mojo_model)
"""
SCORE = """
def objective(mojo_model, telemetry, mj_model, mj_data):
    text = (mojo_model.trial_dir / "raw" / "swing.txt").read_text()
    (mojo_model.trial_dir / "plot.svg").write_text(text)
    return float(text)
"""
LEFT = {"pull.npy", "raw/swing.txt", "empty", "plot.svg"}


@pytest.fixture
def leaving(study: RunningStudy) -> RunningStudy:
    """A study whose three functions leave files; each stands in a module of its own."""
    text = study.module.read_text()
    study.module.write_text(text[: text.index("def generate")] + GENERATE)
    (study.module.parent / "stepping.py").write_text(SIMULATE)
    (study.module.parent / "judging.py").write_text(SCORE)
    study.write(runtime="code/stepping.py:run", objective="code/judging.py:objective", n_trial=4)
    return study


def edit(study: RunningStudy, module: str, old: str, new: str) -> None:
    path = study.module.parent / module
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def left(study: RunningStudy, trial: int) -> set[str]:
    """Return the files in a trial's folder that are none of mojo's."""
    folder = study.layout.trial(trial).folder
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.suffix != ".begun"}
    own = {"model.xml", "config.json", "named_values.json", "telemetry.parquet", "status.json"}
    return names - own - {"trial.log", "index.html"}


@pytest.mark.parametrize("runtime", ["run", "run_all"])
def test_files_stay_are_listed_and_go_when_their_stage_runs_again(leaving: RunningStudy, runtime: str):
    leaving.write(runtime=f"code/stepping.py:{runtime}")
    leaving.run()
    assert [left(leaving, trial) for trial in range(4)] == [LEFT] * 4
    assert leaving.table()["objective"].to_list() == leaving.table()["mass"].to_list()
    page = leaving.layout.trial(0).page.read_text()
    for name, who in [("pull.npy", "generator"), ("raw/swing.txt", "runtime"), ("plot.svg", "function that judges")]:
        assert f'<a href="{name}">{name}</a></dt><dd>left by the {who}' in page
    leaving.assert_nothing_to_do()
    (leaving.layout.trial(1).folder / "notes.txt").write_text("mine")
    edit(leaving, "judging.py", "plot.svg", "chart.svg")  # scores again
    leaving.run()
    assert [left(leaving, trial) for trial in (0, 2, 3)] == [LEFT - {"plot.svg"} | {"chart.svg"}] * 3
    edit(leaving, "stepping.py", "swing.txt", "sway.txt")  # simulates again; the objective finds no file of an old run
    output = leaving.run(ok=False)
    assert "swing.txt" in output
    assert [left(leaving, trial) for trial in (0, 2, 3)] == [{"pull.npy", "raw/sway.txt", "empty"}] * 3
    assert (leaving.layout.trial(1).folder / "notes.txt").read_text() == "mine"


def test_a_file_that_is_gone_is_made_again_by_its_stage(leaving: RunningStudy):
    leaving.run()
    for trial, name in [(0, "pull.npy"), (1, "raw/swing.txt"), (2, "plot.svg")]:
        (leaving.layout.trial(trial).folder / name).unlink()
    output = leaving.run()
    assert "trial 000001 runs again: its raw/swing.txt is missing" in output
    assert [left(leaving, trial) for trial in range(4)] == [LEFT] * 4
    assert leaving.counters("generate") == {0: 2, 1: 1, 2: 1, 3: 1}
    assert leaving.counters("score") == {0: 1, 1: 2, 2: 2, 3: 1}
    assert leaving.counters() == {0: 1, 1: 2, 2: 1, 3: 1}


def test_what_the_generator_leaves_counts_as_a_part_of_the_model(leaving: RunningStudy):
    leaving.write(gen_kwargs={"scale": 1.0})
    leaving.run()
    leaving.write(gen_kwargs={"scale": 2.0})  # changes pull.npy, and nothing else that the trial is made of
    leaving.run()
    assert leaving.counters() == dict.fromkeys(range(4), 2)


def test_what_a_run_left_that_was_cut_short_is_gone_with_the_next(leaving: RunningStudy):
    flag = leaving.folder / "flag"
    killed = f"    import os\n    if not os.path.exists({str(flag)!r}):\n        os.kill(os.getpid(), 9)\n"
    fatal = "    (folder / 'half').touch()\n" + killed
    leave = '    (folder / "empty").touch()\n'
    edit(leaving, "stepping.py", leave, leave + fatal)
    leaving.write(retries=0)
    assert "crashed" in leaving.run(ok=False)
    assert "half" in left(leaving, 2)
    edit(leaving, "stepping.py", "'half'", "'whole'")
    flag.touch()
    leaving.run()
    assert [left(leaving, trial) for trial in range(4)] == [LEFT | {"whole"}] * 4


TOUCHED = [
    (
        "(folder / 'model.xml').write_text('<mujoco/>')",
        "The runtime wrote model.xml in mojo_model.trial_dir, which is mojo",
    ),
    (
        "(folder / 'pull.npy').unlink()",
        "The runtime removed pull.npy in mojo_model.trial_dir, which is of an earlier stage",
    ),
]


@pytest.mark.parametrize(("code", "message"), TOUCHED, ids=["own", "earlier"])
def test_files_of_others_are_not_touched_in_silence(leaving: RunningStudy, code: str, message: str):
    before = '    (folder / "empty").touch()\n'
    edit(leaving, "stepping.py", before, before + f"    if mojo_model.trial_num == 2:\n        {code}\n")
    assert message in leaving.run(ok=False)
    assert leaving.table()["outcome"].to_list() == ["success", "success", "failed", "success"]
    edit(leaving, "stepping.py", f"        {code}\n", "        pass\n")
    leaving.run()  # what was touched is made again
    assert leaving.table()["outcome"].to_list() == ["success"] * 4
    assert leaving.counters("generate")[2] == 2


def test_what_a_generator_left_before_it_failed_is_gone_with_the_next_try(leaving: RunningStudy):
    flag = leaving.folder / "flag"
    last = "    mojo_model.spec = MODEL\n"
    diary = '    open(mojo_model.trial_dir / "diary", "a").write("built")\n'
    fails = f"    import os\n    mojo_model.user_data['found'] = {{1}} if os.path.exists({str(flag)!r}) else 1\n"
    leaving.edit_module(last, diary + fails + last)
    leaving.run("--until", "design")
    flag.touch()
    assert "which cannot be handed on" in leaving.run(ok=False)
    assert "diary" in left(leaving, 0)
    flag.unlink()
    leaving.run()
    assert [(leaving.layout.trial(trial).folder / "diary").read_text() for trial in range(4)] == ["built"] * 4


NO_FILE = "left odd in mojo_model.trial_dir, which is neither a file nor a link to one"
ODD = {
    "dangling": ("generator", "os.symlink('/nowhere', folder / 'odd')", NO_FILE),
    "pipe": ("runtime", "os.mkfifo(folder / 'odd')", NO_FILE),
    "name": ("generator", "open(os.fsencode(folder) + b'/odd\\xff', 'w').close()", "a name that is no text in UTF-8"),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_file_that_could_be_listed_is_the_failure_of_its_trial(leaving: RunningStudy, kind: str):
    stage, code, message = ODD[kind]
    deed = f"    import os\n    folder = mojo_model.trial_dir\n    if mojo_model.trial_num == 3:\n        {code}\n"
    if stage == "generator":
        leaving.edit_module("    mojo_model.spec = MODEL\n", deed + "    mojo_model.spec = MODEL\n")
    else:
        edit(leaving, "stepping.py", "    leave(mojo_model)\n    for", "    leave(mojo_model)\n" + deed + "    for")
    output = leaving.run(ok=False)
    assert message in output and f"The {stage} left odd" in output
    assert leaving.table()["outcome"].to_list() == ["success"] * 3 + ["failed"]
    assert leaving.layout.report.exists()


def test_a_link_to_a_folder_is_listed_and_goes_when_its_stage_runs_again(leaving: RunningStudy):
    old = "    mojo_model.spec = MODEL\n"
    leaving.edit_module(old, "    (mojo_model.trial_dir / 'data').symlink_to('/usr')\n" + old)
    leaving.run()
    assert "data" in leaving.status(1)["generate"]["files"]
    assert replay_trial(leaving.layout.root, 1, view=False)
    leaving.edit_module("def generate(", "FACTOR = 1\ndef generate(")
    leaving.edit_module("scale])", "scale * FACTOR])")
    leaving.run()
    assert leaving.counters("generate") == dict.fromkeys(range(4), 2)
    assert (leaving.layout.trial(1).folder / "data").is_symlink()


@pytest.mark.parametrize("runtime", ["run", "run_all"])
def test_a_replay_leaves_the_trials_own_files_alone(leaving: RunningStudy, runtime: str):
    leaving.write(runtime=f"code/stepping.py:{runtime}")
    leaving.run()
    folder = leaving.layout.trial(1).folder
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert replay_trial(leaving.layout.root, 1, view=False)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
