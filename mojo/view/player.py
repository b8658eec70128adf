"""Player: shows a run step by step, and does what who watches wishes."""

import time as clock
from collections.abc import Callable

import mujoco

from mojo.runtime.manager import RuntimeManager
from mojo.view.marks import Marks
from mojo.view.screen import Screen

_FRAME = 1 / 60  # s, from one picture to the next
_LOOK = 0.3  # s, from one look at the files to the next
_STEPS_OF_SPEED = 2.0

KEYS = (
    ("space", "pause, and go on"),
    ("right", "one step, while it pauses"),
    ("up, down", "faster, slower"),
    ("backspace", "the trial again, from its start"),
    ("tab", "MuJoCo's own panels"),
)


class Left(BaseException):
    """Who watches has closed the window; no exception of the user's code, so none of its handlers may catch it."""


class Again(BaseException):
    """The trial is to be built and run again; likewise."""


class Player:
    """Shows a run: the `on_step` of a RuntimeManager.

    Args:
        screen: Where it is shown.
        changed: Returns whether the files that the run came from have changed.
    """

    def __init__(self, screen: Screen, changed: Callable[[], bool] = lambda: False) -> None:
        self._screen, self._changed = screen, changed
        self._paused = False
        self._next_picture = self._next_look = 0.0
        self._manager: RuntimeManager | None = None
        self._marks: Marks | None = None

    def begin(self, manager: RuntimeManager, marks: Marks) -> None:
        """Show a new run from its next step on."""
        self._manager, self._marks = manager, marks
        self._next_picture = 0.0

    def __call__(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Show the step that was taken, if it is time for a picture; while it is paused, wait.

        Raises:
            Left: The window was closed.
            Again: The files have changed, or the trial is to start again.
        """
        now = clock.monotonic()
        if now < self._next_picture and not self._paused:
            return
        self._next_picture = now + _FRAME
        self._draw(data)
        one_step = self._obey()
        while self._paused and not one_step:
            clock.sleep(_FRAME)
            self._draw(data)
            one_step = self._obey()

    def hold(self, data: mujoco.MjData | None) -> None:
        """Show the last picture until the window is closed, the files change or the trial is to start again.

        Raises:
            Left: The window was closed.
            Again: Otherwise.
        """
        while True:
            if data is not None:
                self._draw(data)
            self._obey()
            clock.sleep(2 * _FRAME)

    def _draw(self, data: mujoco.MjData) -> None:
        arrows, lines = self._marks.at(data) if self._marks else ([], [])
        self._screen.draw(data, arrows, lines)

    def _obey(self) -> bool:
        """Do what who watches wishes, and return whether that is one step."""
        if not self._screen.is_open():
            raise Left
        if clock.monotonic() >= self._next_look:
            self._next_look = clock.monotonic() + _LOOK
            if self._changed():
                raise Again
        one_step = False
        while not self._screen.wishes.empty():
            wish = self._screen.wishes.get()
            if wish == "again":
                raise Again
            if wish == "pause":
                self._paused = not self._paused
            elif wish == "step":
                one_step = True
            else:
                self._change_speed(_STEPS_OF_SPEED if wish == "faster" else 1 / _STEPS_OF_SPEED)
        return one_step

    def _change_speed(self, factor: float) -> None:
        if self._manager is not None and self._manager.playback_speed is not None:
            self._manager.playback_speed *= factor
            print(f"speed: {self._manager.playback_speed:g} simulated seconds a second", flush=True)
