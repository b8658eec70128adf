"""Names of signals, patterns that ask for them, and posted values."""

import mujoco
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from mojo.errors import ModelError, TrialError
from mojo.runtime.catalogue import catalogue
from mojo.runtime.loads import GeneralLoad, PointToPointForce
from mojo.runtime.loads.base import Record
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.signals import resolve_signals
from mojo.runtime.stops import StopCondition

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


def test_joint_named_like_an_unnamed_one_has_columns_of_its_own(tmp_path):
    model = mujoco.MjModel.from_xml_string(
        "<mujoco><worldbody><body><joint axis='1 0 0'/><joint name='#0' axis='0 1 0'/><geom size='1'/></body>"
        "</worldbody></mujoco>"
    )
    columns = [name for signal in catalogue(model) for name in signal.columns]
    assert len(columns) == len(set(columns))

    data = mujoco.MjData(model)
    data.qvel[:] = [1.0, 2.0]
    with RuntimeManager(tmp_path / "t.parquet") as rm:
        for _ in range(3):
            rm.step(model, data)
    last = pl.read_parquet(tmp_path / "t.parquet").row(-1, named=True)
    assert (last["Joints/##0:qvel"], last["Joints/#0:qvel"]) == tuple(data.qvel)


class Twofold(PointToPointForce):
    """A load that records, beside its own, what looks like a part of another one's force."""

    def recorded(self, model):
        return (Record("x", (), ("N",), "", "of the load's own"), *super().recorded(model))


def test_loads_whose_columns_have_the_same_name_are_refused(model):
    spring = PointToPointForce.ideal_spring("a", "tip", "wall", stiffness=1.0)
    other = Twofold.ideal_spring("a/force", "tip", "wall", stiffness=1.0)
    with pytest.raises(ModelError, match="Signals must have different names, but 2 are called 'Loads/a/force:x'"):
        names(model, loads=[spring, other])


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


def posted_every_7th(model, path, steps=40, **options):
    """Record what a controller posts that runs in every 7th step, and return the table and its signals."""
    hold = options.pop("hold", False)
    data = mujoco.MjData(model)
    with RuntimeManager(telemetry=path, signals=["Joints/hinge:qpos"], **options) as rm:
        for step in range(steps):
            if step % 7 == 0:
                rm.signals.post(step, "Control", attr="u", hold=hold)
            rm.step(model, data)
    return pl.read_parquet(path)["Control:u"].to_list(), rm.signals


def test_a_post_that_holds_stands_in_all_rows_until_the_next_one(model, tmp_path):
    found, signals = posted_every_7th(model, tmp_path / "t.parquet", record_decimation=10, hold=True)
    assert found == [0, 7, 14, 28, 35]  # rows of the steps 0, 10, 20, 30 and 40
    assert (signals.counts, signals.dropped) == ({"Control:u": 6}, {})


def test_posts_that_no_row_takes_are_counted(model, tmp_path):
    found, signals = posted_every_7th(model, tmp_path / "t.parquet", record_decimation=10)
    assert found == [0, None, None, None, None]
    assert (signals.counts, signals.dropped) == ({"Control:u": 6}, {"Control:u": 5})
    found, signals = posted_every_7th(model, tmp_path / "t.parquet")
    assert found == [step if step % 7 == 0 else None for step in range(40)] + [None]
    assert (signals.counts, signals.dropped) == ({"Control:u": 6}, {})


def test_a_post_is_held_over_blocks_and_until_one_that_does_not_hold(model, tmp_path):
    def posts(signals, step):
        if step in (0, 9000):
            signals.post([step, -step], "Aim", hold=True)
        if step == 9100:
            signals.post([1.0, 2.0], "Aim")

    table = record(model, tmp_path / "t.parquet", posts, steps=9200)  # a block has 8192 rows at most
    assert table["Aim/value:0"].to_list() == [0.0] * 9000 + [9000.0] * 100 + [1.0] + [None] * 100
    assert table["Aim/value:1"][9099] == -9000.0


