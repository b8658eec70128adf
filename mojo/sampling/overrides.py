"""Values that win over every design."""

from collections.abc import Mapping
from typing import Any

from mojo.distributions import AnyDistribution, column_marginals
from mojo.errors import StudyError


def fitted_overrides(parameters: Mapping[str, AnyDistribution], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the overrides that name a parameter's column, each as the type of that column.

    Other names are left to the generator, which may ask for them.

    Raises:
        StudyError: A value is of another type than the parameter's.
    """
    marginals = column_marginals(parameters)
    found = {}
    for name, value in overrides.items():
        if name not in marginals:
            continue
        try:
            found[name] = marginals[name].fit(value)
        except ValueError as error:
            raise StudyError(f"The override of '{name}' {error}.") from error
    return found
