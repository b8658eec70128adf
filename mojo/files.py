"""Files that are written whole or not at all."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic_core import to_json


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`, and rename it to `path` when the block succeeds.

    The temporary file is removed when the block raises, so a reader sees the old file, the new one or none.
    """
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(4)}.part.{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    with replacing(path) as temporary, temporary.open("xb", buffering=0) as file:
        file.write(content)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8, whole or not at all."""
    write_bytes(path, text.encode())


def as_json(value: Any) -> bytes:
    """Return what `write_json` writes; floats keep every digit."""
    return to_json(value, indent=2, inf_nan_mode="constants") + b"\n"


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` as JSON, whole or not at all."""
    write_bytes(path, as_json(value))


def read_json(path: Path) -> Any:
    """Return the content of the JSON file `path`."""
    return json.loads(path.read_bytes())
