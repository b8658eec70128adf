"""Bad input ends a run before its first job, with a message that a newcomer can act on.

The keys of a study file have a table of their own, in tests/study/test_loading.py; here they all come at once.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.workflow.conftest import RunningStudy

GENERATE = "    mojo_model.spec = spec\n    return mojo_model\n"
NINE_MISTAKES = {
    "n_trials": 6,  # a wrong key
    "generator": None,  # a missing key
    "timeout": "soon",  # a wrong type
    "n_trial": 0,
    "name": "springs/stiff",
    "parameters": {
        "low_above_high": {"distribution": "uniform", "low": 2.0, "high": 1.0},
        "unknown": {"distribution": "gaussian", "mean": 0.0, "std": 1.0},
        "negative": {"distribution": "normal", "mean": 0.0, "std": -1.0},
        "wind": {
            "distribution": "correlated_normal",
            "names": ["x", "y"],
            "mean": [0.0, 0.0],
            "std": [1.0, 1.0],
            "correlation": [[1.0, 1.5], [1.5, 1.0]],
        },
    },
}


class Case(NamedTuple):
    """What is spoiled, and what the message must say."""

    says: tuple[str, ...]
    keys: dict[str, Any] | None = None
    module: tuple[str, str] | None = None


CASES = {
    "nine mistakes in the study file": Case(
        keys=NINE_MISTAKES,
        says=(
            "study.yaml: 9 problems",
            "n_trials: is not a key of a monte-carlo study. Did you mean 'n_trial'?",
            "generator: is missing",
            "timeout: input should be a valid number, unable to parse string as a number, but got 'soon'",
            "n_trial: input should be greater than or equal to 1, but got 0",
            "name: must be a folder's name: letters, digits, '.', '_' and '-', the first a letter or digit, "
            "but got 'springs/stiff'",
            "parameters.low_above_high: `low < high` must hold, but got low=2, high=1",
            "parameters.unknown.distribution: 'gaussian' is not known. There is: uniform, normal,",
            "parameters.negative.std: `std > 0` must hold, but got std=-1",
            "parameters.wind: `smallest eigenvalue of the correlation matrix >= 0` must hold, but got eigenvalue=-0.5",
        ),
    ),
    "a generator file that does not exist": Case(
        keys={"generator": "code/sprong.py:generate"},
        says=("generator: 'code/sprong.py:generate' names the file", "does not exist. That folder has: spring.py"),
    ),
    "a function that does not exist": Case(
        keys={"generator": "code/spring.py:genrate"},
        says=("generator: Function 'genrate' is not in", "Did you mean 'generate'? It has: generate, objective, run."),
    ),
    "a module that raises while it is imported": Case(
        module=("import mujoco\n", "import mujoco\nimport mujocoo\n"),
        says=("spring.py cannot be imported: ModuleNotFoundError: No module named 'mujocoo'", "spring.py, line 5"),
    ),
    "a module with a syntax error": Case(
        module=("import mujoco\n", "import mujoco\nx = = 1\n"),
        says=("spring.py cannot be imported: SyntaxError: invalid syntax", "spring.py, line 5"),
    ),
    "requirements that no trial could be judged by": Case(
        keys={"requirements": {"still": {"function": "code/spring.py:generate"}}},
        says=(
            "requirements.still.function: The requirement is called as check(mojo_model, telemetry, mj_model, mj_data)",
            "but it is defined as generate(mojo_model, overrides)",
        ),
    ),
    "a requirement on a signal that is not recorded": Case(
        keys={"requirements": {"still": {"signal": "Bodies/mass/xpos:x", "max": 1.0}}},
        says=("requirements.still.signal: 'Bodies/mass/xpos:x' is not recorded", "Add it to `signals`."),
    ),
    "a generator with the wrong signature": Case(
        module=("def generate(mojo_model, overrides)", "def generate(mojo_model)"),
        says=(
            "generator: The generator is called as generate(mojo_model, overrides, *gen_args, **gen_kwargs), "
            "but it is defined as generate(mojo_model): too many positional arguments.",
        ),
    ),
    "an objective with too few parameters": Case(
        module=("def objective(mojo_model, telemetry, mj_model, mj_data)", "def objective(telemetry)"),
        says=(
            "objective: The objective is called as objective(mojo_model, telemetry, mj_model, mj_data), "
            "but it is defined as objective(telemetry): too many positional arguments.",
        ),
    ),
    "a generator that returns None": Case(
        module=(GENERATE, "    mojo_model.spec = spec\n"),
        says=("trial 0 cannot be generated: generate must return the MojoModel", "but returned None (is a `return`"),
    ),
    "a model that does not compile": Case(
        module=('size="0.1" mass="1"', 'size="0.1" mass="1" material="steel"'),
        says=("trial 0 cannot be generated: ", "steel", "ball"),
    ),
    "a model that cannot be written and read back": Case(
        module=(GENERATE, "    spec.bodies[1].childclass = 'leg'\n" + GENERATE),
        says=(
            "trial 0 cannot be generated: The model compiles, but its model.xml cannot be read back: ",
            'childclass="leg"',
        ),
    ),
    "a signal that names no body": Case(
        keys={"signals": ["Bodies/mas/xpos"]},
        says=("Signal 'Bodies/mas/xpos' is not in the model", "Did you mean 'Bodies/mass/xpos'? It has: Bodies/mass/"),
    ),
    "a load that names no site": Case(
        module=(
            GENERATE,
            "    from mojo import ScalarForce\n"
            "    mojo_model.loads = [ScalarForce(name='wind', action_site='tip', scalar=1.0)]\n" + GENERATE,
        ),
        says=("trial 0 cannot be generated: Load 'wind': Site 'tip' is not in the model.",),
    ),
    "a proximity that names no geom": Case(
        module=(
            GENERATE,
            "    from mojo import Proximity\n"
            "    mojo_model.proximities = [Proximity(name='gap', a='geom:bal', b='body:world')]\n" + GENERATE,
        ),
        says=("trial 0 cannot be generated: Proximity 'gap': Geom 'bal' is not in the model. Did you mean 'ball'?",),
    ),
    "an override that nothing asks for": Case(
        keys={"overrides": {"mas": 1.0}},
        says=("Override 'mas' is not in use: no parameter or draw has this name", "It has: mass."),
    ),
    "a generator that ends its process": Case(
        module=(GENERATE, "    os.kill(os.getpid(), signal.SIGSEGV)\n"),
        says=("generator: the process that generated the first trial died: SIGSEGV (segmentation fault).",),
    ),
    "a generator that calls sys.exit": Case(
        module=(GENERATE, "    raise SystemExit(0)\n"),
        says=("trial 0 cannot be generated: ", "SystemExit: 0"),
    ),
    "a generator that does not end": Case(
        keys={"timeout": 1.0},
        module=(GENERATE, "    while True: pass\n"),
        says=("generator: the first trial was not generated within the time limit of 1 s (timeout).",),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_bad_input_ends_the_run_before_any_job(study: RunningStudy, case: Case):
    study.write(**(case.keys or {}))
    if case.module is not None:
        study.edit_module(*case.module)
    output = study.run(ok=False)
    for words in case.says:
        assert words in output
    assert_no_job_has_run(study, output)


def test_a_file_in_the_place_of_the_results_folder_is_refused(study: RunningStudy):
    (study.folder / "results").write_text("not a folder")
    output = study.run(ok=False)
    assert f"{study.folder / 'results'} is a file" in output
    assert "Move the file away, or run Snakemake in another folder with --directory." in output
    assert_no_job_has_run(study, output)


def test_a_study_file_that_does_not_exist_is_named_with_its_nearest(study: RunningStudy):
    study.file.rename(study.folder / "studdy.yaml")
    output = study.run(ok=False)
    assert f"The study file '{study.file}' does not exist" in output
    assert "Did you mean 'studdy.yaml'?" in output
    assert_no_job_has_run(study, output)


def assert_no_job_has_run(study: RunningStudy, output: str) -> None:
    assert "mojo: error: " in output
    assert "Traceback" not in output
    assert not study.layout.study.exists()
    assert not study.layout.trials.exists()
    assert not list(study.folder.rglob("*.parquet"))


def test_what_only_one_trial_shows_is_that_trials_failure(study: RunningStudy):
    fault = "    if mojo_model.trial_num == 4:\n        return None\n"
    study.edit_module(GENERATE, fault + GENERATE)
    output = study.run(ok=False)
    assert "trial 000004 failed: generate must return the MojoModel" in output
    assert study.table()["outcome"].to_list() == ["success"] * 4 + ["failed", "success"]


@pytest.fixture
def small_disk(study: RunningStudy) -> Iterator[Path]:
    """A results folder that is a disk of its own, of 320 KiB."""
    results = study.folder / "results"
    results.mkdir()
    if os.geteuid() != 0 or not mount(results, "size=320k"):
        pytest.skip("only root may mount the small disk of this test")
    yield results
    subprocess.run(["umount", "--lazy", str(results)], check=True)


def mount(folder: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_results_folder_that_cannot_be_written_is_refused(study: RunningStudy, small_disk: Path):
    assert mount(small_disk, "remount,ro")  # permissions would not stop root
    output = study.run(ok=False)
    assert f"The results folder {study.layout.root} cannot be written: Read-only file system." in output
    assert "choose one with --directory" in output
    assert_no_job_has_run(study, output)


def test_a_full_disk_ends_the_run_and_the_next_goes_on_from_there(study: RunningStudy, small_disk: Path):
    study.write(n_trial=20, batch_size=4)
    output = study.run(ok=False)
    assert "No space left on device" in output
    done = study.simulated()
    assert len(done) < 20
    assert mount(small_disk, "remount,size=100m")
    study.run()
    assert study.table()["outcome"].to_list() == ["success"] * 20
    assert all(study.counters()[trial] == 1 for trial in done)
