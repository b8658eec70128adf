"""One instant a row: what is recorded is what MuJoCo says of that state, to the last bit."""

import mujoco
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from mojo.runtime.loads import GeneralLoad, PointToPointForce, ScalarForce
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.recording import copy_plan

# Bodies that bounce, roll and hit limits, driven, with sensors of all three stages.
SCENE = """
<mujoco>
  <option timestep="0.002" integrator="{integrator}" cone="{cone}"/>
  <worldbody>
    <geom type="plane" size="5 5 1"/>
    <site name="hook" pos="0 0 1"/>
    <body name="ball" pos="0 0 .3">
      <freejoint name="root"/>
      <geom size=".1" mass="1"/>
      <site name="tip" pos=".1 0 .05"/>
      <body name="arm" pos="0 0 .15">
        <joint name="hinge" axis="0 1 0" range="-20 20" limited="true" damping=".01"/>
        <geom type="capsule" fromto="0 0 0 .2 0 .1" size=".03" mass=".3"/>
        <site name="hand" pos=".2 0 .1"/>
      </body>
    </body>
    <body name="box" pos=".5 0 .2"><freejoint/><geom type="box" size=".1 .1 .1" mass="2"/></body>
  </worldbody>
  <tendon><spatial name="rope" stiffness="3"><site site="hook"/><site site="hand"/></spatial></tendon>
  <actuator><motor name="drive" joint="hinge"/><position name="servo" joint="hinge" kp="2" timeconst=".05"/></actuator>
  <sensor>
    <framepos objtype="site" objname="hand"/>
    <framelinvel name="hand_velocity" objtype="site" objname="hand"/>
    <framelinvel name="ball_velocity" objtype="xbody" objname="ball"/>
    <frameangvel name="arm_spin" objtype="xbody" objname="arm"/>
    <accelerometer site="hand"/><force site="hand"/><touch site="tip"/><actuatorfrc actuator="drive"/>
    <e_kinetic/>
  </sensor>
</mujoco>
"""
SIGNALS = ["Joints", "Sensors", "Bodies", "Geoms", "Sites", "Tendons", "Actuators", "Contacts", "Energy", "Loads"]


def build(integrator="Euler", cone="pyramidal"):
    model = mujoco.MjModel.from_xml_string(SCENE.format(integrator=integrator, cone=cone))
    data = mujoco.MjData(model)
    data.qvel[0], data.qvel[4] = 0.5, 3.0
    return model, data


def loads():
    return [
        PointToPointForce.ideal_spring("spring", "tip", "hook", stiffness=15.0, damping=0.3, rest_length=0.5),
        GeneralLoad(name="push", action_site="hand", force=(lambda time, model, data: 2.0 * time, 0.1, 0.0)),
    ]


def expected_row(model, state, warmstart, wrench):
    """Return an MjData in which mj_forward has computed everything that follows from `state`."""
    oracle = mujoco.MjData(model)
    mujoco.mj_setState(model, oracle, state, int(mujoco.mjtState.mjSTATE_INTEGRATION))
    oracle.qacc_warmstart[:], oracle.xfrc_applied[:] = warmstart, wrench
    mujoco.mj_forward(model, oracle)
    return oracle


def contact_sums(model, data):
    force, total = np.zeros(6), 0.0
    for contact in range(data.ncon):
        mujoco.mj_contactForce(model, data, contact, force)
        total += force[0]
    return data.ncon, total


@pytest.mark.parametrize("integrator", ["Euler", "implicitfast", "RK4"])
@pytest.mark.parametrize("cone", ["pyramidal", "elliptic"])
def test_every_row_is_what_mj_forward_gives_at_its_instant(tmp_path, integrator, cone):
    model, data = build(integrator, cone)
    oracles, applied = [], []

    def looks(time, axis, model, data):
        """Push with nothing, after the other loads, and look at what they apply."""
        applied.append(data.xfrc_applied.copy())
        return 0.0

    acting = [*loads(), ScalarForce(name="looks", action_site="hand", scalar=looks)]
    with RuntimeManager(telemetry=tmp_path / "t.parquet", loads=acting, signals=SIGNALS) as rm:
        for step in range(250):
            data.ctrl[0] = np.sin(0.1 * step)
            state = np.empty(mujoco.mj_stateSize(model, int(mujoco.mjtState.mjSTATE_INTEGRATION)))
            mujoco.mj_getState(model, data, state, int(mujoco.mjtState.mjSTATE_INTEGRATION))
            warmstart = data.qacc_warmstart.copy()
            rm.step(model, data)
            if step % 10 == 0:
                oracles.append((step, expected_row(model, state, warmstart, applied[-1])))
    table = pl.read_parquet(tmp_path / "t.parquet")
    assert table.height == 251
    assert max(table["Contacts:count"]) > 1
    for step, oracle in oracles:
        check_row(model, oracle, table.row(step, named=True))