def test_what_is_held_is_the_value_and_not_the_array_that_was_posted(model, tmp_path):
    live = np.zeros(3)

    def posts(signals, step):
        if step in (0, 3):
            signals.post(live, "Live", hold=True)
        live[:] += 1.0

    assert record(model, tmp_path / "t.parquet", posts)["Live/value:x"].to_list() == [0.0] * 3 + [3.0] * 4


def test_posts_before_the_first_step_may_hold(model, tmp_path):
    data = mujoco.MjData(model)
    with RuntimeManager(telemetry=tmp_path / "t.parquet") as rm:
        rm.signals.post(5.0, "Aim", hold=True)
        rm.signals.post(2.0, "Once")
        for _ in range(3):
            rm.step(model, data)
    table = pl.read_parquet(tmp_path / "t.parquet")
    assert table["Aim:value"].to_list() == [5.0] * 4
    assert table["Once:value"].to_list() == [2.0, None, None, None]
    assert rm.signals.dropped == {}


def test_of_several_posts_in_a_step_the_last_counts_and_the_others_are_dropped(model, tmp_path):
    data = mujoco.MjData(model)
    with RuntimeManager(telemetry=tmp_path / "t.parquet") as rm:
        for _ in range(2):
            for number in range(3):
                rm.signals.post(number, "Inner")
                rm.signals.post(number, "Held", hold=True)
            rm.step(model, data)
    table = pl.read_parquet(tmp_path / "t.parquet")
    assert table["Inner:value"].to_list() == [2.0, 2.0, None]
    assert table["Held:value"].to_list() == [2.0, 2.0, 2.0]
    assert rm.signals.dropped == {"Inner:value": 4}


def test_while_recording_is_off_values_hold_and_none_is_told_as_dropped(model, tmp_path):
    data = mujoco.MjData(model)
    with RuntimeManager(telemetry=tmp_path / "t.parquet") as rm:
        rm.recording = False
        for step in range(10):
            if step in (3, 7):
                rm.recording = not rm.recording
            if step in (1, 8):
                rm.signals.post(step, "Held", hold=True)
            rm.signals.post(step, "Each")
            rm.step(model, data)
        rm.recording = True
    table = pl.read_parquet(tmp_path / "t.parquet")
    assert table["Held:value"].to_list() == [1.0] * 4 + [8.0]
    assert table["Each:value"].to_list() == [3.0, 4.0, 5.0, 6.0, None]
    assert (rm.signals.counts["Each:value"], rm.signals.dropped) == (4, {})


def test_a_run_that_is_ended_has_what_was_posted_for_its_last_row_and_no_more(model, tmp_path):
    falls = StopCondition(name="fallen", signal="Bodies/root/xpos:z", when="inside", max=0.99995)
    data = mujoco.MjData(model)
    with RuntimeManager(tmp_path / "t.parquet", signals=["Bodies/root/xpos:z"], conditions=[falls]) as rm:
        while not rm.stopped:
            rm.signals.post(rm.steps, "Step")
            rm.signals.post(rm.steps, "Held", hold=True)
            rm.step(model, data)
        rm.signals.post(-1, "Step")
        rm.signals.post(-1, "Held", hold=True)
    table = pl.read_parquet(tmp_path / "t.parquet")
    assert table["Bodies/root/xpos:z"][-1] <= 0.99995 < table["Bodies/root/xpos:z"][-2]
    assert table["Step:value"].to_list() == table["Held:value"].to_list() == list(range(rm.steps + 1))
    assert rm.signals.dropped == {}


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
        (
            lambda s, step: (s.post([0, 0, 0], "C", attr="b"), s.post(0, "C", "b", attr="x")),
            ModelError,
            "'C/b:x' is pos",
        ),
        (lambda s, step: s.request("Bodies") if step else None, ModelError, "before the first step, but got Bodies"),
    ],
)
def test_wrong_posts_and_late_requests_are_named(model, tmp_path, posts, error, message):
    with pytest.raises(error, match=message):
        record(model, tmp_path / "t.parquet", posts)
