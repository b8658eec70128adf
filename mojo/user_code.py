"""The user's functions: found by name, checked by signature, known by the digest of their sources."""

import ast
import contextlib
import functools
import hashlib
import importlib
import importlib.util
import inspect
import json
import os
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from mojo.errors import ModelError, StudyError, one_line, unknown

FORM = "'path/to/file.py:function' or 'package.module:function'"
_INSTALLED = {"site-packages", "dist-packages"}
_BY_PATH = "mojo_user_"  # how the names of modules begin that were imported by the paths of their files


def split(reference: str) -> tuple[str, str]:
    """Return the module part and the function part of a reference.

    Raises:
        StudyError: `reference` has not the form "module:function".
    """
    module, separator, function = reference.rpartition(":")
    if not separator or not module or not all(part.isidentifier() for part in function.split(".")):
        raise StudyError(f"'{reference}' does not name a function. Write it as {FORM}.")
    return module, function


def anchored(reference: str, folder: Path) -> str:
    """Return `reference` with the path of its file made absolute, relative to `folder`.

    Raises:
        StudyError: The form is wrong, or there is no such file.
    """
    module, function = split(reference)
    if not module.endswith(".py"):
        return reference
    path = (folder / module).resolve()
    if not path.is_file():
        siblings = [entry.name for entry in path.parent.glob("*.py")] if path.parent.is_dir() else []
        hint = f" That folder has: {', '.join(sorted(siblings))}." if siblings else " There is no such folder."
        raise StudyError(f"'{reference}' names the file {path}, which does not exist.{hint}")
    return f"{path}:{function}"


def load_module(module: str) -> ModuleType:
    """Import a module by its dotted name or by the path of its file, once a process.

    The folder of a file is put on sys.path, so that it can import its neighbours, as a script can.

    Raises:
        StudyError: The module is not there, or raised an error while it was imported.
    """
    try:
        if not module.endswith(".py"):
            return importlib.import_module(module)
        path = Path(module).resolve()
        if str(path.parent) not in sys.path:
            sys.path.insert(0, str(path.parent))
        name = f"{_BY_PATH}{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
        if name not in sys.modules:
            _execute(path, name)
        return sys.modules[name]
    except (Exception, SystemExit) as error:
        place = _user_place(error)
        raise StudyError(f"{module} cannot be imported: {one_line(error)}{place}") from error


def _execute(path: Path, name: str) -> None:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise StudyError(f"{path} is not a Python file.")
    sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(sys.modules[name])
    except BaseException:
        del sys.modules[name]
        raise


def _user_place(error: BaseException) -> str:
    """Return " (file, line n)" of the innermost frame, so that a one-line message can be followed up."""
    if isinstance(error, SyntaxError):
        return f" ({error.filename}, line {error.lineno})"
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return f" ({traceback.tb_frame.f_code.co_filename}, line {traceback.tb_lineno})" if traceback else ""


def resolve(reference: str | dict[str, Any]) -> Callable[..., Any]:
    """Return the function that `reference` names; the inverse of `reference()`.

    Raises:
        StudyError: The module or the function does not exist, or it is not callable.
    """
    if isinstance(reference, dict):
        return functools.partial(resolve(reference["function"]), *reference["args"], **reference["kwargs"])
    module_name, name = split(reference)
    found: Any = load_module(module_name)
    for part in name.split("."):
        if not hasattr(found, part):
            raise StudyError(unknown("Function", name, _functions(found), owner=module_name))
        found = getattr(found, part)
    if not callable(found):
        raise StudyError(f"'{reference}' is a {type(found).__name__}, not a function.")
    return found


def _functions(owner: Any) -> list[str]:
    return [name for name, value in vars(owner).items() if inspect.isfunction(value) and not name.startswith("_")]


def reference(function: Callable[..., Any]) -> str | dict[str, Any]:
    """Return the name by which another process finds `function`.

    A function of a module gives "module:qualname"; a functools.partial of one a dict with its arguments.

    Raises:
        ModelError: `function` cannot be found by name: a lambda, a nested function, a callable object.
    """
    if isinstance(function, functools.partial):
        found = {"function": reference(function.func), "args": list(function.args), "kwargs": function.keywords}
        try:
            return json.loads(json.dumps(found))
        except TypeError as error:
            raise ModelError(f"The arguments of {function} cannot be written to config.json: {error}.") from error
    module = sys.modules.get(getattr(function, "__module__", ""))
    name = getattr(function, "__qualname__", "")
    if module is None or not name or "<" in name:
        shown = name or repr(function)
        raise ModelError(
            f"{shown} cannot be found again by name from the process that simulates. Define it with `def` at "
            "the top of its module, and give it values through functools.partial."
        )
    if module.__name__.startswith(_BY_PATH) or module.__name__ == "__main__":
        return f"{Path(str(module.__file__)).resolve()}:{name}"
    return f"{module.__name__}:{name}"


