"""Addresses: what a name means in a compiled model, and what a wrong one says."""

import math
import re

import mujoco
import pytest

from mojo.errors import ModelError
from mojo.model.elements import element_id, names, read

MODEL = mujoco.MjModel.from_xml_string("""
<mujoco>
  <compiler angle="radian"/>
  <option timestep="0.004" gravity="0 0 -1.62"/>
  <worldbody>
    <camera name="cam" fovy="50"/>
    <body name="robot/torso" gravcomp="0.25">
      <freejoint name="root"/>
      <geom name="trunk" size="0.1" mass="2.5"/>
      <site name="imu" pos="0.1 0.2 0.3"/>
      <body name="leg:left">
        <joint name="knee" stiffness="40" damping="0.5" springref="0.3" armature="0.01" range="-1 2"/>
        <joint name="hip" type="ball" damping="0.7"/>
        <geom size="0.05" friction="0.9 0.01 0.001"/>
      </body>
    </body>
  </worldbody>
  <tendon><fixed name="cable" stiffness="7"><joint joint="knee" coef="1"/></fixed></tendon>
  <equality><joint name="lock" joint1="knee" polycoef="0.25 0 0 0 0"/></equality>
  <actuator><motor name="drive" joint="knee" gear="3"/></actuator>
  <sensor><accelerometer name="acc" site="imu" noise="0.02"/></sensor>
</mujoco>
""")


@pytest.mark.parametrize(
    ("address", "value"),
    [
        ("Options:timestep", 0.004),
        ("Options:gravity", [0.0, 0.0, -1.62]),
        ("Options:gravity[2]", -1.62),
        ("Bodies/robot/torso:mass", 2.5),
        ("Bodies/robot/torso:gravcomp", 0.25),
        ("Bodies/world:pos", [0.0, 0.0, 0.0]),
        ("Joints/knee:stiffness", 40.0),
        ("Joints/knee:range", [-1.0, 2.0]),
        ("Joints/knee:range[1]", 2.0),
        ("Joints/knee:damping", 0.5),  # of its one degree of freedom
        ("Joints/knee:armature", 0.01),
        ("Joints/knee:qpos_spring", 0.3),
        ("Joints/hip:damping", [0.7, 0.7, 0.7]),  # a ball joint has three degrees of freedom
        ("Joints/root:qpos0", [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]),
        ("Geoms/#1:friction[0]", 0.9),
        ("Geoms/#1:friction", [0.9, 0.01, 0.001]),
        ("Bodies/leg:left:gravcomp", 0.0),
        ("Sites/imu:pos[2]", 0.3),
        ("Actuators/drive:gear[0]", 3.0),
        ("Tendons/cable:stiffness", 7.0),
        ("Sensors/acc:noise", 0.02),
        ("Cameras/cam:fovy", 50.0),
        ("Equalities/lock:data[0]", 0.25),
    ],
)
def test_address_reads_the_number_of_the_model(address, value):
    assert read(MODEL, address) == value


def test_one_number_is_a_float_and_several_are_a_list():
    assert isinstance(read(MODEL, "Geoms/trunk:type"), float)
    assert isinstance(read(MODEL, "Geoms/trunk:size"), list)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("Body/torso:mass", "Category 'Body' is not in an address. Did you mean 'Bodies'? It has: Actuators, Bodies,"),
        ("Joint/knee:range", "Did you mean 'Joints'?"),
        ("Joints/kne:stiffness", "Joint 'kne' is not in the model. Did you mean 'knee'? It has: hip, knee, root."),
        ("Geoms/#2:size", "Geom '#2' is not in the model."),
        ("Geoms:size", "'Geoms:size' names no geom: write Geoms/<name>:size."),
        ("Options/x:timestep", "'Options/x:timestep' names an element, and Options has none: write Options:timestep."),
        ("Joints/knee:stifness", "Attribute 'stifness' is not in Joints. Did you mean 'stiffness'?"),
        ("Bodies/robot/torso:qpos0", "Attribute 'qpos0' is not in Bodies."),
        ("Options:timestp", "Attribute 'timestp' is not in Options. Did you mean 'timestep'?"),
        (
            "Geoms/trunk:friction[3]",
            "'Geoms/trunk:friction[3]' has no index 3: it has 3 numbers, and the first is [0].",
        ),
        ("knee.stiffness", "'knee.stiffness' is not an address: write Category/name:attribute, such as"),
        ("Joints/knee:range[-1]", "'Joints/knee:range[-1]' is not an address"),
    ],
)
def test_wrong_address_says_what_exists(address, message):
    with pytest.raises(ModelError, match=re.escape(message)):
        read(MODEL, address)


def test_names_are_in_order_of_id_and_number_the_unnamed():
    assert names(MODEL, "Geoms") == ["trunk", "#1"]
    assert names(MODEL, "Joints") == ["root", "knee", "hip"]
    assert names(MODEL, "Bodies")[0] == "world"


def test_names_of_an_unknown_category_say_what_exists():
    with pytest.raises(ModelError, match=r"Category 'Joint' is not in an address. Did you mean 'Joints'"):
        names(MODEL, "Joint")


def test_unnamed_element_has_a_name_that_no_other_one_has():
    model = mujoco.MjModel.from_xml_string(
        "<mujoco><worldbody><body><joint/><joint name='#0'/><joint name='##0' axis='0 1 0'/><joint axis='1 0 0'/>"
        "<geom size='1'/></body></worldbody></mujoco>"
    )
    assert names(model, "Joints") == ["###0", "#0", "##0", "#3"]
    assert [element_id(model, "Joints", name) for name in names(model, "Joints")] == [0, 1, 2, 3]


def test_zero_that_is_read_back_has_no_sign():
    spec = mujoco.MjSpec()
    spec.worldbody.add_body(name="b", pos=[-0.0, 0, 0]).add_geom(size=[1, 0, 0])
    assert [math.copysign(1, number) for number in read(spec.compile(), "Bodies/b:pos")] == [1, 1, 1]
