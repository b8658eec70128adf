"""Laws of joint friction, as data and as formulas: F = -g(|v|)·v, with the resistance g of a law.

v is the velocity of a hinge or a slide, or the three components of a ball's; friction on a ball has no preferred axis.
"""

from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import ConfigDict, Field, model_validator

from mojo.runtime.loads.base import Closed


def coulomb_resistance(speed: Any, level: float, transition_speed: float) -> Any:
    """Return the resistance of dry friction, whose size does not depend on the speed.

    g = F_c / max(|v|, v_t), so |F| = F_c where |v| >= v_t, and F = -F_c·v/v_t below

    The true law jumps at v = 0, which a timestep cannot follow: it would push to and fro. Below v_t friction falls
    linearly to zero instead. So a joint under a load P < F_c does not stick, but creeps with P·v_t/F_c.

    Args:
        speed: |v| [rad/s or m/s], any shape.
        level: F_c [N·m or N].
        transition_speed: v_t > 0 [rad/s or m/s].

    Returns:
        The resistance g [N·m·s/rad or N·s/m], same shape.

    Source:
        Olsson, Åström, Canudas de Wit, Gäfvert, Lischinsky: Friction models and friction compensation, European
        Journal of Control 4 (1998).
    """
    return level / np.maximum(speed, transition_speed)


def stribeck_resistance(
    speed: Any,
    coulomb: float,
    static: float,
    viscous: float,
    stribeck_speed: float,
    transition_speed: float,
) -> Any:
    """Return the resistance of friction that falls from its static to its coulomb level as the joint gets faster.

    g = (F_c + (F_s - F_c)·exp(-(|v|/v_s)²)) / max(|v|, v_t) + c

    Args:
        speed: |v| [rad/s or m/s], any shape.
        coulomb: F_c [N·m or N].
        static: F_s [N·m or N].
        viscous: c [N·m·s/rad or N·s/m].
        stribeck_speed: v_s, where the difference has fallen to 1/e [rad/s or m/s].
        transition_speed: v_t, below which friction falls linearly to zero, see `coulomb_resistance`.

    Returns:
        The resistance g [N·m·s/rad or N·s/m], same shape.

    Source:
        Armstrong-Hélouvry, Dupont, Canudas de Wit: A survey of models, analysis tools and compensation methods for
        the control of machines with friction, Automatica 30 (1994); exponent 2.
    """
    ratio = speed / stribeck_speed
    return coulomb_resistance(speed, coulomb + (static - coulomb) * np.exp(-ratio * ratio), transition_speed) + viscous


class _Law(Closed):
    model_config = ConfigDict(frozen=True)

    def resistance(self, speed: Any) -> Any:
        """Return g at the speed |v|, any shape."""
        raise NotImplementedError(type(self).__name__)


class Coulomb(_Law):
    """Dry friction, F = -F_c·v/|v|, smoothed below the transition speed; see `coulomb_resistance`.

    Attributes:
        coulomb: F_c [N·m or N].
        transition_speed: v_t [rad/s or m/s]; above F_c·timestep/inertia, lest the joint be pushed to and fro.
    """

    law: Literal["coulomb"] = "coulomb"
    coulomb: float = Field(ge=0.0)
    transition_speed: float = Field(default=0.01, gt=0.0)

    def resistance(self, speed: Any) -> Any:
        """Return g at the speed |v|, any shape."""
        return coulomb_resistance(speed, self.coulomb, self.transition_speed)


class Viscous(_Law):
    """Friction in proportion to the velocity, F = -c·v.

    Attributes:
        viscous: c [N·m·s/rad or N·s/m].
    """

    law: Literal["viscous"] = "viscous"
    viscous: float = Field(ge=0.0)

    def resistance(self, speed: Any) -> Any:
        """Return g = c at the speed |v|, any shape."""
        return self.viscous + 0.0 * speed


class CoulombViscous(_Law):
    """Dry and viscous friction, F = -(F_c·v/|v| + c·v).

    Attributes:
        coulomb: F_c [N·m or N].
        viscous: c [N·m·s/rad or N·s/m].
        transition_speed: v_t, as of `Coulomb` [rad/s or m/s].
    """

    law: Literal["coulomb_viscous"] = "coulomb_viscous"
    coulomb: float = Field(ge=0.0)
    viscous: float = Field(ge=0.0)
    transition_speed: float = Field(default=0.01, gt=0.0)

    def resistance(self, speed: Any) -> Any:
        """Return g at the speed |v|, any shape."""
        return coulomb_resistance(speed, self.coulomb, self.transition_speed) + self.viscous


class _Static(_Law):
    coulomb: float = Field(ge=0.0)
    static: float = Field(ge=0.0)
    viscous: float = Field(default=0.0, ge=0.0)

    @model_validator(mode="after")
    def _static_is_not_less(self) -> Self:
        if self.static < self.coulomb:
            raise ValueError(f"static >= coulomb must hold, but got static = {self.static}, coulomb = {self.coulomb}")
        return self


class Stribeck(_Static):
    """Friction that falls with the speed, see `stribeck_resistance`.

    Attributes:
        coulomb: F_c [N·m or N].
        static: F_s >= F_c [N·m or N].
        stribeck_speed: v_s [rad/s or m/s].
        viscous: c [N·m·s/rad or N·s/m].
        transition_speed: v_t, well below v_s [rad/s or m/s]; above F_s·timestep/inertia.
    """

    law: Literal["stribeck"] = "stribeck"
    stribeck_speed: float = Field(gt=0.0)
    transition_speed: float = Field(default=0.01, gt=0.0)

    def resistance(self, speed: Any) -> Any:
        """Return g at the speed |v|, any shape."""
        return stribeck_resistance(
            speed, self.coulomb, self.static, self.viscous, self.stribeck_speed, self.transition_speed
        )


class Karnopp(_Static):
    """Friction that holds a joint still: no creep.

    |v| > v_k: F = -(F_c·v/|v| + c·v);  |v| <= v_k: what brings the joint to rest and holds it there, up to |F| = F_s

    What must be balanced, and what is left out: see `mojo.runtime.loads.sticking.Sticking`.

    Attributes:
        coulomb: F_c [N·m or N].
        static: F_s >= F_c [N·m or N].
        viscous: c [N·m·s/rad or N·s/m].
        stick_speed: v_k [rad/s or m/s].
    """

    law: Literal["karnopp"] = "karnopp"
    stick_speed: float = Field(default=0.01, gt=0.0)

    def resistance(self, speed: Any) -> Any:
        """Return g at a speed |v| > v_k, any shape."""
        return coulomb_resistance(speed, self.coulomb, self.stick_speed) + self.viscous


FrictionLaw = Annotated[Coulomb | Viscous | CoulombViscous | Stribeck | Karnopp, Field(discriminator="law")]
