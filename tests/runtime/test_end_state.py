"""The end of a run, seen from another process."""

import mujoco
import numpy as np
import polars as pl
import pytest

from mojo.errors import TrialError
from mojo.runtime.end_state import end_state, restore
from mojo.runtime.loads import PointToPointForce
from mojo.runtime.manager import RuntimeManager

XML = """
<mujoco>
  <option timestep="0.002"/>
  <worldbody>
    <geom type="plane" size="5 5 1"/>
    <site name="hook" pos=".3 0 .8"/>
    <body name="box" pos="0 0 .15" euler="10 20 0">
      <freejoint name="root"/>
      <geom type="box" size=".1 .1 .1" mass="1"/>
      <site name="corner" pos=".1 .1 .1"/>
    </body>
  </worldbody>
  <sensor>
    <accelerometer site="corner"/><velocimeter site="corner"/><framepos objtype="site" objname="corner"/>
    <touch name="ground" site="corner"/>
  </sensor>
</mujoco>
"""


def spring():
    return PointToPointForce.ideal_spring("spring", "corner", "hook", stiffness=4.0, damping=0.1, rest_length=0.3)


def test_restored_state_has_every_bit_of_the_end_of_the_run(tmp_path):
    model = mujoco.MjModel.from_xml_string(XML)
    data = mujoco.MjData(model)
    path = tmp_path / "t.parquet"
    with RuntimeManager(telemetry=path, loads=[spring()], signals=["Joints", "Sensors", "Bodies"]) as rm:
        rm.run(model, data, 0.5)
    assert data.ncon > 0
    restored = mujoco.MjData(model)
    restore(model, restored, end_state(path))
    for array in ("qpos", "qvel", "qacc", "xpos", "xquat", "sensordata", "efc_force"):
        np.testing.assert_array_equal(getattr(restored, array), getattr(data, array))
    assert restored.time == data.time == pytest.approx(0.5)
    last = pl.read_parquet(path).row(-1, named=True)
    assert [last[key] for key in last if key.startswith("Sensors")] == restored.sensordata.tolist()
    assert [last[key] for key in last if key.startswith("Joints/root/qpos")] == restored.qpos.tolist()
    assert [last[f"Bodies/box/xpos:{c}"] for c in "xyz"] == restored.body("box").xpos.tolist()


def test_failed_run_has_no_end_state(tmp_path):
    model = mujoco.MjModel.from_xml_string(XML)
    path = tmp_path / "t.parquet"
    with pytest.raises(KeyError), RuntimeManager(telemetry=path) as rm:
        rm.step(model, mujoco.MjData(model))
        raise KeyError
    with pytest.raises(TrialError, match="holds no end state: its run failed, diverged or was killed"):
        end_state(path)


def test_state_of_another_model_is_refused():
    model = mujoco.MjModel.from_xml_string(XML)
    with pytest.raises(TrialError, match=r"The state must have shape \(\d+,\) for this model, but got \(3,\)"):
        restore(model, mujoco.MjData(model), np.zeros(3))
