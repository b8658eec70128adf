"""Names of signals, patterns that ask for them, and posted values."""

import mujoco
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from mojo.errors import ModelError, TrialError
from mojo.runtime.catalogue import catalogue
from mojo.runtime.loads import GeneralLoad, PointToPointForce
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.signals import resolve_signals

XML = """
<mujoco>
  <worldbody>
    <site name="wall" pos="0 0 2"/>
    <body name="root" pos="0 0 1">
      <freejoint name="root"/>
      <geom name="ball" size=".1" contype="0"/>
      <site name="tip" pos=".1 0 0"/>
      <body name="arm" pos="0 0 .3">
        <joint name="hinge"/>
        <geom size=".1" contype="0"/>
        <body><joint name="socket" type="ball"/><geom size=".05" contype="0"/></body>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor name="drive" joint="hinge"/>
    <position name="servo" joint="hinge" timeconst=".1"/>
  </actuator>
  <sensor>
    <jointpos name="angle" joint="hinge"/>
    <accelerometer name="felt" site="tip"/>
    <framequat name="turn" objtype="body" objname="arm"/>
  </sensor>
</mujoco>
"""
QUAT = ("qw", "qx", "qy", "qz")


@pytest.fixture
def model():
    return mujoco.MjModel.from_xml_string(XML)


def names(model, *patterns, loads=(), more=()):
    return [choice.column.name for choice in resolve_signals(model, loads, patterns, more)]


def spring():
    return PointToPointForce.ideal_spring("spring", "tip", "wall", stiffness=1.0)


def test_joints_have_a_column_for_each_coordinate(model):
    assert names(model, "Joints/hinge:qpos") == ["Joints/hinge:qpos"]
    assert names(model, "Joints/root:qpos") == [f"Joints/root/qpos:{c}" for c in (*"xyz", *QUAT)]
    assert names(model, "Joints/root:qvel") == [f"Joints/root/qvel:{c}" for c in (*"xyz", "wx", "wy", "wz")]
    assert names(model, "Joints/socket/qpos") == [f"Joints/socket/qpos:{c}" for c in QUAT]
    assert names(model, "Joints/socket/qvel") == [f"Joints/socket/qvel:{c}" for c in "xyz"]


def test_sensors_have_columns_by_their_dimension(model):
    felt, turn = [f"Sensors/felt/value:{c}" for c in "xyz"], [f"Sensors/turn/value:{c}" for c in QUAT]
    assert names(model, "Sensors") == ["Sensors/angle:value", *felt, *turn]


def test_loads_have_force_magnitude_and_what_they_measure(model):
    force = [f"Loads/spring/force:{c}" for c in "xyzm"]
    assert names(model, "Loads/*", loads=[spring()]) == [*force, "Loads/spring:distance", "Loads/spring:rate"]
    twist = GeneralLoad(name="twist", action_site="tip")
    assert names(model, "Loads/twist/torque", loads=[twist]) == [f"Loads/twist/torque:{c}" for c in "xyzm"]


def test_actuators_have_control_force_length_velocity_and_activation(model):
    assert names(model, "Actuators/drive") == [f"Actuators/drive:{a}" for a in ("ctrl", "force", "length", "velocity")]
    assert names(model, "Actuators/servo:act") == ["Actuators/servo:act"]


def test_elements_without_a_name_are_called_by_their_id(model):
    assert names(model, "Geoms/#1/xpos") == [f"Geoms/#1/xpos:{c}" for c in "xyz"]
    assert names(model, "Bodies/#3/xquat:qw") == ["Bodies/#3/xquat:qw"]


def test_wildcards_and_both_separators_find_scalars_and_vectors_alike(model):
    every = names(model, "Joints/*:qpos")
    assert len(every) == 7 + 1 + 4
    assert names(model, "Joints/*/qpos") == every
    assert names(model, "Bodies/arm/xpos:x") == names(model, "Bodies/arm:xpos/x") == ["Bodies/arm/xpos:x"]
    assert names(model, "Bodies/ar?/xpos:[xz]") == ["Bodies/arm/xpos:x", "Bodies/arm/xpos:z"]


def test_default_is_joints_sensors_loads_and_controls(model):
    columns = names(model, loads=[spring()])
    kinds = {name.split("/")[0] for name in columns}
    assert kinds == {"Joints", "Sensors", "Loads", "Actuators"}
    assert len(columns) == (12 + 10) + 8 + 6 + 2  # qpos and qvel, sensors, the spring, two controls
    assert names(mujoco.MjModel.from_xml_string("<mujoco/>")) == []


def test_more_signals_come_on_top_of_the_default(model):
    assert set(names(model, more=["Bodies/arm/xpos"])) == {*names(model), *names(model, "Bodies/arm/xpos")}


