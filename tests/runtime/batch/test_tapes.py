"""The tapes of a batch: loads act by them to the same bits, or by their formulas."""

import gc
import weakref
from typing import ClassVar, Literal

import mujoco
import numpy as np
import pytest

from mojo.errors import ModelError
from mojo.runtime.batch.plant import BatchPlant
from mojo.runtime.batch.simulation import new_batch
from mojo.runtime.batch.stacked import VELOCITY_STAGE
from mojo.runtime.batch.tapes import varies
from mojo.runtime.loads import GeneralLoad, JointFriction, PointToPointForce
from mojo.runtime.loads.at_site import AtSite, AtSiteHand
from mojo.runtime.loads.base import Record
from mojo.runtime.loads.single import SinglePlant
from mojo.runtime.vectors import norm, scale
from tests.runtime.batch.scenes import every_load, models


def test_only_loads_of_numbers_alone_are_written_down():
    """A table gives another number at another time, and nobody knows what a function reads."""
    steady = {load.name for load in every_load(1) if not varies(load)}
    assert steady == {"ideal", "compression", "tension", "stroke", "thrust", "turn", "push", "bearing", "elbow"}


def applied(plant: BatchPlant) -> np.ndarray:
    return np.concatenate([plant.batch.xfrc_applied.reshape(-1), plant.batch.qfrc_applied.reshape(-1)])


def test_loads_apply_the_same_bits_by_their_tapes_as_without_also_when_more_begin_to_act():
    """What the second load reads moves what the first one does, so that its tape must be made anew."""
    several = models(3)
    loads = [
        PointToPointForce.ideal_spring("spring", "palm", "wall", stiffness=20.0, damping=0.1, rest_length=0.3),
        GeneralLoad(name="push", action_site="palm", rel_to_site="palm", force=(1, 0, 2), start=0.01),
        JointFriction.coulomb_viscous("bearing", "shoulder", coulomb=0.02, viscous=0.01),
    ]
    batch = new_batch(several, persistent=True)
    batch.qvel[:] = np.random.default_rng(3).normal(size=batch.qvel.shape)
    batch.forward(stage=VELOCITY_STAGE)
    plants = [BatchPlant(several, batch) for _ in range(2)]
    plants[1].act = lambda hand, time: hand.act(time)
    hands = [[load.bind(plant) for load in loads] for plant in plants]
    for step in range(12):
        found = []
        for plant, own in zip(plants, hands, strict=True):
            plant.begin()
            for hand in own:
                hand.apply(0.002 * step)
            plant.write()
            found.append((applied(plant).tobytes(), [np.array(hand.record).tobytes() for hand in own if hand.applied]))
            plant.put_back()
        assert found[0] == found[1]
        batch.step(stage=VELOCITY_STAGE)


def test_sites_that_meet_are_told_of_by_a_spring_that_has_a_tape():
    several = models(2)
    batch = new_batch(several, persistent=True)
    batch.forward(stage=VELOCITY_STAGE)
    plant = BatchPlant(several, batch)
    hand = PointToPointForce.ideal_spring("spring", "palm", "wall", stiffness=20.0).bind(plant)
    plant.begin()
    hand.apply(0.0)
    plant.site("palm").position()[...] = plant.site("wall").position()
    with pytest.raises(ModelError, match=r"Load 'spring' at t = 0\.5 s: its sites 'palm' and 'wall' coincide"):
        hand.apply(0.5)


class Drag(AtSite):
    """A force that depends on the velocity of a site: how, its hand says.

    Attributes:
        how: The name of the hand's class.
    """

    load: Literal["drag"] = "drag"
    how: str
    records: ClassVar = (Record("force", ("x", "y", "z"), ("N",) * 3, "world", "drag"),)

    def bind(self, plant):
        return {kind.__name__: kind for kind in HANDS}[self.how](self, plant)


