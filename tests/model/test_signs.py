"""What is -0.0 comes back as -0.0, where it can be seen."""

import mujoco
import numpy as np
import pytest

from mojo.model.mjcf import exact_xml

SCENE = """
<mujoco>
  <compiler angle="degree"/>
  <worldbody>
    <geom name="floor" pos="0 0 -0" size="1"/>
    <light pos="-0 0 0"/><camera pos="0 -0 0"/>
    <body name="arm" pos="-0 0 0">
      <joint name="hinge" pos="0 -0 -0" ref="-0" springref="-0"/><joint name="slide" type="slide" ref="-0"/>
      <geom size="0.1" pos="-0 -0 -0"/><site pos="1 -0 0"/>
    </body>
    <body pos="0 0 -0"><freejoint/><geom size="0.1"/></body>
  </worldbody>
</mujoco>
"""
ARRAYS = ("body_pos", "geom_pos", "site_pos", "cam_pos", "light_pos", "jnt_pos", "qpos0", "qpos_spring", "body_ipos")


@pytest.mark.parametrize("name", ARRAYS)
def test_positions_keep_the_signs_of_their_zeros(name):
    spec = mujoco.MjSpec.from_string(SCENE)
    model = spec.compile()
    loaded = mujoco.MjModel.from_xml_string(exact_xml(spec, model)[0])
    assert np.signbit(getattr(model, name)).any()
    assert getattr(loaded, name).tobytes() == getattr(model, name).tobytes()


def test_zeros_of_the_spec_are_as_they_were():
    spec = mujoco.MjSpec.from_string(SCENE)
    text = exact_xml(spec, spec.compile())[0]
    assert "e-29" not in text
    assert [(value, bool(np.signbit(value))) for value in spec.body("arm").pos] == [(0, True), (0, False), (0, False)]
    assert (spec.joint("hinge").ref, bool(np.signbit(spec.joint("hinge").ref))) == (0.0, True)