def check_signature(
    role: str, function: Callable[..., Any], call: str, arguments: list[str], keywords: set[str]
) -> None:
    """Check that `function` can be called as `call` says.

    Args:
        role: What the function is to the study, e.g. "generator".
        call: The call as users know it, for the message.
        arguments: One name for each positional argument that will be given.
        keywords: Names of the keyword arguments that will be given.

    Raises:
        StudyError: It takes fewer, more or other parameters.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # a builtin that does not tell its signature
    try:
        signature.bind(*arguments, **dict.fromkeys(keywords))
    except TypeError as error:
        name = getattr(function, "__qualname__", repr(function))
        raise StudyError(f"The {role} is called as {call}, but it is defined as {name}{signature}: {error}.") from error


def sources(reference: str) -> list[Path]:
    """Return the files that the function's module consists of: its own, and the local modules that it imports.

    Modules that are imported inside a function count too, whether it has been called or not. Installed packages and
    the standard library are left out; their versions stand in study.json.
    """
    module = load_module(split(reference)[0])
    found: dict[Path, None] = {}
    _collect(Path(getattr(module, "__file__", None) or ""), module.__package__ or "", found)
    return sorted(found)


def _collect(path: Path, package: str, found: dict[Path, None]) -> None:
    path = path.resolve()
    if path.suffix != ".py" or path in found or not _is_local(path):
        return
    found[path] = None
    for name in _imported_names(ast.parse(path.read_bytes()), package):
        imported = _file_of(name)
        if imported is not None:
            _collect(imported, name if imported.name == "__init__.py" else name.rpartition(".")[0], found)


def _file_of(name: str) -> Path | None:
    """Return the file of a module, which need not have been imported and is not; None for what has no file."""
    top, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except ValueError:  # a module that was made by hand
        return None
    if spec is None or not rest:
        return Path(spec.origin) if spec is not None and spec.origin else None
    for location in spec.submodule_search_locations or ():
        place = Path(location, *rest)
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                return file
    return None


_imported: list[ModuleType] = []
_local: dict[str, ModuleType] = {}


def local_modules() -> dict[str, ModuleType]:
    """Return the modules that were imported from the user's own files, by the names that they have on any machine."""
    imported = list(sys.modules.values())
    if imported != _imported:
        _imported[:] = imported
        _local.clear()
        found = [(vars(it).get("__file__") or "", name) for name, it in sys.modules.items() if type(it) is ModuleType]
        for file, name in sorted(found):
            if file and _is_local(Path(file)):
                # that of a module which was imported by its path holds a hash of the path
                short = Path(file).name if name.startswith(_BY_PATH) else name
                same = sum(known.split("#")[0] == short for known in _local)
                _local[f"{short}#{same + 1}" if same else short] = sys.modules[name]
    return _local


def names_assigned(path: Path) -> frozenset[str]:
    """Return the names that a Python file assigns or defines, rather than imports; none where it cannot be read."""
    found: set[str] = set()
    with contextlib.suppress(OSError, SyntaxError, ValueError):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
    return frozenset(found)


@functools.cache
def _is_local(path: Path) -> bool:
    if _INSTALLED.intersection(path.parts):  # also those of a user, or of a system whose own folders have other names
        return False
    # as it is written first: to resolve the paths of a thousand modules would take a worker's start half a second
    return not (str(path).startswith(_packages()) or str(path.resolve()).startswith(_packages()))


@functools.cache
def _packages() -> tuple[str, ...]:
    """Return the folders of installed packages, of Python's own and of mojo, as they are written and resolved."""
    installed = [Path(sysconfig.get_paths()[key]) for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders = [*installed, Path(__file__).parent]
    return tuple(f"{place}{os.sep}" for folder in folders for place in (folder, folder.resolve()))


def _imported_names(tree: ast.AST, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                yield from (".".join(parts[: end + 1]) for end in range(len(parts)))
        elif isinstance(node, ast.ImportFrom):
            relative = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(relative, package) if node.level else relative
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
