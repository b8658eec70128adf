"""What all loads have: the time in which they act."""

import mujoco
import numpy as np
import polars as pl
import pytest

from mojo.errors import ModelError
from mojo.runtime.loads import JointFriction, PointToPointForce, ScalarForce, VectorTorque
from mojo.runtime.manager import RuntimeManager

BALL = """
<mujoco>
  <option gravity="0 0 0" timestep="0.01"/>
  <worldbody>
    <site name="wall" pos="-1 0 0"/>
    <body><joint name="j" type="slide" axis="1 0 0"/><geom size=".1" mass="2"/><site name="s"/></body>
  </worldbody>
</mujoco>
"""


def simulate(tmp_path, loads, duration, speed=0.0):
    model = mujoco.MjModel.from_xml_string(BALL)
    data = mujoco.MjData(model)
    data.qvel[0] = speed
    with RuntimeManager(telemetry=tmp_path / "t.parquet", loads=loads) as rm:
        rm.run(model, data, duration)
    return data, pl.read_parquet(tmp_path / "t.parquet")


@pytest.mark.parametrize(("start", "stop", "seconds"), [(0.1, 0.3, 0.2), (None, 0.3, 0.3), (0.3, None, 0.7)])
def test_load_gives_the_impulse_of_its_time(tmp_path, start, stop, seconds):
    push = ScalarForce(name="f", action_site="s", scalar=6.0, start=start, stop=stop)
    data, table = simulate(tmp_path, [push], 1.0)
    assert data.qvel[0] == pytest.approx(6.0 * seconds / 2.0)
    # The clock says 0.09999999999999999 and 0.3000000000000001, and still no step is added or lost.
    acts = table["Loads/f/force:m"].to_numpy() == 6.0
    steps = np.arange(101)
    np.testing.assert_array_equal(acts, (steps >= 100 * (start or 0.0)) & (steps < 100 * (stop or 2.0)))
    assert set(table["Loads/f/force:m"].unique()) == {0.0, 6.0}


def test_consecutive_loads_neither_overlap_nor_leave_a_gap(tmp_path):
    loads = [
        ScalarForce(name="first", action_site="s", scalar=6.0, stop=0.57),
        ScalarForce(name="second", action_site="s", scalar=6.0, start=0.57),
    ]
    _, table = simulate(tmp_path, loads, 1.0)
    assert set((table["Loads/first/force:m"] + table["Loads/second/force:m"]).unique()) == {6.0}


def test_spring_outside_its_time_records_zeros(tmp_path):
    spring = PointToPointForce.ideal_spring("f", "s", "wall", stiffness=5.0, rest_length=0.5, stop=0.05)
    _, table = simulate(tmp_path, [spring], 0.1)
    columns = table.select(pl.col("^Loads/f.*$"))
    assert columns[4, "Loads/f:distance"] > 0.9
    assert set(columns.row(5)) == {0.0}


@pytest.mark.parametrize("law", ["coulomb", "karnopp"])
def test_friction_outside_its_time_lets_the_joint_run(tmp_path, law):
    more = {"static": 4.0} if law == "karnopp" else {}
    friction = JointFriction(name="f", joint="j", friction={"law": law, "coulomb": 4.0, **more}, start=0.1, stop=0.2)
    data, table = simulate(tmp_path, [friction], 0.5, speed=1.0)
    assert data.qvel[0] == pytest.approx(1.0 - 4.0 / 2.0 * 0.1)
    assert table["Loads/f:force"].to_list() == pytest.approx([0.0] * 10 + [-4.0] * 10 + [0.0] * 31)


def test_start_after_stop_is_refused():
    with pytest.raises(
        ModelError, match=r"VectorTorque 't': .*start < stop must hold, but got start = 2 s, stop = 1 s"
    ):
        VectorTorque(name="t", action_site="s", torque=(0.0, 0.0, 1.0), start=2.0, stop=1.0)