@pytest.mark.parametrize(
    ("pattern", "nearest"), [("Joints/hing:qpos", "Joints/hinge:qpos"), ("Bodies/arms/xpos", "Bodies/arm/xpos")]
)
def test_pattern_that_matches_nothing_is_answered_with_the_nearest(model, pattern, nearest):
    with pytest.raises(ModelError, match=rf"Signal '{pattern}' is not in the model.* Did you mean '{nearest}'\?"):
        names(model, pattern)


def test_wildcard_that_matches_nothing_is_an_error(model):
    with pytest.raises(ModelError, match="Signal 'Tendons/\\*' is not in the model"):
        names(model, "Tendons/*")


def test_every_column_of_the_catalogue_has_a_name_of_its_own(model):
    columns = [name for signal in catalogue(model, [spring()]) for name in signal.columns]
    assert len(columns) == len(set(columns))
    assert names(model, "*", loads=[spring()]) == columns


def test_models_of_one_structure_share_names_and_others_do_not(model):
    renamed = mujoco.MjModel.from_xml_string(XML.replace('"hinge"', '"knee"'))
    assert names(model, "Joints/hinge:qpos") == ["Joints/hinge:qpos"]
    assert names(renamed, "Joints/knee:qpos") == ["Joints/knee:qpos"]
    with pytest.raises(ModelError):
        names(renamed, "Joints/hinge:qpos")


def record(model, path, posts, steps=6, **options):
    data = mujoco.MjData(model)
    with RuntimeManager(telemetry=path, signals=["Joints/hinge:qpos"], **options) as rm:
        for step in range(steps):
            posts(rm.signals, step)
            rm.step(model, data)
    return pl.read_parquet(path)


def test_posted_values_stand_in_their_steps_and_null_in_the_others(model, tmp_path):
    def posts(signals, step):
        if step in (2, 4):
            signals.post(10.0 * step, "Control", "left", attr="error", unit="rad")
        if step == 3:
            signals.post([1, 2, 3], "Control", ("left", "knee"), attr="aim")

    table = record(model, tmp_path / "t.parquet", posts)
    assert table["Control/left:error"].to_list() == [None, None, 20.0, None, 40.0, None, None]
    assert table["Control/left/knee/aim:z"].to_list() == [None, None, None, 3.0, None, None, None]
    assert pq.read_schema(tmp_path / "t.parquet").field("Control/left:error").metadata[b"unit"] == b"rad"


def test_posts_of_steps_that_are_not_recorded_are_dropped(model, tmp_path):
    def posts(signals, step):
        if step in (1, 3):
            signals.post(step, "Control")

    table = record(model, tmp_path / "t.parquet", posts, record_decimation=3)
    assert table["time"].to_list() == pytest.approx([0.0, 0.006, 0.012])
    assert table["Control:value"].to_list() == [None, 3.0, None]


def test_posted_nan_is_nan_and_not_null(model, tmp_path):
    table = record(model, tmp_path / "t.parquet", lambda signals, step: signals.post(np.nan, "Control"), steps=1)
    assert np.isnan(table["Control:value"][0])
    assert table["Control:value"][1] is None


def test_user_function_can_post_from_within_a_load(model, tmp_path):
    data = mujoco.MjData(model)
    rm = RuntimeManager(telemetry=tmp_path / "t.parquet")

    def push(time, model, data):
        rm.signals.post(time, "Seen")
        return 0.0

    rm.loads.append(GeneralLoad(name="push", action_site="tip", force=(push, 0.0, 0.0)))
    with rm:
        rm.run(model, data, 0.01)
    table = pl.read_parquet(tmp_path / "t.parquet")
    assert table["Seen:value"].to_list() == table["time"].to_list()


def test_posts_without_telemetry_cost_nothing_and_do_nothing(model):
    data = mujoco.MjData(model)
    with RuntimeManager() as rm:
        rm.step(model, data)
        rm.signals.post(1.0, "Control")
        assert rm.signals.posted == {}


@pytest.mark.parametrize(
    ("posts", "error", "message"),
    [
        (lambda s, step: s.post([0.0] * (2 + step), "C"), TrialError, r"'C:value' must keep its shape \(2,\)"),
        (lambda s, step: s.post("fast", "C"), TrialError, "'C:value' must be a number or a vector"),
        (lambda s, step: s.post(1.0, "Joints", "hinge", attr="qpos"), ModelError, "is recorded of the model"),
        (lambda s, step: s.request("Bodies") if step else None, ModelError, "before the first step, but got Bodies"),
    ],
)
def test_wrong_posts_and_late_requests_are_named(model, tmp_path, posts, error, message):
    with pytest.raises(error, match=message):
        record(model, tmp_path / "t.parquet", posts)
