"""Columns of the telemetry, and the values of those that the user's code posts."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mojo.runtime.catalogue import XYZ


@dataclass(frozen=True)
class Column:
    """One column of the telemetry.

    Attributes:
        name: E.g. "Bodies/tip/xpos:x".
        unit: "" where the model does not define it.
        frame: Frame of a vector's components.
        instant: Which instant a row's value belongs to.
        description: One line.
    """

    name: str
    unit: str
    frame: str
    instant: str
    description: str

    @property
    def metadata(self) -> dict[str, str]:
        """Return what the Parquet file says of this column."""
        every = {"unit": self.unit, "frame": self.frame, "instant": self.instant, "description": self.description}
        return {key: value for key, value in every.items() if value}


TIME = Column("time", "s", "", "time", "simulated time; the whole row belongs to this instant")


class Posted:
    """The values of one posted signal in the rows of a block.

    Attributes:
        columns: Its columns.
        shape: Shape of what is posted: of a value, or of one for each of many simulations.
        values: Shape (rows, *shape).
        given: Whether a row has a value, shape (rows,).
        held: The value that holds until the next post, shape `shape`; None where the last one was for its row alone.
        waits: Whether a post that does not hold waits for a row to take it.
        count: How many values were posted while the run was recorded.
        dropped: How many of them no row took, though they do not hold.
    """

    def __init__(self, name: str, shape: tuple[int, ...], unit: str, rows: int, simulations: tuple[int, ...]) -> None:
        self.shape = shape
        shape = shape[len(simulations) :]
        count = shape[0] if shape else 1
        components = XYZ if count == 3 else tuple(str(index) for index in range(count))
        names = [f"{name.replace(':', '/')}:{component}" for component in components] if shape else [name]
        instant = "posted after the step before time, or during the step from time on"
        self.columns = [Column(column, unit, "", instant, "posted by the user's code") for column in names]
        self.values = np.zeros((rows, *self.shape))
        self.given = np.zeros(rows, dtype=bool)
        self.held: np.ndarray | None = None
        self.waits = False
        self.count = self.dropped = 0

    def post(self, value: Any, row: int, hold: bool) -> None:
        """Take a value for a row."""
        self.values[row] = value
        self.given[row] = True
        self.held = self.values[row].copy() if hold else None
        self.count += 1
        self.dropped += self.waits  # replaced before a row took it
        self.waits = not hold

    def take(self, row: int) -> None:
        """Give a row that is recorded the value that holds, if it has none of its own."""
        self.waits = False
        if self.held is not None and not self.given[row]:
            self.values[row] = self.held
            self.given[row] = True

    def forget(self, row: int, *, counted: bool = True) -> None:
        """Drop what was posted for a row that is not recorded; while recording is off, that is as it should be."""
        self.given[row] = False
        if self.waits and counted:
            self.dropped += 1
        elif self.waits:
            self.count -= 1
        self.waits = False
