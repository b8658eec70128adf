"""Exact text: what is written and loaded again is the same model to the last bit."""

import hashlib
import re
from pathlib import Path

import mujoco
import numpy as np
import pytest

from mojo.errors import ModelError
from mojo.model.mjcf import as_spec, compile_spec, exact_xml, write_model

# Every number has more digits than the six that MjSpec.to_xml keeps.
RICH = """
<mujoco model="rich">
  <compiler angle="degree" eulerseq="zyx" boundmass="1.23456789e-5" balanceinertia="true"/>
  <option timestep="0.00123456789012345" gravity="0.123456789 -0.3 -9.80665123456" density="1.2041234567"
          viscosity="1.81234567e-5" impratio="3.3333333333" tolerance="1.23456789e-9" integrator="implicitfast">
    <flag energy="enable" warmstart="disable"/>
  </option>
  <visual><global fovy="44.123456789"/><map znear="0.0123456789"/><scale framelength="1.23456789"/></visual>
  <statistic extent="2.123456789" center="0.123456789 0 0.5"/>
  <default>
    <geom friction="0.712345678901 0.00512345678 0.000123456789" solref="0.0212345678 0.987654321"
          solimp="0.912345678 0.9512345678 0.00112345678 0.512345678 2.12345678" density="987.654321123"/>
    <joint damping="0.123456789012" armature="0.0123456789012" stiffness="12.3456789012"/>
    <default class="leg">
      <joint stiffness="12.3456712345" range="-33.3333333333 44.4444444444"/>
      <geom rgba="0.123456789 0.2345678 0.3 1" size="0.0512345678"/>
      <default class="foot"><geom friction="1.23456789012"/></default>
    </default>
    <general gear="1.23456789"/>
  </default>
  <asset>
    <texture name="grid" type="2d" builtin="checker" rgb1=".123456789 .2 .3" width="8" height="8"/>
    <material name="mat" texture="grid" texrepeat="1.23456789 2" reflectance=".212345678"/>
    <mesh name="tet" vertex="0 0 0 1.123456789 0 0 0 1.2 0 0 0 1.3" scale="0.123456789 0.2 0.2"/>
    <hfield name="hf" nrow="2" ncol="3" size="1.23456789 1 0.5 0.1" elevation="0 .123456789 .2 .3 .4 .5"/>
  </asset>
  <worldbody>
    <light name="l" pos="0.123456789 0 3.3333333333" dir="0.1 0.2 -1.123456789" diffuse=".712345678 .7 .7"/>
    <camera name="c" pos="1.23456789 2 3" euler="10.123456789 20 30" fovy="45.123456789"/>
    <geom name="floor" type="plane" size="0 0 1.123456789" material="mat"/>
    <geom type="hfield" hfield="hf" pos="3.123456789 0 0"/>
    <body name="base" pos="6778137.123456 0.123456789 1.00000012345" euler="10.123456789 20.2 30.3" user="1.23456789">
      <freejoint name="root"/>
      <inertial pos="0.0123456789 0.02 0.03" mass="1.2345678901234567"
                fullinertia="0.0212345678901 0.03123456789 0.0412345678 0.00112345678 0.00212345678 0.0031234567"/>
      <geom name="hull" type="box" size=".12345678901 .2 .3"/>
      <site name="s0" pos="0.123456789 0.2 0.3" axisangle="0.123456789 0.5 0.7 33.123456789"/>
      <frame pos="0.123456789 0 0" euler="12.3456789 0 0">
        <body name="thigh" pos="0.1 0.2 -0.3333333333333" axisangle="1 2 3.123456789 12.3456789" childclass="leg"
              gravcomp="0.512345678">
          <joint name="hip" type="ball" stiffness="1.23456789012" range="0 77.123456789" frictionloss="0.0123456789"/>
          <geom name="g1" type="capsule" fromto="0 0 0 0.1 0.2 -0.333333333333" mass="0.71234567890123"/>
          <body name="shank" pos="0.1 0.2 -0.34" xyaxes="1 0.123456789 0 -0.123456789 1 0.1">
            <joint name="knee" axis="0 1 0.3123456789" springref="12.3456789" ref="3.123456789"
                   solreflimit="0.0212345678 1.1" solimplimit="0.9123456789 0.95 0.001 0.5 2" margin="0.00123456789"/>
            <joint name="slide" type="slide" axis="1 1 1" range="-0.123456789 0.23456789"
                   springdamper="0.512345678 0.912345678"/>
            <geom name="g2" class="foot" type="sphere"/>
            <geom type="mesh" mesh="tet" pos="0.1 0.2 0.3" euler="1.23456789 2 3"/>
            <site name="s1" pos="0.0123456789 0 0"/>
            <site name="s2" zaxis="0.1 0.2 0.3123456789" pos="0 0.12345678901 0"/>
          </body>
        </body>
      </frame>
    </body>
    <body name="mocap" mocap="true" pos="1.123456789 2 3"><geom size="0.01"/></body>
    <body name="cyl" pos="0 3 1">
      <joint name="k2" stiffness="12.3456789099999" damping="0.1"/>
      <joint name="k3" type="slide" stiffness="12.3456789012222"/>
      <geom name="wrapped" type="cylinder" size="0.0512345678 0.2"/>
      <geom type="ellipsoid" size=".1 .212345678 .3" fluidshape="ellipsoid"/>
      <site name="s3" pos="0 0 0.312345678"/>
    </body>
    <replicate count="4" offset="0.312345678901 0 0" euler="0 0 12.3456789">
      <body pos="1 0 0.3"><joint name="rep" damping="0.0123456789"/><geom size="0.0312345678"/></body>
    </replicate>
    <body name="comp" pos="0 0 2">
      <composite type="cable" prefix="cb" curve="s" count="6 1 1" size="1.123456789" initial="none">
        <joint kind="main" damping="0.0151234567"/><geom type="capsule" size=".0051234567"/>
      </composite>
    </body>
  </worldbody>
  <contact>
    <pair geom1="floor" geom2="g2" friction="0.812345678 0.9 0.0051 0.0001 0.0001" gap="0.000123456789"/>
    <exclude body1="base" body2="thigh"/>
  </contact>
  <tendon>
    <spatial name="spat" stiffness="123.456789012" damping="0.123456789" springlength="0.123456789 0.23456789"
             range="0 3.123456789">
      <site site="s1"/><geom geom="wrapped" sidesite="s3"/><site site="s0"/><pulley divisor="2.123456789"/>
      <site site="s2"/><site site="s3"/>
    </spatial>
    <fixed name="fix" margin="0.0123456789">
      <joint joint="knee" coef="1.23456789"/><joint joint="k2" coef="-0.123456789"/>
    </fixed>
  </tendon>
  <equality>
    <connect body1="cyl" anchor="0.123456789 0.2 0.3"/>
    <weld body1="cyl" body2="base" relpose="0.123456789 0 0 1 0.1 0.2 0.3" torquescale="0.912345678" active="false"/>
    <joint joint1="knee" joint2="k2" polycoef="0.123456789 0.912345678 0 0 0" solref="0.0312345678 1"/>
    <tendon tendon1="fix" tendon2="spat" polycoef="0 1.123456789"/>
  </equality>
  <actuator>
    <motor name="m" joint="knee" gear="12.3456789012345" ctrlrange="-1.23456789 1.3456789"/>
    <position name="p" joint="k2" kp="123.456789012" kv="1.23456789" timeconst="0.0123456789"/>
    <velocity name="v" joint="slide" kv="3.33333333333"/>
    <general name="g" tendon="spat" dyntype="filterexact" dynprm="0.0312345678" gaintype="affine"
             gainprm="1.23456789 0.1 0.2123456789" biastype="affine" biasprm="0.123456789 0.2 0.3"
             forcerange="-3.3333333333 4.4444444444"/>
    <muscle name="mu" tendon="spat" timeconst="0.0112345678 0.0412345678" force="123.456789"
            lengthrange="0.0123456789 3.123456789"/>
    <adhesion name="ad" body="shank" gain="1.23456789" ctrlrange="0 1.2"/>
    <intvelocity name="iv" joint="k3" kp="1.23456789" actrange="-1.123456789 1.2"/>
    <general name="thrust" site="s1" refsite="s0" gear="1.123456789 0.2 0.3 0.4 0.5 0.6123456789"/>
  </actuator>
  <sensor>
    <accelerometer name="acc" site="s0" noise="0.0123456789" cutoff="12.3456789"/>
    <jointpos joint="knee" noise="0.00123456789"/>
    <rangefinder site="s2" cutoff="3.123456789"/>
  </sensor>
  <custom>
    <numeric name="num" data="1.2345678901234567 2.3456789012345678 1e-17"/>
    <text name="t" data="a &lt; b"/>
  </custom>
</mujoco>
"""

