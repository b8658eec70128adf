"""Forces and torques at one site: along its x axis, or with all six components."""

from typing import Annotated, ClassVar, Literal

import mujoco
from pydantic import PlainSerializer, PlainValidator

from mojo.runtime.loads.base import Component, Hand, Load, Record, Value, dumped, number_or_function
from mojo.runtime.loads.hands import BodyHand, SiteHand, body_id, site_id
from mojo.runtime.vectors import ZERO, Vector, norm, rotate, scale, split

_SCALAR_CALL = "scalar(time, axis, model, data)"


class AtSite(Load):
    """A load at one site.

    Attributes:
        action_site: The site where it acts, on the site's body.
        xtion_body: The body that feels the negative, at the same point of the world; None: the world takes it.
    """

    action_site: str
    xtion_body: str | None = None

    def check(self, model: mujoco.MjModel) -> None:
        """Check that the site and the reaction's body are in `model`."""
        site_id(model, self.action_site)
        if self.xtion_body is not None:
            body_id(model, self.xtion_body)


class AtSiteHand(Hand):
    """Pushes a site's body, and the reaction's body the other way."""

    load: AtSite

    def __init__(self, load: AtSite, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        super().__init__(load, model, data)
        self.site = SiteHand(model, data, load.action_site)
        self._xtion = None if load.xtion_body is None else BodyHand(data, body_id(model, load.xtion_body))

    def push(self, force: Vector, torque: Vector) -> None:
        """Push with a force [N] and a torque [N·m], both in the world frame."""
        point = self.site.position()
        self.site.body.push(point, force, torque)
        if self._xtion is not None:
            self._xtion.push(point, scale(-1.0, force), scale(-1.0, torque))


class ScalarForce(AtSite):
    """A force along the action site's local x axis.

    F = f·e_x

    Attributes:
        scalar: f [N]: a number, or a function scalar(time, axis, model, data), where `axis` is e_x in the
            world frame, shape (3,).
    """

    load: Literal["scalar_force"] = "scalar_force"
    scalar: Annotated[
        Value,
        PlainValidator(lambda value: number_or_function(value, _SCALAR_CALL)),
        PlainSerializer(dumped, when_used="json"),
    ]

    records: ClassVar[tuple[Record, ...]] = (
        Record("force", ("x", "y", "z", "m"), ("N",) * 4, "world", "force on the action site; m along its x axis"),
    )

    def bind(self, model: mujoco.MjModel, data: mujoco.MjData) -> Hand:
        """Return the hand that applies this force to `data`."""
        return ScalarForceHand(self, model, data)


class ScalarForceHand(AtSiteHand):
    """Applies a ScalarForce to one MjData."""

    load: ScalarForce

    def act(self, time: float) -> tuple[float, ...]:
        """Push along the site's x axis."""
        axis, value = self.site.axis(), self.load.scalar
        if not isinstance(value, float):
            value = self.number(value(time, axis, self.model, self.data), "scalar", time)
        force = scale(value, split(axis))
        self.push(force, ZERO)
        return (*force, value)


class GeneralLoad(AtSite):
    """A force and a torque with all their components.

    F = R·f, T = R·t; R is the rotation of `rel_to_site`, or 1

    Attributes:
        force: f, three components [N]; each a number, or a function component(time, model, data).
        torque: t, three components [N·m], likewise.
        rel_to_site: The site whose frame the components are given in; None: the world.
    """

    load: Literal["general_load"] = "general_load"
    force: tuple[Component, Component, Component] = (0.0, 0.0, 0.0)
    torque: tuple[Component, Component, Component] = (0.0, 0.0, 0.0)
    rel_to_site: str | None = None

    records: ClassVar[tuple[Record, ...]] = (
        Record("force", ("x", "y", "z", "m"), ("N",) * 4, "world", "force on the action site; m its norm"),
        Record("torque", ("x", "y", "z", "m"), ("N·m",) * 4, "world", "torque about the action site; m its norm"),
    )

    def check(self, model: mujoco.MjModel) -> None:
        """Check that the sites and the reaction's body are in `model`."""
        super().check(model)
        if self.rel_to_site is not None:
            site_id(model, self.rel_to_site)

    def bind(self, model: mujoco.MjModel, data: mujoco.MjData) -> Hand:
        """Return the hand that applies this load to `data`."""
        return GeneralLoadHand(self, model, data)


class GeneralLoadHand(AtSiteHand):
    """Applies a GeneralLoad to one MjData."""

    load: GeneralLoad

    def __init__(self, load: GeneralLoad, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        super().__init__(load, model, data)
        self._frame = None if load.rel_to_site is None else SiteHand(model, data, load.rel_to_site)

    def act(self, time: float) -> tuple[float, ...]:
        """Push and twist."""
        force = self._world(self.load.force, "force", time)
        torque = self._world(self.load.torque, "torque", time)
        self.push(force, torque)
        return (*force, norm(force), *torque, norm(torque))

    def _world(self, components: tuple[Component, Component, Component], what: str, time: float) -> Vector:
        x, y, z = (
            self._component(value, f"{what}.{axis}", time) for axis, value in zip("xyz", components, strict=True)
        )
        return (x, y, z) if self._frame is None else rotate(self._frame.rotation(), (x, y, z))

    def _component(self, value: Value, what: str, time: float) -> float:
        if isinstance(value, float):
            return value
        return self.number(value(time, self.model, self.data), what, time)