def check_row(model, oracle, row):
    assert row["time"] == oracle.time
    for joint in range(model.njnt):
        name = model.joint(joint).name or f"#{joint}"
        free = model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_FREE
        for array, address in (("qpos", model.jnt_qposadr), ("qvel", model.jnt_dofadr), ("qacc", model.jnt_dofadr)):
            columns = [key for key in row if key.startswith(f"Joints/{name}/{array}:")] or [f"Joints/{name}:{array}"]
            assert len(columns) == (1 if not free else 7 if array == "qpos" else 6)
            start = address[joint]
            recorded = [row[column] for column in columns]
            assert recorded == getattr(oracle, array)[start : start + len(columns)].tolist()
    sensors = [value for key, value in row.items() if key.startswith("Sensors/")]
    assert sensors == oracle.sensordata.tolist()
    for name in ("ball", "arm", "box"):
        assert [row[f"Bodies/{name}/xpos:{c}"] for c in "xyz"] == oracle.body(name).xpos.tolist()
        assert [row[f"Bodies/{name}/xquat:{c}"] for c in ("qw", "qx", "qy", "qz")] == oracle.body(name).xquat.tolist()
        assert [row[f"Bodies/{name}/xipos:{c}"] for c in "xyz"] == oracle.body(name).xipos.tolist()
    for point, sensor, attribute in (
        ("Sites/hand", "hand_velocity", "linvel"),
        ("Bodies/ball", "ball_velocity", "linvel"),
        ("Bodies/arm", "arm_spin", "angvel"),
    ):
        recorded = [row[f"{point}/{attribute}:{c}"] for c in "xyz"]
        np.testing.assert_allclose(recorded, oracle.sensor(sensor).data, atol=1e-13)
    assert row["Energy:kinetic"] == row["Sensors/#8:value"]
    assert row["Tendons/rope:length"] == oracle.ten_length[0]
    assert row["Actuators/servo:act"] == oracle.act[0]
    assert row["Actuators/drive:ctrl"] == oracle.ctrl[0]
    assert row["Actuators/servo:force"] == oracle.actuator_force[1]
    count, normal_force = contact_sums(model, oracle)
    assert row["Contacts:count"] == count
    assert row["Contacts:normal_force"] == pytest.approx(normal_force, rel=1e-12)


def test_energy_is_computed_when_it_is_asked_for(tmp_path):
    model, data = build()
    with RuntimeManager(telemetry=tmp_path / "t.parquet", signals=["Energy", "Sensors/#8"]) as rm:
        rm.run(model, data, 0.1)
    table = pl.read_parquet(tmp_path / "t.parquet")
    np.testing.assert_allclose(table["Energy:kinetic"], table["Sensors/#8:value"], rtol=1e-12)
    # m·g·h of ball, arm (centre at 0.3 + 0.15 + 0.05) and box, and no spring that is stretched but the rope
    stretch = np.sqrt(0.2**2 + 0.45**2) - model.tendon_lengthspring[0, 1]
    potential = 9.81 * (1 * 0.3 + 0.3 * 0.5 + 2 * 0.2) + 0.5 * 3 * max(0.0, stretch) ** 2
    assert table["Energy:potential"][0] == pytest.approx(potential, rel=1e-9)


def test_columns_say_their_unit_frame_and_instant(tmp_path):
    model, data = build()
    with RuntimeManager(telemetry=tmp_path / "t.parquet", signals=["Bodies/ball/xpos", "Joints/root"]) as rm:
        rm.step(model, data)
    schema = pq.read_schema(tmp_path / "t.parquet")
    assert schema.names[0] == "time"
    assert schema.field("Bodies/ball/xpos:x").metadata == {
        b"unit": b"m",
        b"frame": b"world",
        b"instant": b"time",
        b"description": b"position of the body frame",
    }
    assert schema.field("Joints/root/qpos:qw").metadata[b"unit"] == b"1"
    assert schema.field("Joints/root/qvel:wx").metadata[b"unit"] == b"rad/s"
    assert not schema.field("Joints/root/qvel:wx").nullable


def test_copy_plan_merges_neighbours_and_finds_every_entry():
    model, data = build()
    data.qpos[:] = np.arange(model.nq)
    wanted = [("qpos", 7), ("qpos", 0), ("qpos", 1), ("site_xpos", 5), ("qpos", 3)]
    views, places = copy_plan(data, wanted)
    assert [len(view) for view in views] == [8, 1]
    row = np.concatenate(views)
    assert [row[places["qpos", index]] for index in (0, 1, 3, 7)] == [0.0, 1.0, 3.0, 7.0]
    assert places["site_xpos", 5] == 8
    assert copy_plan(data, []) == ([], {})


def test_decimation_keeps_every_nth_step_and_the_last_state(tmp_path):
    model, data = build()
    with RuntimeManager(telemetry=tmp_path / "t.parquet", record_decimation=4) as rm:
        rm.run(model, data, 0.02)
    np.testing.assert_allclose(pl.read_parquet(tmp_path / "t.parquet")["time"], [0.0, 0.008, 0.016, 0.02])