SMALL = """
<mujoco>
  <worldbody>
    <body name="arm" pos="0 0 1">
      <joint name="a" stiffness="1"/><joint name="b" type="slide" stiffness="1"/>
      <geom name="g" size="0.1" mass="1"/>
    </body>
  </worldbody>
  <actuator><motor name="m" joint="a" gear="1"/></actuator>
</mujoco>
"""


def differences(first: mujoco.MjModel, second: mujoco.MjModel) -> list[str]:
    """Return the names of the arrays and options that are not bit for bit equal."""
    found = []
    for part in ("", "opt", "stat"):
        one, other = (getattr(model, part) if part else model for model in (first, second))
        for name in dir(one):
            value = getattr(one, name, None)
            if not name.startswith("_") and isinstance(value, np.ndarray | float | int | bytes):
                same = np.array_equal(np.asarray(value), np.asarray(getattr(other, name)))
                found += [] if same else [f"{part}.{name}"]
    return found


def rich_spec() -> mujoco.MjSpec:
    spec = mujoco.MjSpec.from_string(RICH)
    model = spec.compile()
    rng = np.random.default_rng(1)
    vectors = {"qvel": model.nv, "ctrl": model.nu, "act": model.na}
    state = {name: rng.random(size) for name, size in vectors.items()}
    spec.add_key(name="start", time=rng.random(), qpos=model.qpos0 + rng.random(model.nq), **state)
    return spec


