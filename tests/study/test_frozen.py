"""What is frozen: batches that never move, and digests that say which stage a change concerns."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mojo import digest, files
from mojo.errors import StudyError
from mojo.layout import StudyLayout
from mojo.study.frozen import STAGES, Code, FrozenStudy, auto_batch_size, function_role, read_frozen, stage_digests
from mojo.study.monte_carlo import MonteCarloStudy
from mojo.study.provenance import git_state, provenance, requirements

PARAMETER = {"distribution": "uniform", "low": 0.0, "high": 1.0, "unit": "m"}
KEYS: dict[str, Any] = {
    "name": "drop",
    "kind": "monte-carlo",
    "generator": "/code/drop.py:generate",
    "runtime": "/code/drop.py:run",
    "objective": "/code/judge.py:objective",
    "seed": 1,
    "n_trial": 10,
    "batch_size": 4,
    "parameters": {"height": PARAMETER},
}
FILES = {
    "generator": {"/code/drop.py": "d1"},
    "runtime": {"/code/drop.py": "d1"},
    "objective": {"/code/judge.py": "d2"},
}


def code_of(folder: str = "/code", files: dict[str, dict[str, str]] = FILES) -> dict[str, Code]:
    names = {"generator": "drop.py:generate", "runtime": "drop.py:run", "objective": "judge.py:objective"}
    return {
        role: Code(
            reference=f"{folder}/{names[role]}",
            files={name.replace("/code", folder): value for name, value in found.items()},
        )
        for role, found in files.items()
    }


def frozen_study(**changes: Any) -> FrozenStudy:
    study = MonteCarloStudy.model_validate(KEYS | changes)
    code = code_of()
    digests = stage_digests(study, code, {})
    return FrozenStudy(
        study=study, study_file="drop.yaml", code=code, inputs={}, digests=digests, units=study.parameter_units()
    )


def touched(code: dict[str, Code] | None = None, inputs: dict[str, str] | None = None, **changes: Any) -> set[str]:
    """Return the stages whose digest a change of the study, of its code or of its inputs changes."""
    before = stage_digests(MonteCarloStudy.model_validate(KEYS), code_of(), {})
    after = stage_digests(MonteCarloStudy.model_validate(KEYS | changes), code or code_of(), inputs or {})
    return {stage for stage in STAGES if before[stage] != after[stage]}


def shown(value: dict[str, Any] | set[str]) -> str:
    """Return a test's name for a value; that of a set must not depend on the process."""
    return str(sorted(value) if isinstance(value, set) else value)


@pytest.mark.parametrize(
    ("n_trial", "size"),
    [(1, 64), (200, 64), (1024, 64), (1025, 65), (2000, 125), (4096, 256), (1_000_000, 256)],  # ⌈n/16⌉
)
def test_auto_batch_size_makes_about_16_batches_of_64_to_256_trials(n_trial: int, size: int):
    assert auto_batch_size(n_trial) == size


