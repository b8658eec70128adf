"""Lists that are settled: what a generator has decided, and what no later stage can change in silence."""

from collections.abc import Iterable
from typing import Any, NoReturn

from mojo.errors import ModelError


class Settled(list[Any]):
    """A list that cannot be changed any more.

    Args:
        items: What it holds.
        instead: Why, and what to do instead.
    """

    def __init__(self, items: Iterable[Any], instead: str) -> None:
        super().__init__(items)
        self._instead = instead

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse a change.

        Raises:
            ModelError: Always.
        """
        raise ModelError(f"This list of the MojoModel cannot be changed any more. {self._instead}")

    append = extend = insert = remove = pop = clear = sort = reverse = _refuse  # type: ignore[assignment]
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse  # type: ignore[assignment]
