"""Experiments: the combinations of values that a sweep runs, and the names of their trials."""

import itertools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from mojo.columns import is_reserved
from mojo.distributions.base import TYPE_NAMES, fit_scalar
from mojo.errors import StudyError, nearest

LABELS = ("experiment", "name")
MOST_CELLS = 1_000_000
LONGEST_NAME = 80
UNREAD = "files are read when the study is loaded"


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if type(value) not in TYPE_NAMES:
        raise ValueError(f"must be a number, a text, true or false, or a list of such, but got {value!r}")
    return fit_scalar(value, type(value))


def _parameter_name(name: str) -> str:
    if not name.strip():
        raise ValueError("a parameter needs a name")
    if is_reserved(name) or name in LABELS:
        raise ValueError(f"'{name}' cannot name a parameter: it is a column of the tables already")
    return name


def _speaking_name(name: str) -> str:
    if not name.strip() or re.search(r"[\x00-\x1f\x7f]", name):
        raise ValueError(f"an experiment needs a name of one line, but got {name!r}")
    return name


ParameterName = Annotated[str, AfterValidator(_parameter_name)]
Value = Annotated[Any, AfterValidator(_plain)]


@dataclass(frozen=True)
class Cell:
    """One combination of values.

    Attributes:
        name: The experiment's name, and what sets the cell apart from its others, e.g. "spring stiffness=40".
        values: The value of each parameter.
    """

    name: str
    values: dict[str, Any]