def exact_text(spec: mujoco.MjSpec) -> str:
    return exact_xml(spec, spec.compile())[0]


def test_every_array_of_a_rich_model_comes_back_bit_for_bit():
    spec = rich_spec()
    model = spec.compile()
    assert differences(model, mujoco.MjModel.from_xml_string(exact_text(spec))) == []
    assert differences(model, mujoco.MjModel.from_xml_string(spec.to_xml())) != []  # MuJoCo's own text rounds


def test_exact_text_is_a_fixed_point():
    spec = rich_spec()
    spec.compile()
    text = exact_text(spec)
    again = mujoco.MjSpec.from_string(text)
    again.compile()
    assert exact_text(again) == text


def test_seventeen_digit_values_set_in_a_spec_come_back_bit_identical():
    rng = np.random.default_rng(2)
    for _ in range(20):
        spec = mujoco.MjSpec.from_string(SMALL)
        mass, stiffness, timestep, gear = np.exp(rng.normal(size=4)) * [1, 1, 1e-3, 1]
        position, qpos = rng.normal(size=3) * 6778137.0, rng.normal(size=2)
        spec.geom("g").mass, spec.body("arm").pos = mass, position
        spec.joint("a").stiffness[0], spec.option.timestep = stiffness, timestep
        spec.actuator("m").gear[0] = gear
        spec.add_key(name="k", qpos=qpos)
        spec.compile()
        model = mujoco.MjModel.from_xml_string(exact_text(spec))
        assert (model.body("arm").mass[0], model.joint("a").stiffness[0]) == (mass, stiffness)
        assert (model.opt.timestep, model.actuator("m").gear[0]) == (timestep, gear)
        np.testing.assert_array_equal(model.body("arm").pos, position)
        np.testing.assert_array_equal(model.key("k").qpos, qpos)


def test_values_that_agree_to_six_digits_keep_their_own():
    spec = mujoco.MjSpec.from_string(SMALL)
    spec.joint("a").stiffness[0], spec.joint("b").stiffness[0] = 12.3456789, 12.3456712  # both are "12.3457"
    spec.compile()
    model = mujoco.MjModel.from_xml_string(exact_text(spec))
    assert model.jnt_stiffness.tolist() == [12.3456789, 12.3456712]


