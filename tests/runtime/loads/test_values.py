"""Values of loads: numbers, tables over time, functions."""

import json

import mujoco
import numpy as np
import polars as pl
import pytest

from mojo.errors import ModelError
from mojo.runtime.loads import ActuatorControl, GeneralLoad, PointToPointForce, ScalarForce, VectorForce, loads_from
from mojo.runtime.loads.values import Table, Tables
from mojo.runtime.manager import RuntimeManager

RAMP = [(0.1, 0.0), (0.3, 8.0)]
BALL = """
<mujoco>
  <option gravity="0 0 0" timestep="0.01"/>
  <worldbody>
    <site name="wall" pos="-1 0 0"/>
    <body><joint type="slide" axis="1 0 0"/><geom size=".1" mass="2"/><site name="s"/></body>
  </worldbody>
</mujoco>
"""


def test_table_is_linear_between_points_and_holds_at_its_ends():
    table = Table(((0.0, 1.0), (2.0, 5.0)))
    assert [table.at(time) for time in (-1.0, 0.0, 0.5, 2.0, 9.0)] == [1.0, 1.0, 2.0, 5.0, 5.0]


@pytest.mark.parametrize("later", [2.0, 3.0], ids=["same times", "other times"])
def test_tables_side_by_side_give_what_each_gives_alone(later):
    tables = (Table(((0.0, 1.0), (2.0, 5.0))), Table(((0.0, 4.0), (later, 0.0))))
    for time in (-1.0, 0.0, 0.5, 2.0, 9.0):
        np.testing.assert_array_equal(Tables(tables).at(time), [table.at(time) for table in tables])


def test_two_points_of_one_time_jump_at_that_time():
    table = Table(((0.0, 1.0), (1.0, 1.0), (1.0, 3.0), (2.0, 3.0)))
    assert [table.at(time) for time in (0.999, 1.0, 1.5)] == [1.0, 3.0, 3.0]


@pytest.mark.parametrize(
    "load",
    [
        ScalarForce(name="f", action_site="s", scalar=RAMP),
        VectorForce(name="f", action_site="s", force=(RAMP, 0.0, 0.0)),
        GeneralLoad(name="f", action_site="s", force=(np.array(RAMP), 0.0, 0.0)),
        PointToPointForce(name="f", action_site="s", xtion_site="wall", magnitude=RAMP),
    ],
    ids=lambda load: type(load).__name__,
)
def test_every_load_takes_a_table_and_gives_its_impulse(tmp_path, load):
    model = mujoco.MjModel.from_xml_string(BALL)
    data = mujoco.MjData(model)
    with RuntimeManager(telemetry=tmp_path / "t.parquet", loads=[load]) as rm:
        rm.run(model, data, 0.4)
    force = pl.read_parquet(tmp_path / "t.parquet")["Loads/f/force:x"]
    assert force[20] == pytest.approx(4.0)  # t = 0.2, half way up the ramp
    # Impulse of the ramp 8 N·0.2 s/2, and of 8 N held for 0.1 s, less half a step that a left Riemann sum loses
    assert data.qvel[0] == pytest.approx((0.8 + 0.8 - 8.0 * 0.01 / 2) / 2.0)


def test_table_comes_back_from_its_dump():
    loads = [
        ScalarForce(name="f", action_site="s", scalar=RAMP, start=0.1, stop=0.2),
        GeneralLoad(name="g", action_site="s", torque=(1.0, RAMP, 0.0)),
        PointToPointForce(name="p", action_site="s", xtion_site="wall", magnitude=RAMP),
        ActuatorControl(name="c", actuator="motor", control=RAMP),
    ]
    dumped = json.loads(json.dumps([load.model_dump(mode="json") for load in loads]))
    assert dumped[0]["scalar"] == [[0.1, 0.0], [0.3, 8.0]]
    assert loads_from(dumped) == loads
    assert loads_from([load.model_dump() for load in loads]) == loads


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([], r"a table must be pairs \(time, value\) of finite numbers, but got \[\]"),
        ([1.0, 2.0], r"a table must be pairs \(time, value\)"),
        ([(0.0, 1.0, 2.0)], r"a table must be pairs \(time, value\)"),
        ([(0.0, 1.0), (1.0,)], r"a table must be pairs \(time, value\)"),
        ([(0.0, float("nan"))], r"a table must be pairs \(time, value\) of finite numbers, but got"),
        ([(0.0, 1.0), (2.0, 1.0), (1.0, 1.0)], "a table's times must not decrease, but 1 s comes after 2 s"),
    ],
)
def test_wrong_table_is_refused(table, message):
    with pytest.raises(ModelError, match=rf"ScalarForce 'f': scalar: {message}"):
        ScalarForce(name="f", action_site="s", scalar=table)


def test_function_stays_a_function_in_a_python_dump():
    def scalar(time, axis, model, data):
        return 1.0

    load = ScalarForce(name="f", action_site="s", scalar=scalar)
    assert loads_from([load.model_dump()])[0].scalar is scalar
