"""What has changed since a study was last frozen, in words."""

from collections.abc import Iterator
from typing import Any

from mojo.study.frozen import FrozenStudy

_MISSING = object()


def changes(old: FrozenStudy, new: FrozenStudy) -> list[str]:
    """Return a line for everything that changed between two frozen studies."""
    before, after = old.study.model_dump(mode="json"), new.study.model_dump(mode="json")
    lines = list(_differences("", before, after))
    known = {name: value for code in old.code.values() for name, value in code.files.items()} | old.inputs
    now = {name: value for code in new.code.values() for name, value in code.files.items()} | new.inputs
    lines += [f"{name} has changed" for name in now if name in known and known[name] != now[name]]
    lines += [f"{name} is used now" for name in now if name not in known]
    if not lines and old.digests != new.digests:
        stages = ", ".join(stage for stage in new.digests if old.digests.get(stage) != new.digests[stage])
        lines.append(f"mojo or a library has changed, which concerns: {stages}")
    return lines


def _differences(key: str, before: Any, after: Any) -> Iterator[str]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            inner = f"{key}.{name}" if key else name
            yield from _differences(inner, before.get(name, _MISSING), after.get(name, _MISSING))
    else:
        yield f"{key}: {_shown(before)} → {_shown(after)}"


def _shown(value: Any) -> str:
    text = "nothing" if value is _MISSING else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
