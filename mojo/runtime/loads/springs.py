"""Laws of springs: magnitude of a point-to-point force from distance and rate, as data."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from mojo.runtime.loads.base import Closed


def ideal_spring(distance: Any, rate: Any, stiffness: float, damping: float, rest_length: Any) -> Any:
    """Return the force of a linear spring and damper; positive pushes its ends apart.

    m = -(k(d - L) + c·v)

    Args:
        distance: d, between the ends [m], any shape.
        rate: v, its time derivative [m/s], same shape.
        stiffness: k [N/m].
        damping: c [N·s/m].
        rest_length: L [m].

    Returns:
        The magnitude m [N], same shape.

    Source:
        MuJoCo manual, "Computation", spatial tendons: same sign as a tendon's stiffness and damping.
    """
    return -(stiffness * (distance - rest_length) + damping * rate)


def compression_spring(distance: Any, rate: Any, stiffness: float, damping: float, rest_length: Any) -> Any:
    """Return the force of a spring that acts only while it is shorter than `rest_length`.

    m = -(k(d - L) + c·v) where d < L, else 0; arguments as of `ideal_spring`.
    """
    # Adding 0.0 turns the -0.0 of a product with False into 0.0.
    return ideal_spring(distance, rate, stiffness, damping, rest_length) * (distance < rest_length) + 0.0


def tension_spring(distance: Any, rate: Any, stiffness: float, damping: float, rest_length: Any) -> Any:
    """Return the force of a spring that acts only while it is longer than `rest_length`.

    m = -(k(d - L) + c·v) where d > L, else 0; arguments as of `ideal_spring`.
    """
    return ideal_spring(distance, rate, stiffness, damping, rest_length) * (distance > rest_length) + 0.0


def stroke_compression_spring(
    distance: Any, rate: Any, initial: Any, stiffness: float, damping: float, preload: float, max_stroke: float
) -> Any:
    """Return the force of a preloaded spring that pushes its ends apart over a limited stroke.

    x = d - d0; m = max(0, F0 - k·x - c·v) where 0 <= x <= s, else 0

    Args:
        distance: d, between the ends [m], any shape.
        rate: v, its time derivative [m/s], same shape.
        initial: d0, the distance at the first step [m].
        stiffness: k [N/m].
        damping: c [N·s/m].
        preload: F0, the force at the first step [N].
        max_stroke: s, the stroke after which the ends part [m].

    Returns:
        The magnitude m [N], same shape.
    """
    stroke = distance - initial
    push = preload - stiffness * stroke - damping * rate
    return push * ((stroke >= 0.0) & (stroke <= max_stroke) & (push > 0.0)) + 0.0


LINEAR = {
    "ideal_spring": ideal_spring,
    "compression_spring": compression_spring,
    "tension_spring": tension_spring,
}


class Spring(Closed):
    """A linear spring and damper, which may act in compression or in tension only.

    Attributes:
        law: Which: ideal_spring, compression_spring or tension_spring.
        stiffness: [N/m].
        damping: [N·s/m].
        rest_length: Length without force [m]; None for the distance at the first step.
    """

    model_config = ConfigDict(frozen=True)

    law: Literal["ideal_spring", "compression_spring", "tension_spring"]
    stiffness: float
    damping: float = 0.0
    rest_length: float | None = Field(default=None, ge=0.0)

    def magnitude(self, distance: Any, rate: Any, initial: Any) -> Any:
        """Return the force [N] at `distance` [m] and `rate` [m/s]; `initial` is the first step's distance [m]."""
        rest_length = initial if self.rest_length is None else self.rest_length
        return LINEAR[self.law](distance, rate, self.stiffness, self.damping, rest_length)


class StrokeSpring(Closed):
    """A preloaded compression spring with a limited stroke.

    Attributes:
        law: stroke_compression_spring.
        stiffness: [N/m].
        damping: [N·s/m].
        preload: Force at the first step [N].
        max_stroke: Stroke after which the ends part [m].
    """

    model_config = ConfigDict(frozen=True)

    law: Literal["stroke_compression_spring"] = "stroke_compression_spring"
    stiffness: float
    damping: float = 0.0
    preload: float
    max_stroke: float = Field(ge=0.0)

    def magnitude(self, distance: Any, rate: Any, initial: Any) -> Any:
        """Return the force [N] at `distance` [m] and `rate` [m/s]; `initial` is the first step's distance [m]."""
        return stroke_compression_spring(
            distance, rate, initial, self.stiffness, self.damping, self.preload, self.max_stroke
        )


Law = Annotated[Spring | StrokeSpring, Field(discriminator="law")]
