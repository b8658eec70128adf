"""What pydantic finds wrong with a study, in the words of its file."""

import inspect
import re
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from mojo.errors import nearest

# Keys that take values of two types; pydantic would name the mistake once for each.
TWO_TYPES = {
    "batch_size": "must be 'auto' or a whole number from 1 to 10000",
    "max_failures": "must be a whole number from 0, or a share such as '5%'",
    "overrides": "must be a mapping of name: value, or the path of a JSON file that holds one",
}


def sentence(error: Any, study_class: type[BaseModel], kind: str, raw: Mapping[str, Any]) -> str:
    """Return one pydantic error as 'key: what is wrong'.

    Args:
        error: One of the errors of a ValidationError.
        study_class: The class that was validated.
        kind: The kind of study.
        raw: What the file holds.
    """
    location = _keys_in_file(error["loc"], raw, named_last=error["type"] in ("missing", "extra_forbidden"))
    key = ".".join(location)
    if error["type"] == "missing":
        return f"{key}: is missing"
    if error["type"] == "extra_forbidden":
        known = [name for model in _models(study_class, error["loc"][:-1]) for name in model.model_fields]
        if len(location) == 1:
            article = "an" if kind[0] in "aeiou" else "a"
            return f"{key}: is not a key of {article} {kind} study.{nearest(key, known)}"
        return f"{key}: is not a key here.{nearest(location[-1], known)}{_listed(known)}"
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return _wrong_tag(error, study_class, key)
    text = _rule(error, location)
    return f"{key}: {text[0].lower()}{text[1:]}{_what_came(error)}" if key else text


def _rule(error: Any, location: list[str]) -> str:
    """Return what holds for a key, and did not."""
    text = str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if error["type"] == "value_error":
        return text
    if error["input"] is None:
        return "has no value. Give it one, or remove the key"
    if len(location) == 1 and location[0] in TWO_TYPES:
        return TWO_TYPES[location[0]]
    if location == ["name"] and error["type"] == "string_pattern_mismatch":
        return "must be a folder's name: letters, digits, '.', '_' and '-', the first a letter or digit"
    if error["type"] in ("dict_type", "model_type", "model_attributes_type"):
        example = "{distribution: uniform, low: 0, high: 1}" if location[0] == "parameters" else "{key: value}"
        return f"must be a mapping such as {example if len(location) > 1 else '{name: ...}'}"
    return text


def _wrong_tag(error: Any, study_class: type[BaseModel], key: str) -> str:
    """Return the sentence for a mapping whose kind, such as its distribution, is missing or unknown."""
    label = str(error["ctx"]["discriminator"]).strip("'")
    models = _models(study_class, error["loc"])
    expected = [str(model.model_fields[label].default) for model in models if label in model.model_fields]
    expected = expected or re.findall(r"'([^']+)'", str(error["ctx"].get("expected_tags", "")))
    came = error["ctx"].get("tag")
    got = f"'{came}' is not known.{nearest(str(came), expected)}" if came else "is missing."
    return f"{key}.{label}: {got}{_listed(expected)}"


def _listed(names: list[str]) -> str:
    return f" There is: {', '.join(dict.fromkeys(names))}." if names else ""


def _models(annotation: Any, location: tuple[Any, ...]) -> list[type[BaseModel]]:
    """Return the models that may stand at a pydantic location below `annotation`."""
    found = list(_members(annotation))
    for part in location:
        found = [member for each in found for below in _below(each, part) for member in _members(below)]
    return [each for each in found if inspect.isclass(each) and issubclass(each, BaseModel)]


def _members(annotation: Any) -> Iterator[Any]:
    """Yield the types of a union, or the one type."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _members(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for each in get_args(annotation):
            yield from _members(each)
    else:
        yield annotation


def _below(annotation: Any, part: Any) -> Iterator[Any]:
    """Yield what stands under a key, a position or the name of a union's member."""
    if get_origin(annotation) in (dict, list):
        yield get_args(annotation)[-1]
    elif inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields
        if part in fields:
            yield fields[part].annotation
        if part == annotation.__name__ or any(field.default == part for field in fields.values()):
            yield annotation


def _keys_in_file(location: tuple[Any, ...], raw: Any, named_last: bool) -> list[str]:
    """Return the parts of a pydantic location that stand in the file, leaving out the names of union members.

    The last part of a missing or surplus key is its name.
    """
    keys: list[str] = []
    here, tag_is_next = raw, True
    for position, part in enumerate(location):
        # a member is called as its tag, and there may be a key of that name, too: beta
        is_tag = tag_is_next and isinstance(here, Mapping) and part in (here.get("distribution"), here.get("type"))
        tag_is_next = False
        last = named_last and position == len(location) - 1
        if isinstance(here, Mapping) and not is_tag and (part in here or last):
            here = here.get(part)
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
        else:
            continue
        keys.append(str(part))
        tag_is_next = True
    return keys


def _what_came(error: Any) -> str:
    came = error.get("input")
    if error["type"] == "value_error" or isinstance(came, Mapping) or came is None:
        return ""
    shown = repr(came)
    return f", but got {shown if len(shown) < 80 else shown[:77] + '...'}"
