"""Painting: what a recorder shows beside the model: arrows, lines, contacts."""

from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np

from mojo.film.framing import Framing
from mojo.model.mojo_model import MojoModel
from mojo.runtime.drawing import ArrowConfig, Colour, arrow_start, draw_arrow, draw_line, sites_of
from mojo.runtime.end_state import SIGNATURE
from mojo.runtime.frames import Frames
from mojo.runtime.gauge import Gauge
from mojo.runtime.loads import Load
from mojo.runtime.recorder import Recorder

_WIDTH = 0.05  # of an arrow's shaft, as a share of the radius of what moves
_LINE_WIDTH = 0.02  # of a line, likewise
_NET_FORCE: Colour = (1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True)
class _Arrows:
    """The arrows of one load.

    Attributes:
        load: Its name.
        site: Where it acts.
        reaction: The site that feels the negative; -1 for none.
        vectors: From tail to tip in each frame [m], shape (n, 3).
        colour: Their colour.
        is_torque: Whether they have two heads.
    """

    load: str
    site: int
    reaction: int
    vectors: np.ndarray
    colour: Colour
    is_torque: bool


class Painter:
    """Adds to the scene of each frame what a recorder shows.

    Args:
        model: The model; its scale of contact forces is set.
        data: Its data, which is changed.
        mojo_model: The trial's MojoModel, with its loads and proximities.
        frames: The run's frames.
        shown: The numbers of those that the film has.
        recorder: What it shows.
        found: Where what moves is.

    Attributes:
        option: What MuJoCo shows by itself.
        legend: Name and colour of everything that has arrows.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        data: mujoco.MjData,
        mojo_model: MojoModel,
        frames: Frames,
        shown: np.ndarray,
        recorder: Recorder,
        found: Framing,
    ) -> None:
        self._model, self._recorder, self._radius = model, recorder, found.radius
        loads = mojo_model.loads
        self._gauge = Gauge(model, mojo_model.proximities if recorder.proximities else [])
        self._arrows = [
            *self._of_loads(loads, frames, shown, "force", recorder.forces),
            *self._of_loads(loads, frames, shown, "torque", recorder.torques),
        ]
        self.legend = {arrows.load: arrows.colour for arrows in self._arrows}
        self.option = mujoco.MjvOption()
        if recorder.contacts:
            self._show_contacts(data, frames.states[np.unique(shown)])
        self._net_scale = 0.0
        if recorder.net_forces is not None:
            self._net_scale = self._scale(recorder.net_forces, _greatest_applied(model, data, frames.states[shown]))
            self.legend["net force"] = recorder.net_forces.colour or _NET_FORCE

    def _of_loads(
        self, loads: Sequence[Load], frames: Frames, shown: np.ndarray, kind: str, config: ArrowConfig | None
    ) -> list[_Arrows]:
        """Return the arrows of all loads that record a force or torque at a site."""
        found = []
        for number, load in enumerate(loads):
            vectors = frames.loads.get(load.name, {}).get(kind)
            site, reaction = sites_of(self._model, load)
            if config is None or vectors is None or site < 0:
                continue
            colour = config.colour_of(load.name, number)
            found.append(_Arrows(load.name, site, reaction, vectors[:, :3], colour, kind == "torque"))
        if not found or config is None:
            return []
        greatest = max(float(np.linalg.norm(arrows.vectors[shown], axis=1).max()) for arrows in found)
        scale = self._scale(config, greatest)
        return [_Arrows(it.load, it.site, it.reaction, scale * it.vectors, it.colour, it.is_torque) for it in found]

    def _scale(self, config: ArrowConfig, greatest: float) -> float:
        """Return the length of a unit [m], such that the greatest of the film is as long as the arrows may be."""
        if config.scale is not None:
            return config.scale
        return config.longest * self._radius / greatest if greatest > 0 else 0.0

    def _width(self, config: ArrowConfig | None) -> float:
        return (config.width if config else None) or _WIDTH * self._radius

    def _show_contacts(self, data: mujoco.MjData, states: np.ndarray) -> None:
        """Turn on MuJoCo's contacts, with arrows of the same length and width as those of loads."""
        for flag in (mujoco.mjtVisFlag.mjVIS_CONTACTPOINT, mujoco.mjtVisFlag.mjVIS_CONTACTFORCE):
            self.option.flags[flag] = True
        model, config = self._model, self._recorder.forces or ArrowConfig()
        width = self._width(config)
        # MuJoCo multiplies by the mean size and divides by the mean mass of the model's bodies.
        model.vis.map.force = self._scale(config, _greatest_contact(model, data, states)) * model.stat.meanmass
        model.vis.scale.forcewidth = width / model.stat.meansize
        model.vis.scale.contactwidth = 2 * width / model.stat.meansize
        model.vis.scale.contactheight = width / 2 / model.stat.meansize

    def paint(self, scene: mujoco.MjvScene, data: mujoco.MjData, frame: int) -> None:
        """Add the arrows and lines of a frame to the scene, which mjv_updateScene has made of `data`."""
        for row in self._gauge.of(data):
            if self._recorder.proximities is not None:
                draw_line(scene, row[1:4], row[4:7], self._recorder.proximities, _LINE_WIDTH * self._radius)
        for arrows in self._arrows:
            config = self._recorder.torques if arrows.is_torque else self._recorder.forces
            width, vector = self._width(config), arrows.vectors[frame]
            self._draw(scene, data, arrows, arrows.site, vector, width)
            if arrows.reaction >= 0:
                self._draw(scene, data, arrows, arrows.reaction, -vector, width)
        if self._net_scale:
            config = self._recorder.net_forces
            colour = (config.colour if config else None) or _NET_FORCE
            for body in np.flatnonzero(data.xfrc_applied[:, :3].any(axis=1)):
                vector = self._net_scale * data.xfrc_applied[body, :3]
                draw_arrow(scene, data.xipos[body], vector, colour, self._width(config))

    def _draw(
        self,
        scene: mujoco.MjvScene,
        data: mujoco.MjData,
        arrows: _Arrows,
        site: int,
        vector: np.ndarray,
        width: float,
    ) -> None:
        start = arrow_start(self._model, data, site, vector, arrows.is_torque)
        draw_arrow(scene, start, vector, arrows.colour, width, two_heads=arrows.is_torque)


def _greatest_applied(model: mujoco.MjModel, data: mujoco.MjData, states: np.ndarray) -> float:
    """Return the greatest force [N] that is applied to a body in any of the states."""
    greatest = 0.0
    for state in states:
        mujoco.mj_setState(model, data, state, SIGNATURE)
        greatest = max(greatest, float(np.linalg.norm(data.xfrc_applied[:, :3], axis=1).max()))
    return greatest


def _greatest_contact(model: mujoco.MjModel, data: mujoco.MjData, states: np.ndarray) -> float:
    """Return the greatest contact force [N] in any of the states."""
    greatest, force = 0.0, np.empty(6)
    for state in states:
        mujoco.mj_setState(model, data, state, SIGNATURE)
        mujoco.mj_forward(model, data)
        for contact in range(data.ncon):
            mujoco.mj_contactForce(model, data, contact, force)
            greatest = max(greatest, float(np.linalg.norm(force[:3])))
    return greatest