class Experiment(BaseModel):
    """One experiment: fixed values, and a grid or rows of others."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="experiment", defer_build=True)

    name: Annotated[str, AfterValidator(_speaking_name)] = Field(
        max_length=60, description="Name of the experiment; the names of its trials begin with it."
    )
    values: dict[ParameterName, Value] = Field({}, description="Parameters that stay the same, as name: value.")
    grid: dict[str, list[Value]] | None = Field(
        None,
        description="Every combination, as name: [value, ...]; the first name varies slowest. Several names take their "
        "values together: '[mass, size]: [[1, 0.1], [2, 0.15]]'. Excludes `rows`.",
    )
    rows: list[dict[str, Value]] | str | None = Field(
        None,
        description="Combinations one by one, as [{mass: 1, size: 0.1}, ...], or the path of a CSV or Parquet file "
        "with a column for each parameter. A column `name` names the trials. Excludes `grid`.",
    )

    @model_validator(mode="after")
    def _points_differ(self) -> "Experiment":
        if self.grid is not None and self.rows is not None:
            raise ValueError("`grid` and `rows` exclude each other: give one, or write two experiments")
        for key, given in (("grid", self.grid), ("rows", self.rows)):
            if given is not None and not given:
                raise ValueError(f"`{key}` is empty; leave it out to run the fixed `values` alone")
        size = math.prod(len(values) for values in (self.grid or {}).values())
        if size > MOST_CELLS:
            raise ValueError(f"a grid may have {MOST_CELLS:,} combinations at most, but this one has {size:,}")
        if not isinstance(self.rows, str):
            self.cells({}, self.name)
        return self

    def cells(self, shared: Mapping[str, Any], name: str) -> list[Cell]:
        """Return the experiment's cells in order.

        Args:
            shared: Fixed values of all experiments, over which the experiment's own win.
            name: What the cells' names begin with.

        Raises:
            ValueError: A key of the grid is given twice or has no values, zipped values do not fit their names, rows
                differ in their names, or two cells are the same.
        """
        points, given = self._points()
        for key in points[0].keys() & self.values.keys():
            raise ValueError(f"'{key}' stands in `values` and varies too: take it out of one of the two")
        labels = given or _labels(points)
        names = [f"{name} {label}" if label else name for label in labels]
        _check_unique(names, points)
        return [Cell(cell, {**shared, **self.values, **point}) for cell, point in zip(names, points, strict=True)]

    def parameters(self) -> list[str]:
        """Return the names of the parameters that the experiment gives values to, the fixed ones first."""
        return [*self.values, *self.varied()]

    def varied(self) -> list[str]:
        """Return the names of the parameters that the grid or the rows give."""
        if self.rows:
            assert not isinstance(self.rows, str), UNREAD
            return [name for name in self.rows[0] if name != "name"]
        return [name for key in self.grid or () for name in _names(key)]

    def _points(self) -> tuple[list[dict[str, Any]], list[str]]:
        """Return the values of each cell beside the fixed ones, and the labels that its rows give."""
        if self.rows:
            assert not isinstance(self.rows, str), UNREAD
            return _rows(self.rows)
        names = self.varied()
        for name in [name for name in names if names.count(name) > 1]:
            raise ValueError(f"'{name}' stands in the grid twice")
        axes = [_axis(key, values) for key, values in (self.grid or {}).items()]
        return [dict(itertools.chain(*(part.items() for part in point))) for point in itertools.product(*axes)], []


def _names(key: str) -> list[str]:
    """Return the parameters that a key of the grid names: "mass", or "(mass, size)"."""
    names = [name.strip() for name in key.strip().removeprefix("(").removesuffix(")").split(",")]
    return [_parameter_name(name) for name in names if name or len(names) == 1]


def _axis(key: str, values: list[Any]) -> list[dict[str, Any]]:
    """Return the points along one axis of a grid; several names in its key take the members of each value."""
    names = _names(key)
    if not values:
        raise ValueError(f"the grid has no values of '{key}'")
    if "," not in key:
        return [{names[0]: value} for value in values]
    for value in values:
        if not isinstance(value, list) or len(value) != len(names):
            raise ValueError(f"each value of '{key}' must be a list of {len(names)}, but got {value!r}")
    return [dict(zip(names, value, strict=True)) for value in values]


def _rows(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    for number, row in enumerate(rows):
        for name in rows[0].keys() ^ row.keys():
            lacks = number if name not in row else 0
            raise ValueError(
                f"all rows must have the same names, but row {lacks} has no '{name}'.{nearest(name, rows[lacks])}"
            )
    points = [{_parameter_name(name): value for name, value in row.items() if name != "name"} for row in rows]
    return points, [str(row["name"]) for row in rows if "name" in row]


def _labels(points: list[dict[str, Any]]) -> list[str]:
    """Return what sets each point apart: its values that vary, shortened where that leaves them different."""
    varying = [name for name, value in points[0].items() if any(point[name] != value for point in points)]
    for exact in (False, True):
        labels = [", ".join(f"{name}={_shown(point[name], exact)}" for name in varying) for point in points]
        if len(set(labels)) == len(points):
            too_long = max(map(len, labels)) > LONGEST_NAME
            return [f"row {number}" for number in range(len(points))] if too_long else labels
    return labels


def _shown(value: Any, exact: bool) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_shown(item, exact) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, ".4g") if isinstance(value, float) and not exact else str(value)


def _check_unique(names: list[str], points: list[dict[str, Any]]) -> None:
    seen: dict[str, int] = {}
    for number, name in enumerate(names):
        if name in seen:
            same = "the same values" if points[number] == points[seen[name]] else "the same name"
            raise ValueError(f"two trials have {same}: '{name}', number {seen[name]} and number {number} (from 0)")
        seen[name] = number


def column_type(name: str, values: Iterable[Any]) -> tuple[type, bool]:
    """Return the type of a column's values, or of their elements, and whether each is a list.

    Raises:
        ValueError: They share no type; whole and other numbers do.
    """
    values = list(values)
    lists = {isinstance(value, list) for value in values}
    elements = [element for value in values for element in (value if isinstance(value, list) else [value])]
    types = {type(element) for element in elements}
    if types == {int, float}:
        types = {float}
    if len(lists) > 1 or len(types) > 1:
        kinds = sorted({"a list" if isinstance(value, list) else TYPE_NAMES[type(value)] for value in values})
        raise ValueError(f"'{name}' must be of one type in all experiments, but is {' and '.join(kinds)}")
    return (types.pop() if types else float), lists.pop()


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a CSV or Parquet file.

    Raises:
        StudyError: It cannot be read, or a value is missing.
    """
    import pyarrow as pa  # a study without such a file need not wait for it
    import pyarrow.csv
    import pyarrow.parquet

    readers = {".csv": pyarrow.csv.read_csv, ".parquet": pyarrow.parquet.read_table}
    if path.suffix not in readers:
        raise StudyError(f"rows must be a list, or the path of a .csv or .parquet file, but got '{path}'.")
    try:
        rows = readers[path.suffix](path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise StudyError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    if not rows:
        raise StudyError(f"{path} has no rows.")
    for number, row in enumerate(rows):
        for name in [name for name, value in row.items() if value is None]:
            raise StudyError(f"{path}: '{name}' must have a value in every row, but row {number} (from 0) has none.")
    return rows