def test_saving_leaves_the_settings_of_the_spec_alone():
    spec = mujoco.MjSpec.from_string(SMALL)
    spec.compiler.savecanonical = False
    before = spec.compile() and spec.to_xml()
    exact_text(spec)
    assert (spec.compiler.savecompiled, spec.compiler.savecanonical) == (True, False)
    assert spec.to_xml() == before


def with_child(child: mujoco.MjSpec) -> mujoco.MjSpec:
    parent = mujoco.MjSpec.from_string("<mujoco><worldbody><geom size='0.123456789'/></worldbody></mujoco>")
    parent.attach(child, prefix="child_", frame=parent.worldbody.add_frame(pos=[0.123456789, 0, 0]))
    return parent


def test_attached_child_in_other_units_comes_back_bit_for_bit():
    child = mujoco.MjSpec.from_string(
        "<mujoco><compiler angle='radian' eulerseq='zyx'/><worldbody><body euler='0.123456789 0.2 0.3'>"
        "<joint range='-0.123456789 1.23456789'/><geom size='0.1'/></body></worldbody></mujoco>"
    )
    spec = with_child(child)
    assert differences(spec.compile(), mujoco.MjModel.from_xml_string(exact_text(spec))) == []


def child_with_other_settings() -> mujoco.MjSpec:
    return mujoco.MjSpec.from_string(
        "<mujoco><compiler inertiafromgeom='true' inertiagrouprange='1 2'/><worldbody><body name='b'><joint/>"
        "<inertial pos='0 0 0' mass='9' diaginertia='1 1 1'/>"
        "<geom size='0.1234567890123' group='1'/><geom size='0.7' group='3'/></body></worldbody></mujoco>"
    )


def test_attached_child_with_other_inertia_settings_keeps_its_inertia(tmp_path):
    spec = with_child(child_with_other_settings())
    compiled = compile_spec(spec)
    _, model = write_model(spec, tmp_path / "trials" / "000000", tmp_path / "assets")
    # Density 1000 of a sphere of group 1 only, not the 9 kg of the inertial: 1000 · 4/3 · π · r³.
    np.testing.assert_allclose(model.body("child_b").mass, 1000 * 4 / 3 * np.pi * 0.1234567890123**3, rtol=1e-13)
    for name in ("body_mass", "body_inertia", "body_ipos", "geom_size", "jnt_pos"):
        np.testing.assert_allclose(getattr(model, name), getattr(compiled, name), rtol=1e-13, atol=1e-300)


def test_settings_that_one_text_cannot_hold_are_an_error_and_not_another_model(tmp_path):
    spec = with_child(mujoco.MjSpec.from_string(SMALL))
    spec.compiler.boundmass = 5.0  # does not bind the child's mass of 1 kg, but would in the text
    with pytest.raises(ModelError, match=r"body_mass would change. Give both the same boundmass"):
        write_model(spec, tmp_path / "trials" / "000000", tmp_path / "assets")


def test_precision_of_mujoco_is_put_back_after_saving():
    attached = with_child(child_with_other_settings())
    attached.compile()
    exact_text(attached)
    spec = mujoco.MjSpec.from_string("<mujoco><worldbody><geom size='0.123456789'/></worldbody></mujoco>")
    spec.compile()
    assert 'size="0.123457"' in spec.to_xml()


def test_written_model_loads_to_the_returned_one_and_its_hash_is_the_file_s(tmp_path):
    folder = tmp_path / "trials" / "000007"
    digest, model = write_model(rich_spec(), folder, tmp_path / "assets")
    assert differences(model, mujoco.MjModel.from_xml_path(str(folder / "model.xml"))) == []
    assert digest == hashlib.sha256((folder / "model.xml").read_bytes()).hexdigest()[:16]
    assert not (tmp_path / "assets").exists()
    assert [path.name for path in folder.iterdir()] == ["model.xml"]


