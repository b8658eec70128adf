"""The web screen: a page on a port of this machine, through viser."""

from collections.abc import Sequence
from queue import SimpleQueue
from typing import Any

import mujoco
import numpy as np

from mojo.errors import StudyError
from mojo.view.marks import Arrow, Line
from mojo.view.screen import Wish

HOST = "127.0.0.1"  # nobody else on the network sees it
_WIDTH = 0.01  # of an arrow's shaft, as a share of the model's extent
_LINE = (40, 40, 40)  # the page is white
_BUTTONS: tuple[tuple[str, Wish], ...] = (
    ("pause, go on", "pause"),
    ("one step", "step"),
    ("faster", "faster"),
    ("slower", "slower"),
    ("again", "again"),
)


class Web:
    """A page that shows a model.

    Args:
        port: The port of this machine.

    Raises:
        StudyError: viser is not installed, or the port is taken.
    """

    def __init__(self, port: int) -> None:
        try:
            import viser
        except ImportError as error:
            raise StudyError(
                "The web viewer needs viser, which is not installed: pip install 'mojo[view]', or pip install viser."
            ) from error
        self.wishes: SimpleQueue[Wish] = SimpleQueue()
        try:
            self._server = viser.ViserServer(host=HOST, port=port, label="mojo", verbose=False)
        except OSError as error:
            raise StudyError(f"Port {port} cannot be used ({error}). Give another with --port.") from error
        self.url = f"http://{HOST}:{self._server.get_port()}"
        self._server.scene.set_up_direction("+z")
        self._title = self._server.gui.add_markdown("")
        self._time = self._server.gui.add_markdown("")
        for label, wish in _BUTTONS:
            self._add_button(label, wish)
        self._model: mujoco.MjModel | None = None
        self._geoms: dict[int, Any] = {}
        self._places: dict[int, np.ndarray] = {}

    def _add_button(self, label: str, wish: Wish) -> None:
        button = self._server.gui.add_button(label)
        button.on_click(lambda _: self.wishes.put(wish))

    def show(self, model: mujoco.MjModel, data: mujoco.MjData, title: str) -> None:
        """Show another model on the same page."""
        from mojo.view import shapes

        scene = self._server.scene
        self._model, self._places = model, {}
        self._title.content = title
        with self._server.atomic():
            scene.reset()
            self._geoms = {}
            for geom in shapes.visible(model):
                vertices, faces = shapes.triangles(model, geom)
                red, green, blue, alpha = (float(part) for part in shapes.colour(model, geom))
                self._geoms[geom] = scene.add_mesh_simple(
                    f"/geoms/{geom}",
                    vertices,
                    faces,
                    color=(red, green, blue),
                    opacity=None if alpha >= 1 else alpha,
                    flat_shading=bool(model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_BOX),
                    side="double",
                )
        center, extent = model.stat.center, model.stat.extent
        self._server.initial_camera.look_at = tuple(center)
        self._server.initial_camera.position = tuple(center + extent * np.array([1.3, -1.3, 0.8]))
        mujoco.mj_kinematics(model, data)
        self.draw(data, (), ())

    def draw(self, data: mujoco.MjData, arrows: Sequence[Arrow], lines: Sequence[Line]) -> None:
        """Show the instant that `data` is at; only what has moved is sent."""
        assert self._model is not None
        quat = np.empty(4)
        with self._server.atomic():
            for geom, handle in self._geoms.items():
                place = np.concatenate([data.geom_xpos[geom], data.geom_xmat[geom]])
                if geom not in self._places or (place != self._places[geom]).any():
                    self._places[geom] = place
                    mujoco.mju_mat2Quat(quat, place[3:])
                    handle.position, handle.wxyz = place[:3], quat.copy()
            self._draw_marks(arrows, lines)
            self._time.content = f"t = {data.time:.3f} s"

    def _draw_marks(self, arrows: Sequence[Arrow], lines: Sequence[Line]) -> None:
        assert self._model is not None
        scene, width = self._server.scene, _WIDTH * self._model.stat.extent
        ends = [(arrow.start, arrow.start + arrow.vector) for arrow in arrows]
        points = np.array(ends, dtype=np.float32).reshape(-1, 2, 3)
        colours = np.array([arrow.colour[:3] for arrow in arrows], dtype=np.float32).reshape(-1, 3)
        scene.add_arrows("/arrows", points, colours, shaft_radius=width / 2, head_radius=width, head_length=3 * width)
        segments = np.array([(line.a, line.b) for line in lines], dtype=np.float32).reshape(-1, 2, 3)
        scene.add_line_segments("/lines", segments, _LINE, thickness=width / 2)

    def is_open(self) -> bool:
        """Return True: who closes the page may come back to it."""
        return True

    def close(self) -> None:
        """Close the page."""
        self._server.stop()
