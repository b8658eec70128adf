"""Painting: what a recorder shows beside the model: arrows, lines, contacts."""

import mujoco
import numpy as np

from mojo.film.arrows import Arrows, arrows_of_loads, arrows_of_net_forces, arrows_of_users_forces
from mojo.model.mojo_model import MojoModel
from mojo.runtime.drawing import ArrowConfig, draw_arrow, draw_line, draw_over
from mojo.runtime.end_state import SIGNATURE
from mojo.runtime.frames import Frames
from mojo.runtime.gauge import Gauge
from mojo.runtime.recorder import Recorder
from mojo.runtime.surface import Surfaces

_WIDTH = 0.05  # of an arrow's shaft, as a share of the radius of what moves
_LINE_WIDTH = 0.02  # of a line, likewise
_HIDDEN = 0.45  # opacity of the parts of arrows that lie behind something


class Painter:
    """Adds to the scene of each frame what a recorder shows.

    Args:
        model: The model.
        mojo_model: The trial's MojoModel, with its loads and proximities.
        frames: The run's frames.
        shown: The numbers of those that the film has, ascending.
        recorder: What it shows.

    Attributes:
        option: What MuJoCo shows by itself.
        legend: Name and colour of everything that has arrows.
    """

    def __init__(
        self, model: mujoco.MjModel, mojo_model: MojoModel, frames: Frames, shown: np.ndarray, recorder: Recorder
    ) -> None:
        self._model, self._recorder, self._radius = model, recorder, 0.0
        self._states = frames.states[shown]
        self._gauge = Gauge(model, mojo_model.proximities if recorder.proximities else [])
        self._surfaces = Surfaces(model)
        loads = mojo_model.loads
        self._kinds: list[tuple[ArrowConfig, list[Arrows]]] = []
        for kind, config in (("force", recorder.forces), ("torque", recorder.torques)):
            if config is not None:
                self._kinds.append((config, arrows_of_loads(model, loads, frames, shown, kind, config)))
            if kind == "force" and config is not None and recorder.net_forces is None:
                self._kinds[-1][1].extend(arrows_of_users_forces(model, loads, frames, shown, config))
        if recorder.net_forces is not None:
            net = arrows_of_net_forces(model, self._states, recorder.net_forces)
            self._kinds.append((recorder.net_forces, net))
        self.legend = {arrows.name: arrows.colour for _, kind in self._kinds for arrows in kind}
        self.option = mujoco.MjvOption()

    def look(self, data: mujoco.MjData, place: int) -> None:
        """Find where the arrows of a frame are, the `place`th of the film, of which `data` has the kinematics."""
        for _, kind in self._kinds:
            for arrows in kind:
                arrows.look(self._surfaces, data, place)

    def size(self, data: mujoco.MjData, radius: float) -> None:
        """Make everything as large as befits what moves, whose radius is given [m]."""
        self._radius = radius
        for config, kind in self._kinds:
            scale = self._scale(config, max((arrows.greatest for arrows in kind), default=0.0))
            for arrows in kind:
                arrows.scale = scale
        if self._recorder.contacts:
            self._show_contacts(data)

    def ends(self) -> np.ndarray:
        """Return the ends of all arrows in each frame [m], shape (n, ends, 3), as far as a picture can show them."""
        none = np.empty((len(self._states), 0, 3))
        longest = self._radius * max([1.0, *(config.longest for config, _ in self._kinds)])
        return np.concatenate([none, *(arrows.ends(longest) for _, kind in self._kinds for arrows in kind)], axis=1)

    def _scale(self, config: ArrowConfig, greatest: float) -> float:
        """Return the length of a unit [m], such that the greatest of the film is as long as the arrows may be."""
        if config.scale is not None:
            return config.scale
        return config.longest * self._radius / greatest if greatest > 0 else 0.0

    def _width(self, config: ArrowConfig) -> float:
        return config.width or _WIDTH * self._radius

    def _show_contacts(self, data: mujoco.MjData) -> None:
        """Turn on MuJoCo's contacts, with arrows of the same length and width as those of loads."""
        for flag in (mujoco.mjtVisFlag.mjVIS_CONTACTPOINT, mujoco.mjtVisFlag.mjVIS_CONTACTFORCE):
            self.option.flags[flag] = True
        model, config = self._model, self._recorder.forces or ArrowConfig()
        width = self._width(config)
        # MuJoCo multiplies by the mean size and divides by the mean mass of the model's bodies.
        model.vis.map.force = self._scale(config, _greatest_contact(model, data, self._states)) * model.stat.meanmass
        model.vis.scale.forcewidth = width / model.stat.meansize
        model.vis.scale.contactwidth = 2 * width / model.stat.meansize
        model.vis.scale.contactheight = width / 2 / model.stat.meansize

    def paint(self, scene: mujoco.MjvScene, data: mujoco.MjData, place: int) -> None:
        """Add the arrows and lines of a frame to the scene, which mjv_updateScene has made of `data`."""
        for row in self._gauge.of(data):
            if self._recorder.proximities is not None:
                draw_line(scene, row[1:4], row[4:7], self._recorder.proximities, _LINE_WIDTH * self._radius)
        for config, kind in self._kinds:
            width = self._width(config)
            for arrows in kind:
                start, vector = arrows.at(place)
                draw_arrow(scene, start, vector, arrows.colour, width, arrows.is_torque)
                red, green, blue, opacity = arrows.colour
                draw_over(scene, start, vector, (red, green, blue, _HIDDEN * opacity), width, arrows.is_torque)


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
