"""Tapes: what loads compute, written down once and played from then on."""

import numpy as np
import pytest

from mojo.errors import ModelError
from mojo.runtime.batch.plant import BatchPlant
from mojo.runtime.batch.simulation import new_batch
from mojo.runtime.batch.stacked import VELOCITY_STAGE
from mojo.runtime.batch.tape import Tape, Untraceable, varies
from mojo.runtime.loads import GeneralLoad, JointFriction, PointToPointForce
from tests.runtime.batch.scenes import every_load, models


def written(tape: Tape, numbers: np.ndarray, out: np.ndarray) -> None:
    """Write down out = 2·(a + b), where a and b are the halves of `numbers`."""
    followed = tape.follow(numbers)
    np.multiply(followed[:2] + followed[2:], 2.0, out=out)


def test_a_tape_computes_anew_what_was_computed_when_it_was_made():
    tape, numbers, out = Tape(), np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(2)
    written(tape, numbers, out)
    tape.finish(())
    assert out.tolist() == [0.0, 0.0]  # nothing is applied while the tape is made
    assert tape.play()
    assert out.tolist() == [8.0, 12.0]
    numbers[:] = 1.0
    assert tape.play()
    assert out.tolist() == [4.0, 4.0]


def test_a_tape_stops_where_a_decision_would_be_another_one():
    tape, numbers, out = Tape(), np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(2)
    assert np.count_nonzero(tape.follow(numbers)) == 4
    written(tape, numbers, out)
    tape.finish(())
    numbers[0] = 0.0
    assert not tape.play()
    assert out.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    "reads",
    [
        lambda a: np.where(a > 0.0, a, 0.0),
        lambda a: a[[1, 0]],
        lambda a: a.copy(),
        lambda a: a[0],
        lambda a: a.sum(),
        lambda a: bool(a[:1] > 0.0),
        np.modf,
    ],
)
def test_what_a_tape_cannot_follow_is_refused(reads):
    with pytest.raises(Untraceable):
        reads(Tape().follow(np.array([1.0, 2.0])))


def test_a_tape_on_which_nothing_is_applied_is_refused():
    with pytest.raises(Untraceable):
        Tape().finish(())


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
