"""A force on the line between two sites."""

from typing import Annotated, Any, ClassVar, Literal

import mujoco
import numpy as np
from pydantic import PlainSerializer, PlainValidator, TypeAdapter, model_validator

from mojo.errors import ModelError
from mojo.model.elements import element_id
from mojo.runtime.loads.base import Hand, Load, Record, Values
from mojo.runtime.loads.plant import Plant
from mojo.runtime.loads.springs import Law, Spring, StrokeSpring
from mojo.runtime.loads.values import Value, dumped, value_of
from mojo.runtime.vectors import Vector, divide, dot, norm, scale, subtract

_LAW: TypeAdapter[Any] = TypeAdapter(Law)
_CALL = "magnitude(d, v, d0, model, data)"


def separation(p: Vector, q: Vector, p_velocity: Vector, q_velocity: Vector) -> tuple[Any, Vector, Any]:
    """Return how far two points are apart, in which direction, and how fast that distance grows.

    r = p - q, d = |r|, u = r/d, v = u·(ṗ - q̇)

    Args:
        p: Position of the action site [m]; each component of any shape.
        q: Position of the reaction site [m].
        p_velocity: Velocity of the action site [m/s].
        q_velocity: Velocity of the reaction site [m/s].

    Returns:
        d [m], u and v [m/s].

    Raises:
        ModelError: The points coincide, so the force has no direction.
    """
    r = subtract(p, q)
    distance = norm(r)
    if distance == 0.0 if isinstance(distance, float) else np.count_nonzero(distance) < distance.size:
        raise ModelError("The two sites of a point-to-point force coincide, so it has no direction.")
    direction = divide(r, distance)
    return distance, direction, dot(direction, subtract(p_velocity, q_velocity))


def _law_or_function(value: Any) -> Any:
    if isinstance(value, Spring | StrokeSpring):
        return value
    if isinstance(value, dict) and "law" in value:
        return _LAW.validate_python(value)
    return value_of(value, _CALL)


class PointToPointForce(Load):
    """A force on the line between two sites.

    r = p - q, d = |r|, u = r/d, v = u·(ṗ - q̇); +magnitude·u acts at p, its negative at q: positive pushes apart.

    Each law has a constructor, which takes `active`, `start` and `stop` as well.

    Attributes:
        action_site: The site p.
        xtion_site: The site q, which feels the reaction.
        magnitude: A law, a number [N], a table, or a function magnitude(d, v, d0, model, data) [N], where d0 is
            the distance at the first step.
    """

    load: Literal["point_to_point_force"] = "point_to_point_force"
    action_site: str
    xtion_site: str
    magnitude: Annotated[
        Spring | StrokeSpring | Value,
        PlainValidator(_law_or_function),
        PlainSerializer(dumped),
    ]

    records: ClassVar[tuple[Record, ...]] = (
        Record("force", ("x", "y", "z", "m"), ("N",) * 4, "world", "force on the action site; m > 0 pushes apart"),
        Record("distance", (), ("m",), "", "distance of the sites"),
        Record("rate", (), ("m/s",), "", "time derivative of the distance"),
    )

    @model_validator(mode="before")
    @classmethod
    def _no_frame(cls, fields: Any) -> Any:
        if isinstance(fields, dict) and fields.get("rel_to_site") is not None:
            raise ValueError(
                "rel_to_site does not apply: the force acts on the line between the two sites. Leave it out, or "
                "use a GeneralLoad"
            )
        return fields

    @classmethod
    def ideal_spring(
        cls,
        name: str,
        action_site: str,
        xtion_site: str,
        stiffness: float,
        damping: float = 0.0,
        rest_length: float | None = None,
        **more: Any,
    ) -> "PointToPointForce":
        """Return a linear spring and damper: -(k(d - L) + c·v); L is the first step's distance if not given."""
        law = Spring(law="ideal_spring", stiffness=stiffness, damping=damping, rest_length=rest_length)
        return cls(name=name, action_site=action_site, xtion_site=xtion_site, magnitude=law, **more)

    @classmethod
    def compression_spring(
        cls,
        name: str,
        action_site: str,
        xtion_site: str,
        stiffness: float,
        damping: float = 0.0,
        rest_length: float | None = None,
        **more: Any,
    ) -> "PointToPointForce":
        """Return an ideal spring that acts only while it is shorter than its rest length."""
        law = Spring(law="compression_spring", stiffness=stiffness, damping=damping, rest_length=rest_length)
        return cls(name=name, action_site=action_site, xtion_site=xtion_site, magnitude=law, **more)

    @classmethod
    def tension_spring(
        cls,
        name: str,
        action_site: str,
        xtion_site: str,
        stiffness: float,
        damping: float = 0.0,
        rest_length: float | None = None,
        **more: Any,
    ) -> "PointToPointForce":
        """Return an ideal spring that acts only while it is longer than its rest length."""
        law = Spring(law="tension_spring", stiffness=stiffness, damping=damping, rest_length=rest_length)
        return cls(name=name, action_site=action_site, xtion_site=xtion_site, magnitude=law, **more)

    @classmethod
    def stroke_compression_spring(
        cls,
        name: str,
        action_site: str,
        xtion_site: str,
        stiffness: float,
        preload: float,
        max_stroke: float,
        damping: float = 0.0,
        **more: Any,
    ) -> "PointToPointForce":
        """Return a preloaded spring that pushes over a stroke x = d - d0: max(0, F0 - k·x - c·v)."""
        law = StrokeSpring(stiffness=stiffness, damping=damping, preload=preload, max_stroke=max_stroke)
        return cls(name=name, action_site=action_site, xtion_site=xtion_site, magnitude=law, **more)

    def check(self, model: mujoco.MjModel) -> None:
        """Check that both sites are in `model`, and are not the same."""
        if element_id(model, "Sites", self.action_site) == element_id(model, "Sites", self.xtion_site):
            raise ModelError(f"It must have two different sites, but got '{self.action_site}' twice.")

    def bind(self, plant: Plant) -> Hand:
        """Return the hand that applies this force to `plant`; it takes d0 from where the sites are now."""
        return PointToPointHand(self, plant)


class PointToPointHand(Hand):
    """Applies a PointToPointForce."""

    load: PointToPointForce

    def __init__(self, load: PointToPointForce, plant: Plant) -> None:
        super().__init__(load, plant)
        self._action = plant.site(load.action_site)
        self._xtion = plant.site(load.xtion_site)
        self._initial = norm(subtract(self._action.position(), self._xtion.position()))
        self._law = load.magnitude.magnitude if isinstance(load.magnitude, Spring | StrokeSpring) else None

    def act(self, time: float) -> Values:
        """Push the two sites apart, or pull them together."""
        p, q = self._action.position(), self._xtion.position()
        try:
            distance, direction, rate = separation(p, q, self._action.velocity(p), self._xtion.velocity(q))
        except ModelError as error:
            raise ModelError(
                f"Load '{self.load.name}' at t = {time:.6g} s: its sites '{self._action.name}' and "
                f"'{self._xtion.name}' coincide, so the force has no direction. Move one of them."
            ) from error
        law = self._law
        magnitude = law(distance, rate, self._initial) if law else self._asked(distance, rate, time)
        force = scale(magnitude, direction)
        self._action.body.push(p, force)
        self._xtion.body.pull(q, force)
        return force, magnitude, distance, rate

    def _asked(self, distance: Any, rate: Any, time: float) -> Any:
        given = self.load.magnitude
        assert not isinstance(given, Spring | StrokeSpring)
        plant = self.plant
        return self.evaluate(given, "magnitude", time, distance, rate, self._initial, plant.model, plant.data)
