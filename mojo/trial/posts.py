"""Posts: what a trial says of posted values that are in no row of its telemetry."""

from collections.abc import Mapping
from typing import Any


def dropped_posts(record: Mapping[str, Any], decimation: int) -> list[str]:
    """Return a sentence for each signal of which posts were dropped.

    Args:
        record: What status.json says of the run.
        decimation: Every how many steps a row was recorded.
    """
    if decimation > 1:
        why = "fell between recorded rows: post with hold=True, or set record_decimation: 1"
    else:
        why = "were followed by others before a row took them: post with hold=True if the last of a step is to count"
    posts, dropped = record.get("posts", {}), record.get("dropped_posts", {})
    return [f"{count} of {posts[name]} posts of '{name}' {why}." for name, count in dropped.items()]
