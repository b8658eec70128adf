"""Why a study is stepped by the loop engine: what the batch engine cannot do, found out before the run."""

import re

import mujoco
import numpy as np
import pytest

from mojo.runtime.batch.eligibility import why_not
from mojo.runtime.loads import PointToPointForce, ScalarForce, VectorForce
from mojo.runtime.signals import resolve_signals
from tests.runtime.batch.scenes import every_load, gusts, models


def reason(loads, signals=(), several=None):
    several = several or models(2)
    chosen = resolve_signals(several[0], loads[0], list(signals))
    return why_not(several, loads, chosen)


def test_every_load_with_functions_that_take_arrays_may_stand_side_by_side():
    assert reason([every_load(0), every_load(1)]) is None


def test_functions_that_ask_the_time_may_stand_side_by_side():
    def burn(time, axis, model, data):
        return 5.0 if time < 1.0 else 0.0

    assert reason([[ScalarForce(name="f", action_site="palm", scalar=burn)]] * 2) is None


def first_position(time, model, data):
    return data.qpos[4]  # of a batch: the positions of simulation 4


def first_row(time, model, data):
    return float(np.sum(data.qvel))  # of a batch: the sum over all simulations


def branches(time, model, data):
    return 1.0 if data.qpos[..., 4] > 0 else 2.0


def pushes_by_itself(time, model, data):
    data.xfrc_applied[..., -1, 0] = 3.0  # acts in one simulation, and would be lost in many
    return 0.0 * data.qvel[..., 0]


def slows_down(time, model, data):
    data.qvel *= 0.9
    return 0.0 * data.qvel[..., 0]


def makes_lighter(time, model, data):
    model.body_mass[..., -1] = 1.0
    return 0.0 * data.qvel[..., 0]


def asks_the_model(time, model, data):
    return model.body("hand").mass[0]


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (first_position, "out of bounds|other values|shape"),
        (first_row, "two trials at once get other values than each of them alone"),
        (branches, "truth value of an array"),
        (asks_the_model, "no method body"),
        (pushes_by_itself, "read-only"),
        (slows_down, "read-only"),
        (makes_lighter, "read-only"),
    ],
)
def test_a_function_that_is_not_vectorised_is_named(function, problem):
    loads = [VectorForce(name="wind", action_site="palm", force=(function, 0.0, gusts))]
    found = reason([loads, loads])
    assert found is not None
    assert re.search(
        rf"the load 'wind' calls {function.__name__}, gusts, which is not vectorised: .*({problem})", found
    )


def test_a_magnitude_that_takes_one_number_only_is_named():
    def stiffening(d, v, d0, model, data):
        return -10.0 * max(d - d0, 0.0)

    loads = [PointToPointForce(name="rope", action_site="palm", xtion_site="wall", magnitude=stiffening)]
    assert "the load 'rope' calls" in reason([loads, loads])


def test_contacts_need_each_trials_own_data():
    assert "the signal 'Contacts:count' is computed" in reason([[], []], ["Contacts/*"])


def test_a_function_that_refuses_every_state_is_left_to_the_loop_engine():
    def broken(time, model, data):
        return np.nan

    loads = [VectorForce(name="f", action_site="palm", force=(broken, 0, 0))]
    assert "it fails in every state that was tried" in reason([loads, loads])


def test_delays_are_left_to_the_loop_engine():
    xml = "<mujoco><worldbody><body><joint name='j'/><geom size='.1'/></body></worldbody><sensor>"
    delayed = mujoco.MjModel.from_xml_string(f"{xml}<jointpos joint='j' delay='0.01' nsample='10'/></sensor></mujoco>")
    assert "delay" in reason([[], []], several=[delayed, delayed])
