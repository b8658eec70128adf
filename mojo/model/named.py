"""Named values: every number of a trial that has a name, a unit and a source."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from mojo.attributes import ClosedAttributes
from mojo.columns import is_reserved
from mojo.errors import ModelError, unknown

Source = Literal["design", "nominal", "override", "draw", "user", "model"]


def plain(value: Any) -> Any:
    """Return `value` as Python numbers, strings, booleans and lists, every digit kept."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _unfit(value: Any) -> str | None:
    """Return the type of what is no number, text or (nested) list of these; None where all is well."""
    if isinstance(value, list):
        return next((wrong for item in value if (wrong := _unfit(item)) is not None), None)
    return None if isinstance(value, float | int | bool | str) else type(value).__name__


class NamedValue(BaseModel):
    """A number, text or array with a name.

    Attributes:
        name: How tables and files call it.
        value: A scalar, a string or a (nested) list.
        unit: Its unit, "" for none.
        source: Who set it: the design, a nominal, an override, a draw in the generator, the user's code, or
            the compiled model, from which it was read back.
        description: What it means.
        element: Where the compiled model holds it, e.g. "Bodies/torso:mass"; "" if nowhere.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: str
    value: float | int | bool | str | list[Any]
    unit: str = ""
    source: Source = "user"
    description: str = ""
    element: str = ""

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse: tables and files hold the value as it was named.

        Raises:
            ModelError: Always.
        """
        raise ModelError(
            f"Named value '{self.name}' cannot be changed, but its {name} was to be {value!r}. Replace it: "
            f"named.set('{self.name}', value, force=True)."
        )


class NamedValueDict(ClosedAttributes, Mapping[str, NamedValue]):
    """The named values of one trial, in the order in which they were set."""

    _instead = "A value is named by `named.set(name, value)`."

    def __init__(self, values: list[NamedValue] | None = None) -> None:
        self._values = {value.name: value for value in values or []}
        self._refuses = ""

    def __getitem__(self, name: str) -> NamedValue:
        if name not in self._values:
            raise ModelError(unknown("Named value", name, self._values, owner="this trial"))
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def close(self, reason: str) -> None:
        """Take no more values, for a reason."""
        self._refuses = reason

    def set(
        self,
        name: str,
        value: Any,
        *,
        unit: str = "",
        description: str = "",
        element: str = "",
        source: Source = "user",
        force: bool = False,
    ) -> NamedValue:
        """Add a named value and return it.

        Args:
            name: Its name; it becomes a column of the tables.
            value: Scalar, string, or array of any shape.
            unit: Its unit.
            description: What it means.
            element: Where the compiled model holds it, e.g. "Bodies/torso:mass"; then the value is read back
                from the model after compiling, so that the tables say what was simulated.
            source: Who sets it.
            force: Replace a value of that name.

        Raises:
            ModelError: The name is taken, reserved or empty, the value is not one of these types, or it comes too late.
        """
        if self._refuses:
            raise ModelError(f"'{name}' cannot be named any more, since nothing would keep it. {self._refuses}")
        if name in self._values and not force:
            taken = self._values[name]
            raise ModelError(
                f"Named value '{name}' is set twice: it is {taken.value} ({taken.source}), and now {value}. "
                "Choose another name, or replace it with force=True."
            )
        if not isinstance(name, str):
            raise ModelError(f"The name of a value must be text, but is {name!r}.")
        if not name:
            raise ModelError("The name of a value must not be empty.")
        if is_reserved(name):
            raise ModelError(f"'{name}' cannot name a value: it is a column of the tables already.")
        value = plain(value)
        if (wrong := _unfit(value)) is not None:
            place = " in an array" if isinstance(value, list) else ""
            raise ModelError(f"Named value '{name}' must be a number, text or array, but is a {wrong}{place}.")
        named = NamedValue(name=name, value=value, unit=unit, description=description, element=element, source=source)
        self._values[name] = named
        return named

    def dump(self) -> list[dict[str, Any]]:
        """Return the values as JSON-able dicts; fields that say nothing are left out."""
        return [value.model_dump(exclude_defaults=True) | {"source": value.source} for value in self._values.values()]

    @classmethod
    def load(cls, dumped: list[dict[str, Any]]) -> "NamedValueDict":
        """Return the values that `dump` gave."""
        return cls([NamedValue.model_validate(item) for item in dumped])
