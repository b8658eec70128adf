"""Distributions that user code gives to a draw, in whatever form."""

from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from mojo.distributions import AnyDistribution, Distribution
from mojo.errors import ModelError, unknown

_DISTRIBUTION: TypeAdapter[Distribution] = TypeAdapter(Distribution)


def distribution_of(name: str, given: Any) -> Distribution:
    """Return the distribution of a draw.

    Raises:
        ModelError: It is none; with every mistake.
    """
    try:
        return _DISTRIBUTION.validate_python(given)
    except ValidationError as error:
        problems = []
        for item in error.errors():
            if item["type"] == "union_tag_invalid":
                known = [str(kind.model_fields["distribution"].default) for kind in get_args(AnyDistribution)]
                problems.append(unknown("Distribution", str(item["ctx"]["tag"]), known, owner="mojo", limit=len(known)))
                continue
            key = ".".join(str(part) for part in item["loc"][1:])
            problems.append(f"{key}: {item['msg']}".removeprefix(": ").replace("Value error, ", ""))
        raise ModelError(f"Draw '{name}': {'; '.join(dict.fromkeys(problems))}") from error
