"""The order in which loads are applied within a step."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from mojo.runtime.loads.base import Hand
from mojo.runtime.loads.friction_laws import Karnopp
from mojo.runtime.loads.joint_friction import JointFrictionHand
from mojo.runtime.loads.plant import Plant

PlantOf = TypeVar("PlantOf", bound=Plant)


class Sticks(Protocol):
    """Applies the friction that balances all other loads."""

    def apply(self, time: float) -> None: ...


def in_order(
    plant: PlantOf,
    hands: Sequence[Hand],
    sticks: Callable[[PlantOf, Sequence[JointFrictionHand]], Sticks],
    between: Sequence[Callable[[float], None]] = (),
) -> list[Callable[[float], None]]:
    """Return what is to be called with the time of a step, so that all loads are applied.

    Friction that balances the other loads comes last; the rest stays in the order that it was given in. What is to be
    called `between` the two is given to it.
    """
    sticking = [
        hand for hand in hands if isinstance(hand, JointFrictionHand) and isinstance(hand.load.friction, Karnopp)
    ]
    others = [hand.apply for hand in hands if hand not in sticking]
    last = [sticks(plant, sticking).apply] if sticking else []
    return [*others, *between, *last]
