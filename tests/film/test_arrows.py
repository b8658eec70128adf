"""What code of the user's applies has an arrow, beside those of loads, and is part of the net force."""

from pathlib import Path

import mujoco
import numpy as np
import pytest

from mojo.film.arrows import arrows_of_loads, arrows_of_net_forces, arrows_of_users_forces
from mojo.runtime.drawing import ArrowConfig
from mojo.runtime.frames import Frames, read_frames
from mojo.runtime.loads import Load, PointToPointForce, VectorForce
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.recorder import Recorder

XML = """<mujoco>
  <worldbody>
    <site name="hook" pos="0 0 2"/>
    <body name="a"><freejoint/><geom size="0.1"/><site name="a" pos="0.1 0 0"/></body>
    <body name="b" pos="1 0.3 0.2"><freejoint/><geom size="0.1"/><site name="b"/></body>
  </worldbody></mujoco>"""
LOADS = [
    PointToPointForce.ideal_spring("spring", "a", "b", stiffness=37.0, rest_length=0.1),
    PointToPointForce.ideal_spring("hung", "b", "hook", stiffness=3.0, rest_length=0.1),
    VectorForce(name="push", action_site="a", force=(0.1, 1e5, 0.3), xtion_body="b"),
]


def filmed(folder: Path, loads: list[Load], force: tuple[float, float, float] | None) -> tuple[mujoco.MjModel, Frames]:
    model = mujoco.MjModel.from_xml_string(XML)
    data = mujoco.MjData(model)
    path = folder / "frames.parquet"
    with RuntimeManager(loads=loads, frames=path, recorders=[Recorder(fps=100)]) as manager:
        while data.time < 0.1:
            if force is not None and data.time > 0.05:
                data.xfrc_applied[model.body("b").id, :3] = force
            manager.step(model, data)
    return model, read_frames(path)


def test_what_the_users_code_applies_has_an_arrow_of_its_own(tmp_path: Path):
    model, frames = filmed(tmp_path, LOADS, (0.0, 0.0, 2.0))
    shown = np.arange(len(frames.times))
    [arrows] = arrows_of_users_forces(model, LOADS, frames, shown, ArrowConfig())
    assert arrows.name == "xfrc_applied"
    arrows.scale = 1.0
    vectors = np.array([arrows.at(frame)[1] for frame in shown])
    acts = frames.times > 0.05
    assert acts.any() and not acts.all()
    np.testing.assert_allclose(vectors[acts], np.tile([0.0, 0.0, 2.0], (acts.sum(), 1)), atol=1e-9 * 1e5)
    assert not vectors[~acts].any()


def test_without_code_that_applies_anything_there_is_no_such_arrow(tmp_path: Path):
    model, frames = filmed(tmp_path, LOADS, None)
    assert arrows_of_users_forces(model, LOADS, frames, np.arange(len(frames.times)), ArrowConfig()) == []


def test_the_net_force_is_that_of_loads_and_of_the_users_code(tmp_path: Path):
    push = VectorForce(name="push", action_site="b", force=(1.0, 0.0, 0.0))
    model, frames = filmed(tmp_path, [push], (0.0, 0.0, 2.0))
    [net] = arrows_of_net_forces(model, frames.states[-1:], ArrowConfig())
    net.scale = 1.0
    assert net.at(0)[1] == pytest.approx([1.0, 0.0, 2.0])
    [one] = arrows_of_loads(model, [push], frames, np.arange(len(frames.times)), "force", ArrowConfig())
    assert one.greatest == pytest.approx(1.0)
