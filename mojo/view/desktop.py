"""The desktop screen: MuJoCo's passive viewer."""

import os
import warnings
from collections.abc import Sequence
from queue import SimpleQueue
from typing import Any

import mujoco

from mojo.errors import TrialError
from mojo.runtime.drawing import LineConfig, draw_arrow, draw_line
from mojo.view.marks import Arrow, Line
from mojo.view.screen import Wish

_WISHES: dict[int, Wish] = {32: "pause", 262: "step", 265: "faster", 264: "slower", 259: "again"}  # GLFW's key codes
_WIDTH = 0.01  # of an arrow's shaft, as a share of the model's extent
_LINE = LineConfig()


class Desktop:
    """A window of MuJoCo's passive viewer.

    Raises:
        TrialError: There is no display, or GLFW cannot open a window on it.
    """

    def __init__(self) -> None:
        self.wishes: SimpleQueue[Wish] = SimpleQueue()
        self._viewer: Any = None
        self._width = 0.0
        if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) and os.name == "posix" and _is_x11():
            raise TrialError("The viewer cannot be opened; is there a display? (DISPLAY and WAYLAND_DISPLAY are unset)")
        import glfw

        with warnings.catch_warnings(record=True) as caught:
            started = glfw.init()  # where this fails, the viewer would end the process
        if not started:
            reason = caught[-1].message if caught else "GLFW does not start"
            raise TrialError(f"The viewer cannot be opened; is there a display? ({reason})")

    def show(self, model: mujoco.MjModel, data: mujoco.MjData, title: str) -> None:
        """Open a window for the model; the one of the last model is closed."""
        from mujoco import viewer

        self.close()
        self._width = _WIDTH * model.stat.extent
        try:
            self._viewer = viewer.launch_passive(
                model, data, key_callback=self._press, show_left_ui=False, show_right_ui=False
            )
        except Exception as error:  # GLFW raises what its platform gives it
            raise TrialError(f"The viewer cannot be opened; is there a display? ({error})") from error
        self._viewer.set_texts((None, mujoco.mjtGridPos.mjGRID_TOPRIGHT, title, ""))

    def draw(self, data: mujoco.MjData, arrows: Sequence[Arrow], lines: Sequence[Line]) -> None:
        """Show the instant that `data` is at."""
        with self._viewer.lock():
            scene = self._viewer.user_scn
            if scene is not None:
                scene.ngeom = 0
                for arrow in arrows:
                    draw_arrow(scene, arrow.start, arrow.vector, arrow.colour, self._width, arrow.is_torque)
                for line in lines:
                    draw_line(scene, line.a, line.b, _LINE, self._width / 2)
        self._viewer.sync()

    def is_open(self) -> bool:
        """Return whether the window is open, or none has been opened yet."""
        return self._viewer is None or self._viewer.is_running()

    def close(self) -> None:
        """Close the window."""
        if self._viewer is not None:
            self._viewer.close()
            self._viewer = None

    def _press(self, key: int) -> None:
        if key in _WISHES:
            self.wishes.put(_WISHES[key])


def _is_x11() -> bool:
    return os.uname().sysname != "Darwin"
