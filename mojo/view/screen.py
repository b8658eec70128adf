"""What a screen is: it shows a model and its marks, and passes on what who watches wishes."""

from collections.abc import Sequence
from queue import SimpleQueue
from typing import Literal, Protocol

import mujoco

from mojo.view.marks import Arrow, Line

Wish = Literal["pause", "step", "faster", "slower", "again"]


class Screen(Protocol):
    """A window or a page.

    Attributes:
        wishes: What who watches has asked for and nobody has done yet.
    """

    wishes: SimpleQueue[Wish]

    def show(self, model: mujoco.MjModel, data: mujoco.MjData, title: str) -> None:
        """Show another model from now on."""

    def draw(self, data: mujoco.MjData, arrows: Sequence[Arrow], lines: Sequence[Line]) -> None:
        """Show the instant that `data` is at."""

    def is_open(self) -> bool:
        """Return whether anybody may still be watching."""

    def close(self) -> None:
        """Close the window or the page."""
