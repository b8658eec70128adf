"""Which trials may stand side by side, and how their numbers are stacked."""

from functools import partial

import mujoco
import numpy as np

from mojo.runtime.batch.grouping import layout_key, stack, structure
from mojo.runtime.loads import ScalarForce, VectorForce
from mojo.runtime.loads.values import Table
from tests.runtime.batch.scenes import every_load, gap, gusts, models

BALL = "<mujoco><worldbody><body name='{}'><joint/><geom size='.1'/><site name='s'/></body></worldbody></mujoco>"


def key(number: int):
    return layout_key(models(number + 1)[number], every_load(number), gap(number))


def test_trials_that_differ_in_numbers_only_share_a_batch():
    assert key(1) == key(2)


def test_another_name_another_timestep_and_another_load_part_trials():
    first = mujoco.MjModel.from_xml_string(BALL.format("a"))
    other = mujoco.MjModel.from_xml_string(BALL.format("b"))
    slower = mujoco.MjModel.from_xml_string(BALL.format("a"))
    slower.opt.timestep *= 2
    push = ScalarForce(name="f", action_site="s", scalar=1.0)
    keys = {layout_key(first, [], []), layout_key(other, [], []), layout_key(slower, [], [])}
    keys |= {layout_key(first, [push], []), layout_key(first, [push.model_copy(update={"start": 0.1})], [])}
    assert len(keys) == 5


def test_numbers_that_differ_become_an_array_and_what_is_the_same_stays():
    load = stack([ScalarForce(name="f", action_site="s", scalar=value, stop=2.0) for value in (1.0, 3.0)])
    np.testing.assert_array_equal(load.scalar, [1.0, 3.0])
    assert load.name == "f"
    assert load.stop == 2.0


def test_arguments_of_partial_functions_are_stacked():
    loads = [
        VectorForce(name="f", action_site="s", force=(partial(gusts, strength=value), 0, 0)) for value in (1.0, 3.0)
    ]
    assert structure(loads[0]) == structure(loads[1])
    function = stack(loads).force[0]
    assert function.func is gusts
    np.testing.assert_array_equal(function.keywords["strength"], [1.0, 3.0])


def test_tables_side_by_side_keep_their_values():
    loads = [ScalarForce(name="f", action_site="s", scalar=[(0, 0), (1, end)]) for end in (2.0, 4.0)]
    np.testing.assert_array_equal(stack(loads).scalar.at(0.5), [1.0, 2.0])
    assert isinstance(stack([loads[0], loads[0]]).scalar, Table)