def test_batches_hold_consecutive_trials_and_the_last_one_the_rest():
    frozen = frozen_study()
    assert [list(frozen.trials(batch)) for batch in frozen.batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


@pytest.mark.parametrize(
    ("changes", "stages"),
    [
        ({"n_trial": 50}, set()),
        ({"n_trial": 50, "design": "lhs"}, {"design"}),
        ({"batch_size": 2}, set()),
        ({"timeout": 5.0, "max_failures": 3, "retries": 1}, set()),
        ({"seed": 2}, {"design"}),  # generate sees it in the design's rows
        ({"parameters": {"height": PARAMETER | {"high": 2.0}}}, {"design"}),
        ({"nominal_trial": False}, {"design"}),
        ({"overrides": {"height": 0.5}}, {"design", "generate"}),
        ({"gen_kwargs": {"legs": 4}}, {"generate"}),
        ({"run_args": [2.0]}, {"simulate"}),
        ({"signals": ["Joints/*:qpos"]}, {"simulate"}),
        ({"record_decimation": 2}, {"simulate"}),
        ({"runtime": None, "duration": 1.0}, {"simulate"}),
        ({"name": "fall"}, {"report"}),
    ],
    ids=shown,
)
def test_a_changed_key_concerns_the_stages_that_use_it(changes: dict[str, Any], stages: set[str]):
    code = code_of()
    if changes.get("runtime", "") is None:
        del code["runtime"]
    assert touched(code, **changes) == stages


SETTLES = {"metric": "settling_time", "max": 2.0, "unit": "s"}


@pytest.mark.parametrize(
    ("changes", "stages"),
    [
        ({"max": 3.0}, {"score"}),
        ({"metric": "drift"}, {"score"}),
        ({"unit": "ms"}, {"score"}),  # it stands in the tables
        ({"probability": 0.5}, set()),  # the report follows study.json
        ({"confidence": 0.5}, set()),
        ({"description": "Stands still"}, set()),
        ({"quantile": 0.9}, set()),
    ],
    ids=shown,
)
def test_a_changed_requirement_is_scored_again_where_a_trial_is_judged_by_it(changes: dict[str, Any], stages: set[str]):
    before, after = (
        stage_digests(MonteCarloStudy.model_validate(KEYS | {"requirements": {"x": asked}}), code_of(), {})
        for asked in (SETTLES, SETTLES | changes)
    )
    assert {stage for stage in STAGES if before[stage] != after[stage]} == stages


def test_an_edited_function_of_a_requirement_is_scored_again_wherever_it_lies():
    def digests(folder: str, version: str) -> dict[str, str]:
        study = MonteCarloStudy.model_validate(KEYS | {"requirements": {"x": {"function": f"{folder}/judge.py:check"}}})
        check = Code(reference=f"{folder}/judge.py:check", files={f"{folder}/judge.py": version})
        return stage_digests(study, code_of() | {function_role("x"): check}, {})

    assert digests("/code", "d1") == digests("/elsewhere", "d1")
    before, after = digests("/code", "d1"), digests("/code", "d2")
    assert {stage for stage in STAGES if before[stage] != after[stage]} == {"score"}


@pytest.mark.parametrize(
    ("role", "stages"), [("generator", {"generate"}), ("runtime", {"simulate"}), ("objective", {"score"})]
)
def test_an_edited_function_concerns_its_own_stage(role: str, stages: set[str]):
    edited = {name: dict.fromkeys(found, "edited") if name == role else found for name, found in FILES.items()}
    assert touched(code_of(files=edited)) == stages


def test_an_edited_input_concerns_all_that_runs_user_code():
    assert touched(inputs={"/code/hand.xml": "x1"}) == {"generate", "simulate", "score"}


def test_digests_do_not_depend_on_where_the_files_lie():
    assert touched(code_of("/home/somebody/else")) == set()


def test_code_is_stale_when_a_file_changed_or_is_gone_but_not_for_a_comment(tmp_path: Path):
    module, gone = tmp_path / "drop.py", tmp_path / "gone.py"
    module.write_text("x = 1\n")
    code = Code(reference=f"{module}:f", files={str(module): digest.of_source(module)})
    assert code.stale() == []
    module.write_text("# why\n\nx  =  1  # one\n")
    assert code.stale() == []
    module.write_text("x = 2\n")
    assert code.stale() == [str(module)]
    assert Code(reference=f"{gone}:f", files={str(gone): "d"}).stale() == [str(gone)]


def test_a_frozen_study_comes_back_from_its_file(tmp_path: Path):
    layout = StudyLayout(tmp_path / "drop")
    correlated = {
        "distribution": "correlated_normal",
        "names": ["x", "y"],
        "mean": [0.1 + 0.2, 1e-300],
        "covariance": [[1.0, 0.3], [0.3, 2.0]],
        "units": ["m", "kg"],
    }
    grid = {"type": "grid", "levels": {"height": 3, "x": 2, "y": 2}}
    frozen = frozen_study(parameters={"height": PARAMETER, "wind": correlated}, design=grid, seed=2**63 - 1)
    frozen.write(layout)
    assert read_frozen(layout) == frozen
    assert frozen.units == {"height": "m", "x": "m", "y": "kg"}


def test_a_folder_without_a_study_says_what_to_run(tmp_path: Path):
    with pytest.raises(StudyError, match=r"holds no study: .*study.json does not exist. Run `snakemake` first"):
        read_frozen(StudyLayout(tmp_path))


def test_a_folder_of_studies_names_them(tmp_path: Path):
    StudyLayout(tmp_path / "ball").study.parent.mkdir()
    StudyLayout(tmp_path / "ball").study.touch()
    with pytest.raises(StudyError, match=r"holds no study: .* Name one of its studies: .*/ball\."):
        read_frozen(StudyLayout(tmp_path))


@pytest.mark.parametrize("spoil", [lambda raw: raw["study"].update(gravity=1), lambda raw: raw.pop("code")])
def test_a_study_of_another_version_says_what_to_do(tmp_path: Path, spoil: Callable[[dict[str, Any]], Any]):
    layout = StudyLayout(tmp_path)
    raw = frozen_study().model_dump(mode="json")
    spoil(raw)
    files.write_json(layout.study, raw)
    with pytest.raises(
        StudyError, match=r"written by another version of mojo\? Move .* away, or run `snakemake clean`"
    ):
        read_frozen(layout)


def test_provenance_names_versions_machine_command_and_time(tmp_path: Path):
    found = provenance(tmp_path / "drop.yaml")
    assert {"python", "mojo", "mujoco", "numpy", "snakemake"} <= found["versions"].keys()
    assert found["machine"]["cores"] >= 1
    assert found["command"]
    assert found["created"].endswith("+00:00")  # UTC


def test_provenance_tells_the_commit_and_whether_files_differ_from_it(
    tmp_path: Path, git: Callable[..., str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_state(tmp_path) is None
    git("init")
    (tmp_path / "drop.yaml").write_text("name: drop\n")
    git("add", ".")
    git("commit", "--message", "A study")
    commit = git("rev-parse", "HEAD").strip()
    assert git_state(tmp_path) == {"commit": commit, "dirty": False}
    (tmp_path / "drop.yaml").write_text("name: fall\n")
    assert git_state(tmp_path) == {"commit": commit, "dirty": True}


def test_requirements_pin_every_installed_package():
    lines = requirements().splitlines()
    assert all("==" in line for line in lines)
    assert lines == sorted(lines, key=lambda line: line.partition("==")[0].lower())
    assert {"mujoco", "snakemake"} <= {line.partition("==")[0] for line in lines}
