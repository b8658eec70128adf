"""One thing that user code may change in its process: how it is saved, and how it is put back."""

from collections.abc import Callable
from typing import Any, NamedTuple


class CannotRestoreError(Exception):
    """Something stays as user code left it, so that the process serves no other trial."""


class Kept(NamedTuple):
    """One thing that user code may change.

    Attributes:
        name: What it is called in the trial's log.
        save: Returns it as it is.
        restore: Puts back what `save` returned, and returns whether that was necessary.
    """

    name: str
    save: Callable[[], Any]
    restore: Callable[[Any], bool]


def value(name: str, read: Callable[[], Any], write: Callable[[Any], None]) -> Kept:
    """Return what is kept by reading a value and writing it back where it differs.

    Args:
        name: What it is called in the trial's log.
        read: Returns a value that is changed by no later change, and can be compared.
        write: Puts a value back.
    """

    def restore(saved: Any) -> bool:
        if read() == saved:
            return False
        write(saved)
        if read() != saved:
            raise CannotRestoreError("it stays as it is")
        return True

    return Kept(name, read, restore)
