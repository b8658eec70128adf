"""Arrows and lines in a scene: a film's or a viewer's, that is, any MjvScene."""

import math
from dataclasses import dataclass
from typing import Annotated

import mujoco
import numpy as np
from pydantic import Field

from mojo.model.elements import element_id
from mojo.runtime.loads.base import Closed, Load

Part = Annotated[float, Field(ge=0, le=1)]
Colour = tuple[Part, Part, Part, Part]

# Distinct for most colour-blind eyes, and on grey, blue and checkered ground: Okabe and Ito's, without black.
PALETTE: tuple[Colour, ...] = (
    (0.90, 0.37, 0.00, 1.0),
    (0.00, 0.62, 0.45, 1.0),
    (0.94, 0.89, 0.26, 1.0),
    (0.80, 0.47, 0.65, 1.0),
    (0.34, 0.71, 0.91, 1.0),
    (0.90, 0.62, 0.00, 1.0),
    (0.00, 0.45, 0.70, 1.0),
)
_WHITE: Colour = (1.0, 1.0, 1.0, 1.0)
_GLOW = 0.25  # an arrow shines a little by itself, so that it has its colour in the shade too
_SECOND_HEAD = 0.8  # a torque's arrow has a second head here, as a share of its length
_BEFORE = 1.05  # of the distance from which on MuJoCo draws, is before everything
_NEAR = 0.1  # of an arrow's own distance, is before all that may hide it, and far enough for a scene's single precision
_STRETCH = 2.0  # MuJoCo's renderer draws an arrow half as long as its connector; a test looks at where the tip is


class ArrowConfig(Closed):
    """How arrows of one kind look.

    Attributes:
        scale: Length a unit [m/N, or m/(N·m) for torques]; None: such that the film's longest has `longest`.
        longest: Length of the film's longest arrow, as a share of the radius of what moves in it.
        width: Diameter of the shaft [m]; None: a share of that radius.
        colour: Red, green, blue and opacity, each 0 to 1; None: every load has a colour of its own.
        colours: Colours of single loads, by name.
    """

    scale: float | None = Field(default=None, gt=0)
    longest: float = Field(default=1.2, gt=0)
    width: float | None = Field(default=None, gt=0)
    colour: Colour | None = None
    colours: dict[str, Colour] = Field(default={})

    def colour_of(self, load: str, number: int) -> Colour:
        """Return the colour of a load, which is the `number`th of the model."""
        return self.colours.get(load, self.colour or PALETTE[number % len(PALETTE)])


class LineConfig(Closed):
    """How a line looks.

    Attributes:
        width: Its diameter [m]; None: a share of the radius of what moves in the film.
        colour: Red, green, blue and opacity, each 0 to 1.
    """

    width: float | None = Field(default=None, gt=0)
    colour: Colour = _WHITE


@dataclass(frozen=True)
class End:
    """Where a load has an arrow.

    Attributes:
        site: At which its arrow is.
        body: Which feels it.
        sign: 1.0 for the load itself, -1.0 for its reaction.
    """

    site: int
    body: int
    sign: float


def ends_of(model: mujoco.MjModel, load: Load) -> list[End]:
    """Return where a load has arrows: at its site, and where a site or a body feels the reaction; maybe nowhere."""
    action, reaction, body = (getattr(load, name, None) for name in ("action_site", "xtion_site", "xtion_body"))
    if action is None:
        return []
    site = element_id(model, "Sites", action)
    found = [End(site, int(model.site_bodyid[site]), 1.0)]
    if reaction is not None:
        other = element_id(model, "Sites", reaction)
        found.append(End(other, int(model.site_bodyid[other]), -1.0))
    if body is not None:
        found.append(End(site, element_id(model, "Bodies", body), -1.0))
    return found


def draw_arrow(
    scene: mujoco.MjvScene,
    start: np.ndarray,
    vector: np.ndarray,
    colour: Colour = _WHITE,
    width: float = 0.02,
    two_heads: bool = False,
) -> bool:
    """Add an arrow to a scene.

    Args:
        scene: The scene, after mjv_updateScene.
        start: Where it begins, in the world frame [m], shape (3,).
        vector: From there to its tip [m], shape (3,).
        colour: Red, green, blue and opacity, each 0 to 1.
        width: Diameter of its shaft [m].
        two_heads: Whether it has a second head behind the first, as torques have.

    Returns:
        Whether it was drawn: not if it is shorter than it is wide, or the scene is full.
    """
    if not math.hypot(*vector) > width:  # not for nan either
        return False
    for share in (1.0, _SECOND_HEAD) if two_heads else (1.0,):
        tip = start + _STRETCH * share * vector
        drawn = _connect(scene, mujoco.mjtGeom.mjGEOM_ARROW, start, tip, colour, width)
    return drawn


def draw_over(
    scene: mujoco.MjvScene,
    start: np.ndarray,
    vector: np.ndarray,
    colour: Colour = _WHITE,
    width: float = 0.02,
    two_heads: bool = False,
) -> bool:
    """Add an arrow that nothing hides: at the same place of the picture, but much nearer to the scene's camera.

    Args and what is returned are those of `draw_arrow`; nor is one drawn that reaches behind the camera.
    """
    left, right = scene.camera
    eye, forward = (left.pos + right.pos) / 2, left.forward.astype(float)
    depths = (np.array([start, start + vector]) - eye) @ forward
    nearest = float(depths.min()) - 2 * width
    place = max(_BEFORE * left.frustum_near, _NEAR * nearest)
    if not nearest > place or not math.hypot(*vector) > width:
        return False
    if left.orthographic:
        return draw_arrow(scene, start - (nearest - place) * forward, vector, colour, width, two_heads)
    nearer = place / nearest  # what is drawn smaller and as much nearer looks the same
    return draw_arrow(scene, eye + nearer * (start - eye), nearer * vector, colour, nearer * width, two_heads)


def draw_line(scene: mujoco.MjvScene, a: np.ndarray, b: np.ndarray, line: LineConfig, width: float = 0.01) -> bool:
    """Add a line from a to b to a scene.

    Args:
        scene: The scene, after mjv_updateScene.
        a: One end, in the world frame [m], shape (3,).
        b: The other end [m], shape (3,).
        line: How it looks.
        width: Its diameter [m] if `line` does not say.

    Returns:
        Whether it was drawn: not if its ends coincide, or the scene is full.
    """
    if not math.dist(a, b) > 0:
        return False
    return _connect(scene, mujoco.mjtGeom.mjGEOM_CAPSULE, a, b, line.colour, line.width or width)


def _connect(
    scene: mujoco.MjvScene, kind: mujoco.mjtGeom, a: np.ndarray, b: np.ndarray, colour: Colour, width: float
) -> bool:
    if scene.ngeom >= scene.maxgeom:
        return False
    geom = scene.geoms[scene.ngeom]
    mujoco.mjv_initGeom(geom, kind, np.zeros(3), np.zeros(3), np.zeros(9), np.asarray(colour, np.float32))
    geom.category = mujoco.mjtCatBit.mjCAT_DECOR
    geom.emission = _GLOW
    mujoco.mjv_connector(geom, kind, width / 2, a, b)
    scene.ngeom += 1
    return True
