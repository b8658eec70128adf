"""Attributes that count: what a user sets on one of mojo's objects is known to it, or refused."""

import functools
import inspect
from abc import ABCMeta
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, Generic, Self, TypeVar, get_origin, overload

from mojo.errors import ModelError, nearest


class UnknownAttribute(ModelError, AttributeError):
    """An attribute was set that nobody would ever read."""


class _ClosedOnceMade(ABCMeta):
    """Closes an object when its `__init__` is through, with those of subclasses."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        made = super().__call__(*args, **kwargs)
        vars(made)["_is_made"] = True
        return made


class ClosedAttributes(metaclass=_ClosedOnceMade):
    """An object that takes the attributes which its `__init__` sets or its class declares, and no others.

    A subclass has attributes of its own by setting them in its `__init__`, before or after that of its base, or by
    declaring them in its class.

    Attributes:
        _instead: What to do where somebody sets an attribute that there is not.
    """

    _instead: ClassVar[str] = ""

    _is_made: bool

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute.

        Raises:
            UnknownAttribute: The object has none of that name, or it can only be read or called.
        """
        own = vars(self)
        if name not in own and "_is_made" in own:
            check_settable(self, name, value, own)
        super().__setattr__(name, value)


def check_settable(owner: Any, name: str, value: Any, known: Any) -> None:
    """Check that setting an attribute of `owner` would not be lost.

    Args:
        owner: The object.
        name: The attribute.
        value: Its new value.
        known: The names of what can be set, beside what the class of `owner` declares.

    Raises:
        UnknownAttribute: There is no such attribute, it can only be read, or it is a method.
    """
    kind = type(owner)
    place = f"{kind.__name__}.{name}"
    declared = inspect.getattr_static(kind, name, None)
    if isinstance(declared, property):
        if declared.fset is None:
            raise UnknownAttribute(f"{place} can be read, not set, but got {value!r}. {_first_line(declared)}")
        return
    there = sorted(each for each in {*known, *_declared(kind)} if not each.startswith("_"))
    if inspect.isroutine(declared):
        if not callable(value):
            hint = nearest(name, there)
            raise UnknownAttribute(f"{place} is a method, not to be set, but got {value!r}.{hint}")
    elif declared is None and name not in _declared(kind):
        listing = f" It has: {', '.join(there)}." if there else ""
        instead = getattr(kind, "_instead", "")
        raise UnknownAttribute(
            f"{kind.__name__} has no attribute '{name}', so setting it would change nothing."
            f"{nearest(name, there)}{listing}{instead and ' ' + instead}"
        )


_known: dict[type, frozenset[str]] = {}


def _declared(kind: type) -> frozenset[str]:
    """Return the attributes that a class and its bases declare for their objects, with properties to be set."""
    if kind in _known:
        return _known[kind]
    names: set[str] = set()
    for base in kind.__mro__:
        annotated = vars(base).get("__annotations__", {})
        names |= {name for name, form in annotated.items() if ClassVar not in (form, get_origin(form))}
        names |= {name for name, value in vars(base).items() if isinstance(value, property) and value.fset is not None}
    return _known.setdefault(kind, frozenset(names))


def _first_line(documented: Any) -> str:
    """Return what the first line of a docstring says, or ""."""
    return (inspect.getdoc(documented) or "").partition("\n")[0]


Item = TypeVar("Item")


class SealableList(list[Item]):
    """A list that may be changed until somebody has read it for good.

    Args:
        items: What is in it.
        name: How users call it, e.g. "RuntimeManager.loads".
    """

    def __init__(self, items: Iterable[Item] = (), name: str = "this list") -> None:
        super().__init__(items)
        self.name = name
        self._reason: str | None = None

    def seal(self, reason: str) -> None:
        """Allow no more changes: they raise a ModelError that gives the reason, and says what to do instead."""
        self._reason = reason

    def _check_open(self) -> None:
        if self._reason is not None:
            raise ModelError(f"{self.name} cannot be changed any more. {self._reason}")


def _guarded(name: str) -> Callable[..., Any]:
    """Return the method of list that changes it, for as long as it is open."""
    method = getattr(list, name)

    @functools.wraps(method)
    def change(self: SealableList[Any], *args: Any, **kwargs: Any) -> Any:
        self._check_open()
        return method(self, *args, **kwargs)

    return change


for _name in ("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"):
    setattr(SealableList, _name, _guarded(_name))
for _name in ("__setitem__", "__delitem__", "__iadd__", "__imul__"):
    setattr(SealableList, _name, _guarded(_name))


class ListField(Generic[Item]):
    """An attribute that is a SealableList: to assign a list replaces what is in it, if it may still be changed.

    Args:
        holds: What is in it, e.g. "loads".
    """

    def __init__(self, holds: str) -> None:
        self._holds = holds

    def __set_name__(self, owner: type, name: str) -> None:
        self._name, self._label = name, f"{owner.__name__}.{name}"

    @overload
    def __get__(self, owner: None, kind: type) -> Self: ...

    @overload
    def __get__(self, owner: object, kind: type) -> SealableList[Item]: ...

    def __get__(self, owner: object | None, kind: type) -> Any:
        return self if owner is None else vars(owner)[self._name]

    def __set__(self, owner: object, value: Sequence[Item]) -> None:
        """Replace the items; the list itself stays the owner's own."""
        if not isinstance(value, list | tuple):
            raise ModelError(f"{self._label} must be a list of {self._holds}, but is {value!r}.")
        held = vars(owner).get(self._name)
        if held is not None:
            held[:] = value
        else:
            vars(owner)[self._name] = SealableList(value, self._label)