def test_spec_text_and_path_are_taken(tmp_path, monkeypatch):
    spec = mujoco.MjSpec()
    assert as_spec(spec) is spec
    assert as_spec("\n " + SMALL).body("arm").name == "arm"
    (tmp_path / "m.xml").write_text(SMALL)
    assert as_spec(tmp_path / "m.xml").body("arm").name == "arm"
    monkeypatch.chdir(tmp_path)
    assert as_spec("m.xml").body("arm").name == "arm"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "generate must return the MojoModel, a mujoco.MjSpec, MJCF text or a path, but returned None "
               "(is a `return` missing?)"),
        (3.0, "MJCF text or a path, but returned a float"),
        (mujoco.MjModel.from_xml_string("<mujoco/>"), "but returned a MjModel (which is compiled: return its spec)"),
        ("no/such.xml", "The model file 'no/such.xml' does not exist; it was looked for from /"),
        ("", "A model must be MJCF text, which starts with '<', or a path, but is ''."),
        ("mujoco>" * 99, "must be MJCF text, which starts with '<', or a path, but is 'mujoco>mujoco>mujoco>"),
        ("x" * 300, "must be MJCF text, which starts with '<', or a path, but is 'xxx"),
        ("<mujoco><bod/></mujoco>", "The MJCF text cannot be parsed: XML Error: Schema violation"),
    ],
)  # fmt: skip
def test_what_is_not_a_model_is_refused(value, message):
    with pytest.raises(ModelError, match=re.escape(message)):
        as_spec(value)


def test_broken_file_is_named(tmp_path):
    path = Path(tmp_path / "broken.xml")
    path.write_text("<mujoco><worldbody>")
    with pytest.raises(ModelError, match=r"The model file '.*broken.xml' cannot be parsed: XML parse error"):
        as_spec(path)


def test_folder_is_not_said_to_be_missing(tmp_path):
    (tmp_path / "robot.xml").write_text(SMALL)
    with pytest.raises(ModelError, match=r"is a folder: name a file in it. It has: robot.xml."):
        as_spec(tmp_path)


def test_missing_file_is_answered_with_the_nearest(tmp_path):
    (tmp_path / "robot.xml").write_text(SMALL)
    with pytest.raises(ModelError, match=r"robt.xml' does not exist.*Did you mean '.*robot.xml'\?"):
        as_spec(tmp_path / "robt.xml")


def test_file_of_another_kind_is_answered_with_those_that_mujoco_reads(tmp_path):
    (tmp_path / "robot.txt").write_text("a robot")
    with pytest.raises(ModelError, match=r"cannot be parsed: .*MuJoCo reads .xml, .urdf and .mjz"):
        as_spec(tmp_path / "robot.txt")


def test_text_may_begin_with_a_byte_order_mark():
    assert as_spec("\ufeff" + SMALL.lstrip()).body("arm").name == "arm"


def test_what_a_writer_cannot_write_is_answered_by_what_it_was(tmp_path):
    spec = mujoco.MjSpec.from_string(
        "<mujoco><option integrator='discrete'/><worldbody><flexcomp name='f' type='grid' count='3 3 3' dim='3'"
        " mass='1' spacing='.1 .1 .1' radius='.01'><elasticity young='1e3' poisson='.2'/></flexcomp></worldbody>"
        "</mujoco>"
    )
    spec.flexes[0].elastic3d = 1
    with pytest.raises(ModelError, match=r"Neo-Hookean.*Leave the flex's `elastic3d` at 0") as raised:
        write_model(spec, tmp_path / "trials" / "000000", tmp_path / "assets")
    assert "image" not in str(raised.value)


def test_model_that_does_not_compile_says_what_mujoco_said():
    spec = as_spec("<mujoco><worldbody><geom name='ball' size='-1'/></worldbody></mujoco>")
    with pytest.raises(ModelError, match=r"does not compile: size 0 must be positive in geom Element name 'ball'"):
        compile_spec(spec)


def test_texture_from_a_buffer_cannot_be_written(tmp_path):
    spec = mujoco.MjSpec.from_string(SMALL)
    spec.add_texture(name="t", type=mujoco.mjtTexture.mjTEXTURE_2D, width=1, height=1, nchannel=3, data=[1, 2, 3])
    with pytest.raises(
        ModelError,
        match=r"cannot write this model as MJCF: .*no support for buffer textures.*Give the texture a `file`",
    ):
        write_model(spec, tmp_path / "trials" / "000000", tmp_path / "assets")
