"""The user's functions are found by name, checked by signature, and known by their sources."""

import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mojo import user_code
from mojo.errors import ModelError, StudyError

Module = Callable[..., Path]


@pytest.fixture
def module(tmp_path: Path) -> Iterator[Module]:
    """Return a function that writes a Python file and returns its path; what was imported is forgotten."""
    places = list(sys.path)

    def write(text: str, name: str = "mine.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    yield write
    for name, found in list(sys.modules.items()):
        if str(getattr(found, "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
    sys.path[:] = places


@pytest.mark.parametrize("reference", ["mine.py", "mine.py:", ":f", "mine.py:f()", "mine.py:f g", ""])
def test_a_reference_without_a_function_says_how_to_write_one(reference: str):
    with pytest.raises(StudyError, match=r"does not name a function. Write it as 'path/to/file.py:function' or"):
        user_code.split(reference)


def test_a_path_with_a_colon_is_split_at_the_last():
    assert user_code.split("C:/code/mine.py:Maker.generate") == ("C:/code/mine.py", "Maker.generate")


def test_a_file_is_imported_by_its_path_and_once(module: Module):
    path = module("def f():\n    return 1\n")
    f = user_code.resolve(f"{path}:f")
    assert f() == 1
    assert user_code.resolve(f"{path}:f") is f


def test_two_files_of_one_name_are_two_modules(module: Module):
    one, two = module("def f():\n    return 1\n", "a/mine.py"), module("def f():\n    return 2\n", "b/mine.py")
    assert (user_code.resolve(f"{one}:f")(), user_code.resolve(f"{two}:f")()) == (1, 2)


def test_a_function_of_a_class_and_of_a_dotted_module_is_found(module: Module):
    path = module("class Maker:\n    @staticmethod\n    def f():\n        return 3\n")
    assert user_code.resolve(f"{path}:Maker.f")() == 3
    assert user_code.resolve("os.path:join")("a", "b") == "a/b"


def test_a_file_can_import_its_neighbours(module: Module):
    module("LENGTH = 2.0\n", "my_lengths.py")
    path = module("from my_lengths import LENGTH\n\ndef f():\n    return LENGTH\n")
    assert user_code.resolve(f"{path}:f")() == 2.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import mujocoo\n", r"ModuleNotFoundError: No module named 'mujocoo' \(.*mine.py, line 1\)"),
        ("x = 1\ny = x / 0\n", r"ZeroDivisionError: division by zero \(.*mine.py, line 2\)"),
        ("def f(:\n", r"SyntaxError: invalid syntax .*mine.py, line 1\)"),
    ],
)
def test_a_module_that_cannot_be_imported_says_why_and_where(module: Module, text: str, message: str):
    path = module(text)
    with pytest.raises(StudyError, match=f"mine.py cannot be imported: {message}"):
        user_code.resolve(f"{path}:f")
    path.write_text("def f():\n    return 1\n")
    assert user_code.resolve(f"{path}:f")() == 1  # nothing half-imported stays behind


def test_a_missing_function_is_named_with_its_nearest(module: Module):
    path = module("import os\ndef generate(): ...\ndef _hidden(): ...\n")
    with pytest.raises(
        StudyError, match=r"Function 'genrate' is not in .*mine.py. Did you mean 'generate'\? It has: ge"
    ):
        user_code.resolve(f"{path}:genrate")


def test_what_is_no_function_is_refused(module: Module):
    path = module("LENGTH = 2.0\n")
    with pytest.raises(StudyError, match=r"mine.py:LENGTH' is a float, not a function"):
        user_code.resolve(f"{path}:LENGTH")


def test_a_missing_file_is_named_with_what_its_folder_has(module: Module, tmp_path: Path):
    module("")
    with pytest.raises(StudyError, match=r"names the file .*yours.py, which does not exist. That folder has: mine.py."):
        user_code.anchored("yours.py:f", tmp_path)


def test_references_come_back_as_the_same_function(module: Module):
    path = module("import functools\ndef f(a, b=0):\n    return a + b\n")
    f = user_code.resolve(f"{path}:f")
    assert user_code.reference(f) == f"{path}:f"
    assert user_code.reference(Path.exists) == f"{Path.__module__}:Path.exists"
    partial = user_code.reference(functools.partial(f, 1, b=2))
    assert partial == {"function": f"{path}:f", "args": [1], "kwargs": {"b": 2}}
    assert user_code.resolve(partial)() == 3


def nested() -> Callable[[], int]:
    def inner() -> int:
        return 1

    return inner


@pytest.mark.parametrize("function", [lambda: 1, nested()])
def test_a_function_without_a_name_of_its_own_is_refused(function: Any):
    with pytest.raises(ModelError, match=r"cannot be found again by name .* Define it with `def` at the top"):
        user_code.reference(function)


def test_arguments_that_no_file_can_hold_are_refused():
    with pytest.raises(ModelError, match=r"cannot be written to config.json: Object of type object is not JSON"):
        user_code.reference(functools.partial(Path.exists, object()))


GENERATE = "generate(mojo_model, overrides, *gen_args, **gen_kwargs)"


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("def generate(mojo_model): ...", "too many positional arguments"),
        ("def generate(): ...", "too many positional arguments"),
        ("def generate(mojo_model, overrides, legs): ...", "missing a required argument: 'legs'"),
        ("def generate(mojo_model, overrides, *, legs): ...", "missing a required argument: 'legs'"),
    ],
)
def test_a_function_that_cannot_be_called_so_is_refused(module: Module, definition: str, reason: str):
    function = user_code.resolve(f"{module(definition)}:generate")
    with pytest.raises(StudyError) as caught:
        user_code.check_signature("generator", function, GENERATE, ["mojo_model", "overrides"], set())
    signature = definition.removeprefix("def ").removesuffix(": ...")
    is_called = f"The generator is called as {GENERATE}, but it is defined as {signature}"
    assert str(caught.value).startswith(is_called)
    assert reason in str(caught.value)


