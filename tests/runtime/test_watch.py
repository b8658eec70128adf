"""What MuJoCo itself calls broken ends a run, and what user code wrote that is not finite is named."""

import gc
from typing import get_args

import mujoco
import numpy as np
import polars as pl
import pytest

from mojo.errors import ModelError
from mojo.runtime.faults import ALLOWABLE, NAMES
from mojo.runtime.loads import ScalarForce
from mojo.runtime.manager import Diverged, Invalid, RuntimeManager
from mojo.runtime.witness import _LIVE
from mojo.study.keys import AllowableWarning

CART = """
<mujoco>
  <option timestep="0.01"/>
  <worldbody>
    <body name="target" mocap="true" pos="3 0 0"/><body mocap="true" pos="4 0 0"/>
    <body name="cart"><joint name="rail" type="slide" axis="1 0 0"/><geom size=".1" mass="1"/><site name="nose"/>
      <body name="pole"><joint axis="0 1 0"/><geom type="capsule" size=".02" fromto="0 0 0 0 0 .5" mass=".1"/></body>
    </body>
  </worldbody>
  <actuator>
    <motor name="idle" joint="rail"/>
    <general name="drive" joint="rail" dyntype="filter" dynprm=".1"/>
  </actuator>
</mujoco>
"""
LINKS = """
<mujoco>
  <worldbody>
    <body name="link"><joint axis="0 1 0"/><geom size=".1" pos=".2 0 0"/>
      <body name="tip" pos=".3 0 0"><joint name="wrist" axis="0 1 0"/><geom size=".1" pos=".1 0 0"/></body>
    </body>
  </worldbody>
</mujoco>
"""


def cart():
    model = mujoco.MjModel.from_xml_string(CART)
    return model, mujoco.MjData(model)


