"""The shape of the code: who may import whom, how long things are, who spells paths, what the Snakefile loads."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mojo.layout import StudyLayout, TrialLayout

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "mojo"
RULES = [ROOT / "Snakefile", *sorted(ROOT.glob("workflow/rules/*.smk"))]
MODULES = sorted(PACKAGE.rglob("*.py"))

# Part of mojo: the parts that it may import. What stands in FOUNDATION is for all.
MAY_IMPORT = {
    "distributions": set(),
    "study": {"distributions", "sampling.design_specs", "cluster.formats"},
    "cluster": {"study", "trial.status"},
    "sampling": {"distributions", "study", "evidence"},
    "model": {"distributions"},
    "runtime": {"model"},
    "trial": {"runtime", "model", "study", "sampling", "distributions"},
    "film": {"trial", "runtime", "model", "study"},
    "evidence": {"study"},
    "report": {"sampling", "trial", "study", "evidence", "distributions"},
    "live": {"trial", "study"},
    "campaign": {"trial", "film", "sampling", "study", "evidence"},
    "view": {"trial", "runtime", "sampling", "study", "campaign.freezing"},
    "commands": {
        "campaign",
        "cluster",
        "distributions",
        "model",
        "report",
        "runtime",
        "sampling",
        "study",
        "trial",
        "view",
    },
    "__main__": {"commands", "live", "view", "study"},
    "__init__": {"trial", "runtime", "model"},
}
FOUNDATION = {"errors", "files", "layout", "randomness", "columns", "digest", "runs", "user_code", "attributes"}
FOUNDATION |= {"held", "shared_random"}
FOUNDATION_MAY_IMPORT = {
    "user_code": {"errors"},
    "attributes": {"errors"},
    "held": {"user_code"},
    "shared_random": {"held", "randomness", "user_code"},
}
HEAVY = {"mujoco", "polars", "pyarrow", "scipy", "optuna", "starlette", "uvicorn"}
MOST_LINES, MOST_FUNCTION_LINES = 300, 40


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names in mojo that a module imports, inside functions too, without the leading "mojo."."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name.removeprefix("mojo.") for name in names if name.startswith("mojo."))


def is_allowed(importer: str, imported: str) -> bool:
    part, other = importer.split(".", maxsplit=1)[0], imported.split(".", maxsplit=1)[0]
    if part in FOUNDATION:
        return other in FOUNDATION_MAY_IMPORT.get(part, set())
    return (
        other == part
        or other in FOUNDATION | MAY_IMPORT[part]
        or any(f"{imported}.".startswith(f"{allowed}.") for allowed in MAY_IMPORT[part])
    )


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_downwards(path: Path):
    wrong = [name for name in imports(path) if not is_allowed(name_of(path), name)]
    assert wrong == [], f"{name_of(path)} may not import these"


def test_every_part_has_its_place_in_the_order():
    parts = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES}
    assert parts == set(MAY_IMPORT) | FOUNDATION


def test_no_two_parts_import_each_other():
    # study and sampling meet in design_specs alone, study and cluster in formats, which import nothing of the study
    for part, allowed in MAY_IMPORT.items():
        assert [other for other in allowed if part in MAY_IMPORT.get(other, set())] == []
    for meeting in ("sampling/design_specs.py", "cluster/formats.py"):
        assert [name for name in imports(PACKAGE / meeting) if name.startswith("study")] == []


def code_lines(function: ast.FunctionDef) -> int:
    """Return the number of lines of a function, its docstring left out."""
    docstring = ast.get_docstring(function, clean=False)
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1 - (len(docstring.splitlines()) if docstring else 0)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_files_and_functions_are_short(path: Path):
    source = path.read_text()
    assert len(source.splitlines()) <= MOST_LINES
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in functions if code_lines(node) > MOST_FUNCTION_LINES] == []


def texts(path: Path) -> Iterator[str]:
    """Yield the string constants of a module, docstrings left out."""
    tree = ast.parse(path.read_bytes())
    documented = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    docstrings = {id(node.body[0].value) for node in documented if node.body and isinstance(node.body[0], ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def names_in(layout: TrialLayout | StudyLayout) -> set[str]:
    """Return the names of the files and folders that a layout has a property for."""
    properties = [name for name, value in vars(type(layout)).items() if isinstance(value, property)]
    return {path.name for name in properties if isinstance(path := getattr(layout, name), Path)}


FILES = {name for name in names_in(TrialLayout(Path("0"))) | names_in(StudyLayout(Path("s"))) if "." in name}
FOLDERS = re.compile(
    r"(^|/)(results|models|outcomes|scores|trials|assets)/"
)  # design/ is a random number's address too


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "layout.py"], ids=name_of)
def test_only_the_layout_spells_paths(path: Path):
    # a sentence may name a file for the reader; a path is a text without spaces
    words = [text for text in texts(path) if " " not in text]
    assert [text for text in words if text in FILES or FOLDERS.search(text)] == []


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_rules_ask_the_layout_for_paths(path: Path):
    rules = re.sub(r'""".*?"""', "", path.read_text(), flags=re.DOTALL)  # docstrings draw the pipeline
    texts = re.findall(r'"([^"]*)"', rules)
    assert [text for text in texts if text in FILES or FOLDERS.search(text)] == []


def heavy_libraries_loaded_by(module: str) -> list[str]:
    program = f"import sys, {module}; print(*sorted({HEAVY!r} & set(sys.modules)))"
    command = [sys.executable, "-c", program]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=PACKAGE.parent).stdout.split()


def test_what_the_snakefile_imports_is_light():
    assert heavy_libraries_loaded_by("mojo.campaign") == []


@pytest.mark.parametrize("module", ["mojo", "mojo.study.schema", "mojo.distributions.specs", "mojo.__main__"])
def test_what_study_files_and_the_command_line_need_is_light(module: str):
    assert heavy_libraries_loaded_by(module) == []