def test_a_keyword_that_the_function_does_not_take_is_refused(module: Module):
    function = user_code.resolve(f"{module('def generate(mojo_model, overrides): ...')}:generate")
    with pytest.raises(StudyError, match="got an unexpected keyword argument 'legs'"):
        user_code.check_signature("generator", function, GENERATE, ["mojo_model", "overrides"], {"legs"})


@pytest.mark.parametrize(
    "definition",
    [
        "def generate(mojo_model, overrides): ...",
        "def generate(*args, **kwargs): ...",
        "def generate(m, o, legs=4): ...",
        "class generate:\n    def __init__(self, mojo_model, overrides): ...",
    ],
)
def test_a_function_that_can_be_called_so_is_accepted(module: Module, definition: str):
    function = user_code.resolve(f"{module(definition)}:generate")
    user_code.check_signature("generator", function, GENERATE, ["mojo_model", "overrides"], set())


USES_ALL = """
import json
import numpy.linalg
import my_package
import my_folder.inner


def f():
    import my_late
"""


def test_sources_are_the_file_and_the_local_modules_that_it_imports(module: Module):
    deep = module("import my_package  # a cycle\n", "my_package/deep.py")
    package = module("from . import deep\n", "my_package/__init__.py")
    inner = module("INNER = 1\n", "my_folder/inner.py")
    late = module("LATE = 1\n", "my_late.py")  # imported when f is called, which it is not
    module("UNUSED = 1\n", "my_unused.py")
    path = module(USES_ALL)
    assert user_code.sources(f"{path}:f") == sorted([path, deep, package, inner, late])
    assert "my_late" not in sys.modules


def test_sources_of_installed_packages_are_left_out():
    assert user_code.sources("numpy.linalg:norm") == []


def test_a_module_that_exits_while_it_is_imported_is_refused(tmp_path: Path):
    module = tmp_path / "licensed.py"
    module.write_text("import sys\nsys.exit('no licence')\n")
    with pytest.raises(StudyError, match=r"licensed.py cannot be imported: SystemExit: no licence \(.*line 2\)"):
        user_code.resolve(f"{module}:generate")
