"""MuJoCo's timers."""

from collections.abc import Iterator

import mujoco
import numpy as np
import pytest

from mojo.runtime.timers import time_stages

FALLING = "<mujoco><worldbody><body><freejoint/><geom size='0.1'/></body></worldbody></mujoco>"


@pytest.fixture(autouse=True)
def default_clock() -> Iterator[None]:
    yield
    time_stages(True)


def fall(timed: bool) -> mujoco.MjData:
    time_stages(timed)
    model = mujoco.MjModel.from_xml_string(FALLING)
    data = mujoco.MjData(model)
    for _ in range(100):
        mujoco.mj_step(model, data)
    return data


def durations(data: mujoco.MjData) -> np.ndarray:
    return np.array([stage.duration for stage in data.timer])


def test_stages_that_are_not_timed_take_no_time():
    assert durations(fall(timed=True))[mujoco.mjtTimer.mjTIMER_STEP] > 0
    assert not durations(fall(timed=False)).any()


def test_timing_can_be_switched_on_again():
    fall(timed=False)
    assert durations(fall(timed=True)).any()


def test_physics_do_not_depend_on_the_clock():
    np.testing.assert_array_equal(fall(timed=True).qpos, fall(timed=False).qpos)
