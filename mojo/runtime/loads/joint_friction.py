"""Friction in a hinge, slide or ball joint."""

from typing import Any, Literal

import mujoco
import numpy as np

from mojo.errors import ModelError
from mojo.runtime.loads.base import Hand, Load, Record
from mojo.runtime.loads.friction_laws import FrictionLaw
from mojo.runtime.loads.hands import joint_id
from mojo.runtime.vectors import norm

_HINGE, _SLIDE, _BALL = (
    int(mujoco.mjtJoint.mjJNT_HINGE),
    int(mujoco.mjtJoint.mjJNT_SLIDE),
    int(mujoco.mjtJoint.mjJNT_BALL),
)
_RECORDS = {
    _HINGE: Record("torque", (), ("N·m",), "joint axis", "friction in the joint"),
    _SLIDE: Record("force", (), ("N",), "joint axis", "friction in the joint"),
    _BALL: Record("torque", ("x", "y", "z"), ("N·m",) * 3, "body", "friction in the joint"),
}


class JointFriction(Load):
    """Friction in a joint, F = -g(|v|)·v, added to qfrc_applied: both bodies of the joint feel it.

    Each law has a constructor, which takes `active`, `start` and `stop` as well.

    Attributes:
        joint: A hinge, slide or ball joint.
        friction: The law, see friction_laws.py.
    """

    load: Literal["joint_friction"] = "joint_friction"
    joint: str
    friction: FrictionLaw

    @classmethod
    def coulomb(
        cls, name: str, joint: str, coulomb: float, transition_speed: float = 0.01, **more: Any
    ) -> "JointFriction":
        """Return dry friction: -F_c·v/|v|, which falls linearly to zero below `transition_speed`."""
        law: Any = {"law": "coulomb", "coulomb": coulomb, "transition_speed": transition_speed}
        return cls(name=name, joint=joint, friction=law, **more)

    @classmethod
    def viscous(cls, name: str, joint: str, viscous: float, **more: Any) -> "JointFriction":
        """Return friction in proportion to the velocity: -c·v."""
        law: Any = {"law": "viscous", "viscous": viscous}
        return cls(name=name, joint=joint, friction=law, **more)

    @classmethod
    def coulomb_viscous(
        cls, name: str, joint: str, coulomb: float, viscous: float, transition_speed: float = 0.01, **more: Any
    ) -> "JointFriction":
        """Return dry and viscous friction: -(F_c·v/|v| + c·v)."""
        law: Any = {
            "law": "coulomb_viscous",
            "coulomb": coulomb,
            "viscous": viscous,
            "transition_speed": transition_speed,
        }
        return cls(name=name, joint=joint, friction=law, **more)

    @classmethod
    def stribeck(
        cls,
        name: str,
        joint: str,
        coulomb: float,
        static: float,
        stribeck_speed: float,
        viscous: float = 0.0,
        transition_speed: float = 0.01,
        **more: Any,
    ) -> "JointFriction":
        """Return friction that falls with the speed: -((F_c + (F_s - F_c)·exp(-(v/v_s)²))·v/|v| + c·v)."""
        law: Any = {
            "law": "stribeck",
            "coulomb": coulomb,
            "static": static,
            "stribeck_speed": stribeck_speed,
            "viscous": viscous,
            "transition_speed": transition_speed,
        }
        return cls(name=name, joint=joint, friction=law, **more)

    @classmethod
    def karnopp(
        cls,
        name: str,
        joint: str,
        coulomb: float,
        static: float,
        viscous: float = 0.0,
        stick_speed: float = 0.01,
        **more: Any,
    ) -> "JointFriction":
        """Return friction that holds the joint still below `stick_speed`, up to the static limit F_s."""
        law: Any = {
            "law": "karnopp",
            "coulomb": coulomb,
            "static": static,
            "viscous": viscous,
            "stick_speed": stick_speed,
        }
        return cls(name=name, joint=joint, friction=law, **more)

    def recorded(self, model: mujoco.MjModel) -> tuple[Record, ...]:
        """Return what is recorded: a torque, or the force of a slide."""
        kind = int(model.jnt_type[joint_id(model, self.joint)])
        if kind not in _RECORDS:
            raise ModelError(
                f"Friction acts on hinge, slide and ball joints, but joint '{self.joint}' is a free joint, which is no "
                "bearing. Use a GeneralLoad for the drag of a free body."
            )
        return (_RECORDS[kind],)

    def check(self, model: mujoco.MjModel) -> None:
        """Check that the joint is in `model`, and can have friction."""
        self.recorded(model)

    def bind(self, model: mujoco.MjModel, data: mujoco.MjData) -> Hand:
        """Return the hand that applies this friction to `data`."""
        return JointFrictionHand(self, model, data)


class JointFrictionHand(Hand):
    """Applies a JointFriction to one MjData.

    Attributes:
        dofs: The entries of the joint in qvel.
    """

    load: JointFriction

    def __init__(self, load: JointFriction, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        super().__init__(load, model, data)
        first = int(model.jnt_dofadr[joint_id(model, load.joint)])
        self.dofs = range(first, first + len(self.silence))
        self._velocity = data.qvel[first : self.dofs.stop]
        self._applied = data.qfrc_applied[first : self.dofs.stop]

    def speed(self) -> float:
        """Return |v| [rad/s or m/s]."""
        values = self._velocity.tolist()
        return abs(values[0]) if len(values) == 1 else norm((values[0], values[1], values[2]))

    def act(self, time: float) -> tuple[float, ...]:
        """Brake."""
        return self.brake(-self.load.friction.resistance(self.speed()) * self._velocity)

    def brake(self, friction: np.ndarray) -> tuple[float, ...]:
        """Add `friction` [N·m or N], shape (number of dofs,), and return it."""
        self._applied += friction
        return tuple(friction.tolist())