class DragHand(AtSiteHand):
    """Pushes along minus x with a number that follows from the velocity."""

    def number(self, velocity, time):
        raise NotImplementedError

    def act(self, time):
        velocity = self.site.velocity(self.site.position())
        force = self.plant.vector((-self.number(velocity, time), 0.0, 0.0), local=False)
        self.push(force)
        return (force,)


class SquareHand(DragHand):
    """As a contributor writes it: the vector's components go through `plant.vector`."""

    def number(self, velocity, time):
        return norm(velocity) * velocity[-3]


class TimeHand(DragHand):
    """Asks for the time, which is no number of the load."""

    def number(self, velocity, time):
        return time


class MemoryHand(DragHand):
    """Keeps something from step to step."""

    total = 0.0

    def number(self, velocity, time):
        self.total = self.total + 0.01 * velocity[-3]
        return self.total


class DataHand(DragHand):
    """Reads past its site."""

    def number(self, velocity, time):
        return self.plant.data.qvel[..., 0]


class SwallowingHand(DragHand):
    """Hides that its numbers could not be read."""

    def number(self, velocity, time):
        try:
            return 0.0 + np.array(velocity[-3]) if isinstance(velocity[-3], np.ndarray) else 0.0 + float(velocity[-3])
        except Exception:  # noqa: BLE001 - that it hides what went wrong is the point
            return 0.0


class BranchingHand(DragHand):
    """Takes what stands for an array for a number, and so forgets a part of its formula."""

    def number(self, velocity, time):
        return 2.0 * velocity[-3] if isinstance(velocity[-3], np.ndarray | float) else velocity[-3]

    def act(self, time):
        force = scale(-self.number(self.site.velocity(self.site.position()), time), self.site.axis())
        self.push(force)
        return (force,)


HANDS = (SquareHand, TimeHand, MemoryHand, DataHand, SwallowingHand, BranchingHand)


@pytest.mark.parametrize("kind", HANDS, ids=lambda kind: kind.__name__)
def test_a_load_that_no_tape_can_follow_does_the_same_in_both_engines(kind):
    """At first nothing moves: what is read then must not stay as it was."""
    several = models(3)
    load = Drag(name="drag", action_site="palm", how=kind.__name__)
    batch = new_batch(several, persistent=True)
    batch.forward(stage=VELOCITY_STAGE)
    together = BatchPlant(several, batch)
    data = [mujoco.MjData(model) for model in several]
    alone = [SinglePlant(model, own) for model, own in zip(several, data, strict=True)]
    hands = [load.bind(plant) for plant in (together, *alone)]
    for step in range(10):
        for model, own, state in zip(several, data, batch.state, strict=True):
            mujoco.mj_setState(model, own, state, mujoco.mjtState.mjSTATE_INTEGRATION)
            mujoco.mj_step1(model, own)
            own.xfrc_applied[:], own.qfrc_applied[:] = 0.0, 0.0
        together.begin()
        for hand in hands:
            hand.apply(0.002 * step)
        together.write()
        np.testing.assert_array_equal(batch.xfrc_applied, [own.xfrc_applied for own in data])
        if step == 2:
            batch.qvel[:] = np.random.default_rng(5).normal(size=batch.qvel.shape)
            batch.forward(stage=VELOCITY_STAGE)
        batch.step(stage=VELOCITY_STAGE)
        together.put_back()


def test_what_a_batch_has_written_down_goes_with_it():
    """An array that holds itself through its base is never freed, and a worker would grow with every trial."""
    several = models(2)
    batch = new_batch(several, persistent=True)
    batch.forward(stage=VELOCITY_STAGE)
    plant = BatchPlant(several, batch)
    hand = PointToPointForce.ideal_spring("spring", "palm", "wall", stiffness=20.0).bind(plant)
    for _ in range(3):
        plant.begin()
        hand.apply(0.0)
        plant.write()
    followed = [weakref.ref(array) for array in hand.applied if isinstance(array, np.ndarray)]
    assert followed
    del plant, hand, batch
    gc.collect()
    assert [reference() for reference in followed] == [None] * len(followed)
