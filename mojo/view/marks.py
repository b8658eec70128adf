"""Marks: arrows of loads and lines of proximities, as they are at one instant."""

from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np

from mojo.runtime.drawing import PALETTE, Colour, End, ends_of
from mojo.runtime.gauge import Gauge
from mojo.runtime.loads.base import Hand
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.proximity import Proximity
from mojo.runtime.surface import Surfaces, arrow_place

_LONGEST = 0.4  # of the longest arrow so far, as a share of the model's extent


@dataclass(frozen=True)
class Arrow:
    """A force or a torque.

    Attributes:
        start: Where it begins, in the world frame [m], shape (3,).
        vector: From there to its tip [m], shape (3,).
        colour: Red, green, blue and opacity, each 0 to 1.
        is_torque: Whether it stands for a torque.
    """

    start: np.ndarray
    vector: np.ndarray
    colour: Colour
    is_torque: bool


@dataclass(frozen=True)
class Line:
    """A proximity: the segment between its closest points [m]."""

    a: np.ndarray
    b: np.ndarray


@dataclass(frozen=True)
class _Source:
    """Where the arrows of a load come from: its record from `begin` on, drawn where it acts and is felt."""

    hand: Hand
    begin: int
    ends: list[End]
    colour: Colour
    is_torque: bool


class Marks:
    """The arrows and lines of one run; the longest arrow that a kind has had so far sets its scale.

    Args:
        model: The model.
        manager: Steps the run.
        proximities: What is drawn as lines.
    """

    def __init__(self, model: mujoco.MjModel, manager: RuntimeManager, proximities: Sequence[Proximity]) -> None:
        self._model, self._manager = model, manager
        self._gauge = Gauge(model, proximities)
        self._surfaces = Surfaces(model)
        self._sources: list[_Source] | None = None
        self._greatest = {False: 0.0, True: 0.0}

    def at(self, data: mujoco.MjData) -> tuple[list[Arrow], list[Line]]:
        """Return what is to be drawn of the step that was taken last."""
        if self._sources is None:
            self._sources = [
                source for number, hand in enumerate(self._manager.hands) for source in self._of(hand, number)
            ]
        for source in self._sources:
            size = float(np.linalg.norm(self._vector(source)))
            self._greatest[source.is_torque] = max(self._greatest[source.is_torque], size)
        arrows = [arrow for source in self._sources for arrow in self._arrows(source, data)]
        found = self._gauge.of(data)
        return arrows, [Line(row[1:4].copy(), row[4:7].copy()) for row in found if not np.isnan(row[1])]

    def _of(self, hand: Hand, number: int) -> list[_Source]:
        """Return the force and the torque that a load at a site has."""
        ends = ends_of(self._model, hand.load)
        if not ends:
            return []
        colour, found, begin = PALETTE[number % len(PALETTE)], [], 0
        for record in hand.load.recorded(self._model):
            if record.attribute in ("force", "torque"):
                found.append(_Source(hand, begin, ends, colour, record.attribute == "torque"))
            begin += len(record.units)
        return found

    @staticmethod
    def _vector(source: _Source) -> np.ndarray:
        return np.array(source.hand.record[source.begin : source.begin + 3])

    def _arrows(self, source: _Source, data: mujoco.MjData) -> list[Arrow]:
        greatest = self._greatest[source.is_torque]
        if not greatest > 0:
            return []
        vector = self._vector(source) * (_LONGEST * self._model.stat.extent / greatest)
        return [self._arrow(end, data, end.sign * vector, source) for end in source.ends]

    def _arrow(self, end: End, data: mujoco.MjData, vector: np.ndarray, source: _Source) -> Arrow:
        point = data.site_xpos[end.site]
        place, ends_there = arrow_place(self._surfaces, data, point, end.body, vector, source.is_torque)
        return Arrow(place - vector * ends_there, vector, source.colour, source.is_torque)
