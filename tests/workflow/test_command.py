"""Commands run through Snakemake: any program as a trial, its exit code as the outcome, metrics.json as the score."""

import itertools
import json
import signal
from typing import Any

import psutil
import pytest

from tests.workflow.conftest import RunningStudy, wait_for

PROGRAM = """
import json, os, subprocess, sys, time
word, deed, seed = sys.argv[1:]
print("starting", word)
if deed == "fails":
    print("the ship has sunk", file=sys.stderr)
    sys.exit(3)
if deed == "sleeps" and not os.path.exists("../../../awake"):
    child = subprocess.Popen([sys.executable, "-S", "-c", "import os, time; os.setsid(); time.sleep(600)"])
    with open("pids.part", "w") as file:
        json.dump([os.getpid(), child.pid], file)
    os.rename("pids.part", "pids.json")
    time.sleep(600)
if deed != "is silent":
    metrics = {"objective": len(word), "word": word, "seed": int(seed), "cores": os.environ["OMP_NUM_THREADS"]}
    with open("metrics.json", "w") as file:
        json.dump(metrics | {"variable": os.environ["WORD"]}, file)
"""
EVIL = """$(touch broken-out) `touch broken-out`; touch broken-out & '"\\ {word}\n|"""


def deeds(*names: str) -> list[dict[str, Any]]:
    return [{"name": "e", "rows": [{"word": f"w{number}", "deed": deed} for number, deed in enumerate(names)]}]


@pytest.fixture
def commands(study: RunningStudy) -> RunningStudy:
    """Two commands that succeed."""
    (study.folder / "program.py").write_text(PROGRAM)
    command = {"run": ["{python}", "program.py", "{word}", "{deed}", "{seed}"], "environment": {"WORD": "<{word}>"}}
    nothing = dict.fromkeys(("parameters", "n_trial", "generator", "runtime", "objective"))
    study.write(kind="sweep", command=command, experiments=deeds("works", "works"), **nothing)
    return study


def test_what_a_command_leaves_is_its_score_and_no_value_breaks_out_of_its_place(commands: RunningStudy):
    commands.write(command=commands.keys["command"] | {"cpus": 2})
    commands.write(experiments=[{"name": "e", "rows": [{"word": EVIL, "deed": "works"}]}], evals_per_trial=2)
    commands.run()
    table = commands.table()
    assert table["word"].to_list() == [EVIL] * 2
    assert table["variable"].to_list() == [f"<{EVIL}>"] * 2
    assert table["objective"].to_list() == [float(len(EVIL))] * 2
    assert table["cores"].to_list() == ["2", "2"]
    assert list(commands.folder.rglob("broken-out")) == []
    commands.assert_nothing_to_do()


def test_the_exit_code_is_the_outcome_and_only_what_failed_runs_again(commands: RunningStudy):
    commands.write(experiments=deeds("works", "fails", "is silent"), retries=1)
    output = commands.run(ok=False)
    assert "trial 000001 failed: The command ended with exit code 3: the ship has sunk" in output
    assert "trial 000002 failed: The command left no metrics.json in its folder." in output
    assert commands.counters() == {0: 1, 1: 2, 2: 2}
    log = commands.layout.trial(1).log.read_text()
    assert "starting w1" in log
    assert "the ship has sunk" in log

    program = commands.folder / "program.py"
    program.write_text(PROGRAM.replace("sys.exit(3)", "pass").replace('if deed != "is silent":', "if True:"))
    assert f"{program} has changed" in commands.run()
    assert commands.table()["outcome"].to_list() == ["success"] * 3
    commands.assert_nothing_to_do()
    commands.layout.trial(0).metrics.unlink()
    assert "trial 000000 runs again: its metrics.json is missing" in commands.run()


def test_a_command_that_takes_too_long_is_ended_with_its_children(commands: RunningStudy):
    commands.write(experiments=deeds("sleeps"), timeout=4.0)
    output = commands.run(ok=False)
    assert "trial 000000 timeout: It took longer than the time limit of 4 s." in output
    assert living(commands, 0) == []


def test_nothing_outlives_a_run_that_is_killed_and_the_next_one_goes_on(commands: RunningStudy):
    commands.write(experiments=deeds("works", "sleeps"), batch_size=2)
    process = commands.start()
    sleeping = commands.layout.trial(1).folder / "pids.json"
    wait_for(lambda: sleeping.exists() and 0 in commands.simulated())
    assert len(living(commands, 1)) == 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_for(lambda: living(commands, 1) == [])
    (commands.folder / "results" / "awake").touch()
    commands.run()
    assert commands.counters() == {0: 1, 1: 1}
    commands.assert_nothing_to_do()


def living(commands: RunningStudy, trial: int) -> list[int]:
    """Return which processes of a trial's program still run."""
    numbers = json.loads((commands.layout.trial(trial).folder / "pids.json").read_text())
    there = [number for number in numbers if psutil.pid_exists(number)]
    return [number for number in there if psutil.Process(number).status() != psutil.STATUS_ZOMBIE]


def test_no_two_trials_have_a_gpu_at_the_same_time(commands: RunningStudy, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,7")
    monkeypatch.setenv("TMPDIR", str(commands.folder))
    run = ["{python}", "-S", "-c", BUSY]
    command = {"run": [*run, "{trial_dir}"], "gpus": 1}
    commands.write(experiments=[{"name": "e", "grid": {"word": list("abcd")}}], command=command)
    commands.run(cores=4)
    spans: dict[str, list[tuple[float, float]]] = {}
    for row in commands.table().iter_rows(named=True):
        spans.setdefault(row["device"], []).append((row["began"], row["ended"]))
    assert set(spans) == {"3", "7"}
    for found in spans.values():
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(sorted(found)))


BUSY = """
import json, os, sys, time
began = time.time()
time.sleep(0.3)
device = os.environ["CUDA_VISIBLE_DEVICES"]
assert os.path.realpath(os.getcwd()) == os.path.realpath(sys.argv[1])
json.dump({"objective": 0, "device": device, "began": began, "ended": time.time()}, open("metrics.json", "w"))
""".replace("{", "{{").replace("}", "}}")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["no-such-program", "{word}"], "command.run: the program 'no-such-program' is not installed"),
        (["./program.pie", "{word}"], "command.run: there is no program './program.pie'"),
        (["{python}", "progam.py"], "command.run: the script 'progam.py' is not in"),
        (["{python}", "program.py", "{wrod}"], "command.run: Place '{wrod}' is not in use. Did you mean '{word}'?"),
    ],
)
def test_a_command_that_cannot_run_is_refused_before_any_job(commands: RunningStudy, words: list[str], message: str):
    commands.write(command=words)
    output = commands.run(ok=False)
    assert message in output
    assert ("Did you mean 'program.py'?" in output) == (words[1] == "progam.py")
    assert not commands.layout.study.exists()
