"""Friction in a hinge, slide or ball joint."""

from typing import Any, Literal

import mujoco

from mojo.errors import ModelError
from mojo.model.elements import element_id
from mojo.runtime.loads.base import Hand, Load, Record, Values
from mojo.runtime.loads.friction_laws import FrictionLaw
from mojo.runtime.loads.plant import Plant
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
    def _of(cls, name: str, joint: str, more: dict[str, Any], **friction: Any) -> "JointFriction":
        law: Any = friction  # a dict, so that its errors are told with the load's name
        return cls(name=name, joint=joint, friction=law, **more)

    @classmethod
    def coulomb(
        cls, name: str, joint: str, coulomb: float, transition_speed: float = 0.01, **more: Any
    ) -> "JointFriction":
        """Return dry friction: -F_c·v/|v|, which falls linearly to zero below `transition_speed`."""
        return cls._of(name, joint, more, law="coulomb", coulomb=coulomb, transition_speed=transition_speed)

    @classmethod
    def viscous(cls, name: str, joint: str, viscous: float, **more: Any) -> "JointFriction":
        """Return friction in proportion to the velocity: -c·v."""
        return cls._of(name, joint, more, law="viscous", viscous=viscous)

    @classmethod
    def coulomb_viscous(
        cls, name: str, joint: str, coulomb: float, viscous: float, transition_speed: float = 0.01, **more: Any
    ) -> "JointFriction":
        """Return dry and viscous friction: -(F_c·v/|v| + c·v)."""
        return cls._of(
            name,
            joint,
            more,
            law="coulomb_viscous",
            coulomb=coulomb,
            viscous=viscous,
            transition_speed=transition_speed,
        )

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
        return cls._of(
            name,
            joint,
            more,
            law="stribeck",
            coulomb=coulomb,
            static=static,
            stribeck_speed=stribeck_speed,
            viscous=viscous,
            transition_speed=transition_speed,
        )

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
        return cls._of(
            name, joint, more, law="karnopp", coulomb=coulomb, static=static, viscous=viscous, stick_speed=stick_speed
        )

    def recorded(self, model: mujoco.MjModel) -> tuple[Record, ...]:
        """Return what is recorded: a torque, or the force of a slide."""
        kind = int(model.jnt_type[element_id(model, "Joints", self.joint)])
        if kind not in _RECORDS:
            raise ModelError(
                f"Friction acts on hinge, slide and ball joints, but joint '{self.joint}' is a free joint, which is no "
                "bearing. Use a GeneralLoad for the drag of a free body."
            )
        return (_RECORDS[kind],)

    def check(self, model: mujoco.MjModel) -> None:
        """Check that the joint is in `model`, and can have friction."""
        self.recorded(model)

    def bind(self, plant: Plant) -> Hand:
        """Return the hand that applies this friction to `plant`."""
        return JointFrictionHand(self, plant)


class JointFrictionHand(Hand):
    """Applies a JointFriction.

    Attributes:
        joint: The joint; its `dofs` are its entries in qvel.
    """

    load: JointFriction

    def __init__(self, load: JointFriction, plant: Plant) -> None:
        super().__init__(load, plant)
        self.joint = plant.joint(load.joint, len(self.silence))

    def speed(self) -> Any:
        """Return |v| [rad/s or m/s]."""
        velocity = self.joint.velocity()
        return abs(velocity[0]) if len(velocity) == 1 else norm((velocity[0], velocity[1], velocity[2]))

    def act(self, time: float) -> Values:
        """Brake."""
        resistance = self.load.friction.resistance(self.speed())
        return self.brake(tuple(-resistance * component for component in self.joint.velocity()))

    def brake(self, friction: Values) -> Values:
        """Add `friction` [N·m or N], one entry a dof, and return it."""
        self.joint.push(friction)
        return friction
