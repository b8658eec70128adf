"""Spans: the fewest slices of MuJoCo's arrays that hold what is recorded."""

from collections.abc import Iterable
from itertools import pairwise

from mojo.runtime.catalogue import Address

Span = tuple[str, int, int]  # array, first entry, end
_GAP = 16


def spans(addresses: Iterable[Address]) -> tuple[list[Span], dict[Address, int]]:
    """Return the slices that hold all `addresses`, and where each address stands in them laid end to end.

    Neighbours with a small gap share a slice: to copy a few entries more takes less time than another slice.
    """
    found: list[Span] = []
    places: dict[Address, int] = {}
    width = 0
    ordered = sorted(set(addresses))
    starts = [0, *(i for i, (a, b) in enumerate(pairwise(ordered), 1) if a[0] != b[0] or b[1] - a[1] > _GAP)]
    for first, end in pairwise([*starts, len(ordered)] if ordered else []):
        array, begin = ordered[first]
        found.append((array, begin, ordered[end - 1][1] + 1))
        places.update({(array, index): width + index - begin for _, index in ordered[first:end]})
        width += found[-1][2] - begin
    return found, places
