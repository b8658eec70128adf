"""Runs of consecutive whole numbers, as lists of trials and batches are told."""

from collections.abc import Iterable


def runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return the first and the last number of each run in ascending numbers, e.g. of 3, 7, 8, 9: (3, 3) and (7, 9)."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return found
