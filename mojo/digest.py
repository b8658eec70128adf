"""Digests: how the workflow knows that something it depends on has changed."""

import ast
import contextlib
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent


def of_value(value: Any) -> str:
    """Return the digest of a JSON-able value; the order of keys does not count."""
    return _short(json.dumps(value, sort_keys=True, ensure_ascii=False).encode())


def of_source(path: Path) -> str:
    """Return the digest of a file; comments and layout of Python files do not count."""
    content = path.read_bytes()
    if path.suffix == ".py":
        with contextlib.suppress(SyntaxError):  # the bytes will do until the user has mended it
            content = ast.unparse(ast.parse(content)).encode()
    return _short(content)


@cache
def of_package(*parts: str) -> str:
    """Return the digest of modules and subpackages of mojo, e.g. of_package("model", "randomness.py")."""
    files = [path for part in parts for path in _python_files(PACKAGE / part)]
    return of_value({str(path.relative_to(PACKAGE)): _short(path.read_bytes()) for path in files})


def _python_files(path: Path) -> list[Path]:
    assert path.exists(), path
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
