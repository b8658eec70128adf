"""What the loads at one site share: the site, and the body that feels the reaction."""

import mujoco

from mojo.model.elements import element_id
from mojo.runtime.loads.base import Hand, Load
from mojo.runtime.loads.plant import Plant
from mojo.runtime.vectors import Vector


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
        element_id(model, "Sites", self.action_site)
        if self.xtion_body is not None:
            element_id(model, "Bodies", self.xtion_body)


class AtSiteHand(Hand):
    """Pushes a site's body, and pulls the reaction's body."""

    load: AtSite

    def __init__(self, load: AtSite, plant: Plant) -> None:
        super().__init__(load, plant)
        self.site = plant.site(load.action_site)
        self._xtion = None if load.xtion_body is None else plant.body(load.xtion_body)

    def push(self, force: Vector | None, torque: Vector | None = None) -> None:
        """Push with a force [N] and a torque [N·m], both in the world frame."""
        point = self.site.position()
        self.site.body.push(point, force, torque)
        if self._xtion is not None:
            self._xtion.pull(point, force, torque)
