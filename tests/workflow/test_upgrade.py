"""A change of mojo itself runs again the stages that use what changed, and no others."""

import shutil
from pathlib import Path

import pytest

from tests.workflow.conftest import SNAKEFILE, RunningStudy


@pytest.fixture
def own_mojo(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of mojo that may be edited, which every process of the test imports."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("mojo", "workflow", "config", "examples", "profiles"):
        shutil.copytree(SNAKEFILE.parent / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(SNAKEFILE, tree)
    monkeypatch.setenv("PYTHONPATH", str(tree))
    return tree


@pytest.mark.parametrize(
    ("module", "generated", "simulated", "scored"),
    [
        ("mojo/report/write.py", 1, 1, 1),
        ("mojo/commands/status.py", 1, 1, 1),
        ("mojo/trial/score.py", 1, 1, 2),
        ("mojo/runtime/run.py", 1, 2, 2),
        ("mojo/model/mjcf.py", 2, 2, 2),
    ],
)
def test_a_changed_module_of_mojo(
    study: RunningStudy, own_mojo: Path, module: str, generated: int, simulated: int, scored: int
):
    study.write(n_trial=2)
    study.run(snakefile=own_mojo / "Snakefile")
    page = study.layout.report.stat().st_mtime_ns
    with (own_mojo / module).open("a") as file:
        file.write("\nCHANGED = True\n")
    study.run(snakefile=own_mojo / "Snakefile")
    counts = [set(study.counters(stage).values()) for stage in ("generate", "simulate", "score")]
    assert counts == [{generated}, {simulated}, {scored}]
    assert (study.layout.report.stat().st_mtime_ns != page) == (module != "mojo/commands/status.py")