def balls(memory, more=""):
    """Return 40 balls that touch the ground and each other, and an arena of a size."""
    places = [(0.2 * (n % 6) - 0.5, 0.2 * (n // 6 % 6) - 0.5, 0.1 + 0.25 * (n // 36)) for n in range(40)]
    bodies = [f'<body pos="{x} {y} {z}"><freejoint/><geom size=".12" mass=".1"/></body>' for x, y, z in places]
    world = f'<worldbody><geom type="plane" size="5 5 .1"/>{"".join(bodies)}{more}</worldbody>'
    model = mujoco.MjModel.from_xml_string(
        f'<mujoco><size memory="{memory}"/><option timestep=".002"/>{world}</mujoco>'
    )
    return model, mujoco.MjData(model)


def test_the_study_lets_pass_every_warning_of_mujoco_but_those_after_which_it_resets():
    assert set(get_args(AllowableWarning)) == set(ALLOWABLE) == set(NAMES.values()) - {"BADQPOS", "BADQVEL", "BADQACC"}


def test_contacts_and_constraints_that_find_no_memory_make_the_run_invalid(tmp_path):
    model, data = balls("60K")
    with pytest.raises(Invalid) as told, RuntimeManager(tmp_path / "t.parquet") as rm:
        rm.run(model, data, 0.1)
    message = str(told.value)
    assert "MuJoCo's warning CONTACTFULL at t = 0 s: Too many contacts. The arena memory is full" in message
    assert '<size memory="240K"/>' in message
    assert "It has 60K" in message
    assert "allow_warnings: [CONTACTFULL]" in message
    assert rm.fault is told.value
    with pytest.raises(Invalid, match="warning CNSTRFULL at t = 0 s: Insufficient arena memory"):
        RuntimeManager(allow_warnings=["CONTACTFULL"]).run(*balls("60K"), 0.1)


def test_memory_that_is_suggested_is_enough():
    model, data = balls("2M")  # what is asked for when it has 500K
    with RuntimeManager() as rm:
        rm.run(model, data, 0.1)
    assert rm.warnings == {}
    assert rm.fault is None


def test_warnings_that_are_allowed_are_counted_and_nothing_else(tmp_path):
    model, data = balls("60K")
    plain = mujoco.MjData(model)
    with RuntimeManager(tmp_path / "t.parquet", allow_warnings=["CONTACTFULL", "CNSTRFULL"]) as rm:
        rm.run(model, data, 0.1)
    for _ in range(50):
        mujoco.mj_step(model, plain)
    mujoco.mj_forward(model, plain)  # the last row is of the last state
    counts = plain.warning.number
    assert rm.warnings == {"CONTACTFULL": counts[1], "CNSTRFULL": counts[2]}
    assert rm.warnings["CNSTRFULL"] == 51
    assert rm.fault is None
    assert pl.read_parquet(tmp_path / "t.parquet").height == 51


def test_inertia_that_is_singular_names_the_joint_and_the_body():
    model = mujoco.MjModel.from_xml_string(LINKS)
    model.body_mass[2], model.body_inertia[2] = 0.0, 0.0
    with pytest.raises(Invalid, match=r"warning INERTIA at t = 0 s: .* at DOF 1.* joint 'wrist' of body 'tip'"):
        RuntimeManager().step(model, mujoco.MjData(model))


@pytest.mark.parametrize(("value", "shown"), [(np.nan, "nan"), (np.inf, "inf"), (1e12, "1000000000000.0")])
def test_control_that_mujoco_takes_for_0_names_the_actuator(value, shown):
    model, data = cart()
    with pytest.raises(Invalid) as told, RuntimeManager() as rm:
        for _ in range(9):
            data.ctrl[1] = value if data.time > 0.045 else 1.0
            rm.step(model, data)
    assert "MuJoCo's warning BADCTRL at t = 0.05 s" in str(told.value)
    assert f"ctrl[1] is {shown}. MuJoCo has taken 0 for all controls" in str(told.value)
    assert "the control of actuator 'drive'" in str(told.value)
    assert rm.steps == 5


def test_warning_that_nobody_knows_cannot_be_allowed():
    for name in ("CONTACTSFULL", "BADQACC"):
        with pytest.raises(ModelError, match=rf"Warning '{name}' is not in what allow_warnings may let pass"):
            RuntimeManager(allow_warnings=[name])


APPLIED = [
    ("qfrc_applied", 0, "joint 'rail'", Diverged),
    ("qfrc_applied", 1, "joint '#1'", Diverged),
    ("xfrc_applied", 6 * 4 + 4, "body 'pole'", Diverged),
]
MOCAP = [("mocap_pos", 2, "body 'target'", Invalid), ("mocap_quat", 5, "body '#2'", Invalid)]
STATE = [
    ("qpos", 1, "joint '#1'", Diverged),
    ("qvel", 0, "joint 'rail'", Diverged),
    ("act", 0, "actuator 'drive'", Diverged),
]
NOT_FINITE = [np.nan, np.inf, -np.inf]


@pytest.mark.parametrize("value", NOT_FINITE)
@pytest.mark.parametrize(("field", "entry", "owner", "error"), [*APPLIED, *MOCAP, *STATE])
@pytest.mark.parametrize("loads", [[], [ScalarForce(name="push", action_site="nose", scalar=1.0)]], ids=["", "loaded"])
def test_what_is_written_between_steps_and_not_finite_is_named_with_its_field_entry_and_time(
    field, entry, owner, error, value, loads
):
    model, data = cart()
    with pytest.raises(error) as told, RuntimeManager(loads=loads) as rm:
        for _ in range(9):
            rm.step(model, data)
            if rm.steps == 3:
                getattr(data, field).reshape(-1)[entry] = value
    assert f"{field}[{entry}] ({owner}) is {value}" in str(told.value)
    assert "t = 0.03 s" in str(told.value)
    assert "the runtime, a hook or a callback writes there" in str(told.value)


@pytest.mark.parametrize("value", NOT_FINITE)
@pytest.mark.parametrize(("field", "entry", "owner", "error"), [*APPLIED, *MOCAP])
def test_what_is_written_within_a_step_and_not_finite_is_named_too(field, entry, owner, error, value):
    model, data = cart()

    def push(time, axis, model, data):
        if time > 0.025:  # a load that writes, as a hook or a callback might, after MuJoCo's positions are known
            getattr(data, field).reshape(-1)[entry] = value
        return 0.0

    with pytest.raises(error) as told:
        RuntimeManager(loads=[ScalarForce(name="push", action_site="nose", scalar=push)]).run(model, data, 0.09)
    assert f"{field}[{entry}] ({owner}) is {value}" in str(told.value)
    assert "t = 0.03 s" in str(told.value)


def test_a_state_that_is_huge_and_finite_is_not_blamed_on_user_code():
    model, data = cart()
    data.qvel[0] = 1e12
    with pytest.raises(Diverged, match=r"BADQVEL in qvel\[0\], joint 'rail'\. Try a smaller timestep"):
        RuntimeManager().step(model, data)


@pytest.mark.parametrize("value", NOT_FINITE)
@pytest.mark.parametrize("loads", [[], [ScalarForce(name="push", action_site="nose", scalar=1.0)]], ids=["", "loaded"])
def test_a_time_that_is_not_finite_makes_the_run_invalid(value, loads):
    model, data = cart()
    with pytest.raises(Invalid, match=f"time is {value}: see what the runtime"), RuntimeManager(loads=loads) as rm:
        rm.step(model, data)
        data.time = value
        rm.step(model, data)


def test_a_mocap_body_that_is_nowhere_after_the_last_step_is_found_too():
    model, data = cart()
    rm = RuntimeManager()
    rm.step(model, data)
    data.mocap_pos[0, 0] = np.nan
    with pytest.raises(Invalid, match=r"mocap_pos\[0\] \(body 'target'\) is nan at t = 0.01 s"):
        rm.close()


def test_a_mocap_body_that_moves_is_as_good_as_one_that_stands():
    model, data = cart()
    with RuntimeManager() as rm:
        for step in range(20):
            data.mocap_pos[0] = [step, 0, 1]
            rm.step(model, data)
    assert rm.fault is None


def test_an_error_that_user_code_caught_is_still_known():
    model, data = cart()
    with RuntimeManager() as rm:
        rm.step(model, data)
        data.mocap_pos[0, 0] = np.nan
        try:
            rm.step(model, data)
        except Invalid:
            data.mocap_pos[0, 0] = 0.0
    assert isinstance(rm.fault, Invalid)


def test_a_witness_goes_with_its_run():
    gc.collect()
    before = len(_LIVE)
    for _ in range(20):
        model, data = cart()
        with RuntimeManager() as rm:
            rm.step(model, data)
    del rm
    assert len(_LIVE) == before
