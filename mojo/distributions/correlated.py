"""Normal numbers that vary together."""

import math
from typing import Literal

import numpy as np
from pydantic import Field

from mojo.distributions.base import BaseDistribution, Number, Positive, require

# Rounding of a singular matrix leaves eigenvalues of about -1e-16 times its size; a typing error leaves far more.
EIGENVALUE_TOLERANCE = 1e-9
SYMMETRY_TOLERANCE = 1e-9

Matrix = list[list[Number]]


class CorrelatedNormal(BaseDistribution):
    """Several normal numbers with a correlation or covariance matrix between them."""

    distribution: Literal["correlated_normal"] = Field(
        default="correlated_normal", description="Several normal numbers that vary together."
    )
    names: list[str] = Field(description="Name of each number; each becomes a parameter of its own.", min_length=2)
    mean: list[Number] = Field(description="Mean of each number.")
    std: list[Positive] | None = Field(
        default=None, description="Standard deviation of each number, above 0; with correlation."
    )
    correlation: Matrix | None = Field(
        default=None, description="Correlation matrix: symmetric, 1 on the diagonal, no negative eigenvalue."
    )
    covariance: Matrix | None = Field(
        default=None,
        description="Covariance matrix, instead of std and correlation: symmetric, no negative eigenvalue.",
    )
    nominal: list[Number] | None = Field(default=None, description="Values of the nominal trial, one for each name.")
    unit: str = Field(default="", description="Unit of the numbers, where they share one.")
    units: list[str] | None = Field(default=None, description="Unit of each number, where they differ.")

    @property
    def deviations(self) -> list[float]:
        """Standard deviation of each number."""
        if self.covariance is not None:
            return [math.sqrt(row[i]) for i, row in enumerate(self.covariance)]
        assert self.std is not None
        return list(self.std)

    @property
    def correlations(self) -> Matrix:
        """Correlation matrix, whichever matrix was given."""
        if self.covariance is None:
            assert self.correlation is not None
            return self.correlation
        std = self.deviations
        return [
            [1.0 if i == j else entry / std[i] / std[j] for j, entry in enumerate(row)]
            for i, row in enumerate(self.covariance)
        ]

    def check(self) -> None:
        require(len(set(self.names)) == len(self.names), "names all different", names=self.names)
        given = [name for name in ("std", "correlation", "covariance") if getattr(self, name) is not None]
        if given not in (["std", "correlation"], ["covariance"]):
            got = " and ".join(given) or "none of them"
            raise ValueError(f"either std and correlation, or covariance alone must be given, but got {got}")
        self._check_sizes()
        if self.correlation is not None:
            _check_symmetric("correlation", self.correlation)
            for i, row in enumerate(self.correlation):
                require(row[i] == 1, f"correlation[{i}][{i}] == 1", value=row[i])
        else:
            assert self.covariance is not None
            _check_symmetric("covariance", self.covariance)
            for i, row in enumerate(self.covariance):
                require(row[i] > 0, f"covariance[{i}][{i}] > 0", value=row[i])
        smallest = float(np.linalg.eigvalsh(np.array(self.correlations))[0])
        require(
            smallest >= -EIGENVALUE_TOLERANCE,
            "smallest eigenvalue of the correlation matrix >= 0",
            eigenvalue=smallest,
        )

    def _check_sizes(self) -> None:
        count = len(self.names)
        for name in ("mean", "std", "nominal", "units"):
            values = getattr(self, name)
            if values is not None:
                sizes = {f"len({name})": len(values), "len(names)": count}
                require(len(values) == count, f"len({name}) == len(names)", **sizes)
        for name in ("correlation", "covariance"):
            rows = getattr(self, name) or []
            lengths = [len(row) for row in rows]
            if rows and lengths != [count] * count:
                raise ValueError(
                    f"{name} must have {count} rows of {count} numbers, one for each name, but its rows have {lengths}"
                )


def _check_symmetric(name: str, matrix: Matrix) -> None:
    for i, row in enumerate(matrix):
        for j in range(i):
            first, second = row[j], matrix[j][i]
            near = math.isclose(first, second, rel_tol=SYMMETRY_TOLERANCE)
            require(near, f"{name}[{i}][{j}] == {name}[{j}][{i}]", first=first, second=second)
