"""Overrides: values fixed from outside, which know who asked for them."""

from collections.abc import Mapping
from typing import Any

from mojo.attributes import ClosedAttributes
from mojo.errors import ModelError, unknown


class Overrides(ClosedAttributes, dict[str, Any]):
    """Values fixed from outside, which know who asked for them."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        super().__init__(values or {})
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of `name`, or `default`."""
        self.asked.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)

    def check_all_asked(self) -> None:
        """Check that every override was asked for by a parameter, a draw or the generator.

        Raises:
            ModelError: One was not; the message lists what was asked for.
        """
        for name in self:
            if name not in self.asked:
                raise ModelError(
                    unknown(
                        "Override",
                        name,
                        self.asked,
                        owner="use: no parameter or draw has this name, nor does the generator ask for it",
                    )
                )
