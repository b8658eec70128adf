"""Gathering: vectors of sites and bodies as rows."""

import numpy as np

from mojo.runtime.batch.gathering import Gathering
from mojo.runtime.batch.simulation import new_batch
from mojo.runtime.batch.stacked import VELOCITY_STAGE
from tests.runtime.batch.scenes import models

CYCLIC = [1, 2, 0, 1, 2]  # y, z, x, y, z


def moving(count: int):
    batch = new_batch(models(count), persistent=True)
    batch.qvel[:] = np.random.default_rng(0).normal(size=batch.qvel.shape)
    batch.step(nstep=5, stage=VELOCITY_STAGE)
    return batch


def test_rows_hold_what_the_batch_holds_also_when_more_is_asked_for_and_when_it_has_moved():
    batch = moving(4)
    gathering = Gathering(batch)
    hand, wall, upper = gathering.of("xipos", 3), gathering.of("site_xpos", 0), gathering.of("xipos", 1)
    palm, lower = gathering.of("site_xpos", 1), gathering.of("xipos", 2)
    turned, motion = gathering.of("site_xmat", 1), gathering.of("cvel", 3)
    for _ in range(2):
        gathering.copy()
        for body, found in ((1, upper), (2, lower), (3, hand)):
            np.testing.assert_array_equal(found.rows, batch.xipos[:, body, CYCLIC].T)
        for site, found in ((0, wall), (1, palm)):
            np.testing.assert_array_equal(found.rows, batch.site_xpos[:, site, CYCLIC].T)
        columns = batch.site_xmat[:, 1].reshape(4, 3, 3)
        for axis in range(3):
            np.testing.assert_array_equal(turned.rows[axis], columns[:, CYCLIC, axis].T)
        for half in range(2):
            np.testing.assert_array_equal(motion.rows[half], batch.cvel[:, 3].reshape(4, 2, 3)[:, half, CYCLIC].T)
        batch.step(nstep=5, stage=VELOCITY_STAGE)


def test_what_was_asked_for_before_is_not_given_another_place():
    gathering = Gathering(moving(2))
    first = gathering.of("site_xpos", 1)
    layout = gathering.layout
    assert gathering.of("site_xpos", 1) is first
    assert gathering.layout == layout
    gathering.of("site_xpos", 0)
    assert gathering.layout > layout
