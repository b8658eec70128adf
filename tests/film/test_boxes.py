"""Flexes and skins are in the picture, wherever they go: looked at through MuJoCo's own camera."""

import mujoco
import numpy as np
import pytest

from mojo.film.boxes import Boxes
from mojo.film.framing import Framing, FreeCamera
from mojo.runtime.end_state import SIGNATURE

WORLD = '<mujoco><option timestep="0.002" {option}/><size memory="40M"/><worldbody>'
# A stone lies there, which a camera that sees nothing else would look at.
WORLD += '<geom type="plane" size="0 0 1"/><geom type="box" size=".02 .02 .02" pos="0 0 .02"/>'
FLEX = WORLD.format(option='solver="CG" tolerance="1e-6"')
JELLY = f"""{FLEX}
  <flexcomp name="soft" type="grid" count="5 5 5" spacing=".07 .07 .07" pos="0 0 1" dim="3" radius=".01" mass="5">
    <contact selfcollide="none"/><elasticity young="5e3" damping="0.001" poisson="0.2"/>
  </flexcomp></worldbody></mujoco>"""
THICK = JELLY.replace('dim="3"', 'dim="3" dof="trilinear"')
PLATE = f"""{FLEX}
  <flexcomp name="soft" type="grid" count="10 10 1" spacing=".1 .1 .1" pos="0 0 1" dim="2" radius=".01" mass="2">
    <contact selfcollide="none"/><elasticity young="3e5" thickness="8e-3" elastic2d="both"/>
    <pin id="0 1 2 3 4 5 6 7 8 9"/>
  </flexcomp></worldbody></mujoco>"""
TRAMPOLINE = f"""{FLEX}
  <body pos="0 0 2"><freejoint/><geom type="sphere" size=".1" mass="1"/></body>
  <flexcomp name="soft" type="grid" count="9 9 1" spacing=".2 .2 .1" pos="0 0 .8" dim="2" radius=".02" mass="1">
    <edge equality="true"/><contact selfcollide="none"/>
    <pin gridrange="0 0 0 8"/><pin gridrange="8 0 8 8"/><pin gridrange="0 0 8 0"/><pin gridrange="0 8 8 8"/>
  </flexcomp></worldbody></mujoco>"""
FLAG = f"""{WORLD.format(option='wind="6 3 0" density="1.2" solver="CG" tolerance="1e-6"')}
  <geom type="cylinder" size=".03 1" pos="0 0 1"/>
  <body name="mast" pos="0 0 1.5" euler="90 0 0">
    <flexcomp name="soft" type="grid" count="9 5 1" spacing=".1 .1 .1" pos=".4 0 0" mass="1" radius=".001">
      <pin id="0 1 2 3 4"/><edge equality="true" damping=".001"/>
    </flexcomp>
  </body></worldbody></mujoco>"""
ROPE = f"""{FLEX}
  <flexcomp name="soft" type="grid" count="15 1 1" spacing=".1 .1 .1" pos="0 0 40" dim="1" radius=".01" mass="1">
    <edge equality="true"/>
  </flexcomp></worldbody></mujoco>"""
HAND = f"""{WORLD.format(option="")}
  <body name="palm" pos="0 0 1"><freejoint/><geom size=".01" rgba="0 0 0 0" mass="1"/>
    <body name="thumb" pos=".4 0 0"><joint axis="0 1 0"/><geom size=".01" rgba="0 0 0 0" mass=".2"/></body>
  </body></worldbody>
  <deformable>
    <skin vertex="-.3 -.2 0  .3 -.2 0  .7 -.2 0  -.3 .2 0  .3 .2 0  .7 .2 0" face="0 1 3  1 4 3  1 2 4  2 5 4">
      <bone body="palm" bindpos="0 0 0" bindquat="1 0 0 0" vertid="0 1 3 4" vertweight="1 .5 1 .5"/>
      <bone body="thumb" bindpos=".4 0 0" bindquat="1 0 0 0" vertid="1 2 4 5" vertweight=".5 1 .5 1"/>
    </skin>
  </deformable></mujoco>"""
MODELS = {
    "jelly": JELLY,
    "trilinear": THICK,
    "plate": PLATE,
    "trampoline": TRAMPOLINE,
    "flag": FLAG,
    "falling rope": ROPE,
    "skin": HAND,
}


def states(model: mujoco.MjModel, seconds: float, count: int) -> np.ndarray:
    """Return the states of a run at even intervals."""
    data, found = mujoco.MjData(model), []
    for step in range(round(seconds / model.opt.timestep)):
        if step % (round(seconds / model.opt.timestep) // count) == 0:
            found.append(np.empty(mujoco.mj_stateSize(model, SIGNATURE)))
            mujoco.mj_getState(model, data, found[-1], SIGNATURE)
        mujoco.mj_step(model, data)
    return np.array(found)


def camera_of(
    model: mujoco.MjModel, data: mujoco.MjData, shown: np.ndarray, ends: np.ndarray | None = None
) -> FreeCamera:
    boxes, found = Boxes(model), []
    for state in shown:
        mujoco.mj_setState(model, data, state, SIGNATURE)
        found.append(boxes.corners(data))
    framing = Framing(np.array(found))
    return FreeCamera(model, framing, np.empty((len(shown), 0, 3)) if ends is None else ends, 4 / 3)


def seen_by(
    model: mujoco.MjModel, data: mujoco.MjData, camera: mujoco.MjvCamera, scene: mujoco.MjvScene, points: np.ndarray
) -> np.ndarray:
    """Return which points a picture of 4:3 shows, as MuJoCo's renderer projects them."""
    option, perturbation = mujoco.MjvOption(), mujoco.MjvPerturb()
    mujoco.mjv_updateScene(model, data, option, perturbation, camera, int(mujoco.mjtCatBit.mjCAT_ALL), scene)
    view = scene.camera[0]
    eye, forward, up = (np.array(each, dtype=float) for each in (view.pos, view.forward, view.up))
    eye = (eye + np.array(scene.camera[1].pos)) / 2
    apart = points - eye
    depth = apart @ forward
    high = view.frustum_top * depth / view.frustum_near
    inside = (np.abs(apart @ up) < high) & (np.abs(apart @ np.cross(forward, up)) < 4 / 3 * high)
    return inside & (depth > view.frustum_near) & (depth < view.frustum_far)


@pytest.mark.parametrize("mjcf", MODELS.values(), ids=MODELS)
def test_the_vertices_of_flexes_and_skins_are_in_every_picture(mjcf: str):
    model = mujoco.MjModel.from_xml_string(mjcf)
    data, scene = mujoco.MjData(model), mujoco.MjvScene(model, maxgeom=100)
    shown = states(model, 1.0, 10)
    free = camera_of(model, data, shown)
    shares = []
    for place, state in enumerate(shown):
        mujoco.mj_setState(model, data, state, SIGNATURE)
        mujoco.mj_forward(model, data)
        mujoco.mjv_updateSkin(model, data, scene)
        points = data.flexvert_xpos if model.nflex else scene.skinvert.reshape(-1, 3).astype(float)
        shares.append(seen_by(model, data, free.at(place), scene, points.copy()).mean())
    assert min(shares) == 1.0


def test_a_pinned_flex_beside_a_body_that_moves_does_not_push_the_camera_away():
    pinned = PLATE.replace('<pin id="0 1 2 3 4 5 6 7 8 9"/>', '<pin gridrange="0 0 9 9"/>').replace(
        "</worldbody>", '<body pos="30 0 1"><freejoint/><geom size=".1"/></body></worldbody>'
    )
    model = mujoco.MjModel.from_xml_string(pinned)
    assert model.nflex == 1
    assert len(Boxes(model).corners(mujoco.MjData(model))) == 8  # those of the ball


def test_what_the_models_limits_would_cut_off_is_drawn():
    # A ball of 1 cm beside a wall of 2 km: MuJoCo would draw from 1 % of the extent on, farther than the ball is.
    mjcf = """<mujoco><worldbody><geom type="box" size="1000 1 1" pos="0 1000 0"/>
      <body><freejoint/><geom size="0.01"/></body></worldbody></mujoco>"""
    model = mujoco.MjModel.from_xml_string(mjcf)
    data, scene = mujoco.MjData(model), mujoco.MjvScene(model, maxgeom=10)
    shown = states(model, 0.02, 2)
    camera = camera_of(model, data, shown).at(0)
    assert camera.distance < 0.1
    assert seen_by(model, data, camera, scene, np.array([[0.0, 0.0, 0.01], [0.0, 0.0, -0.01]])).all()


def test_the_ends_of_arrows_are_in_the_picture():
    model = mujoco.MjModel.from_xml_string(MODELS["skin"])
    data, scene = mujoco.MjData(model), mujoco.MjvScene(model, maxgeom=10)
    shown = states(model, 0.2, 4)
    ends = np.tile([[[0.0, 3.0, 1.0], [0.0, 0.0, 2.5]]], (len(shown), 1, 1))
    free = camera_of(model, data, shown, ends)
    assert all(seen_by(model, data, free.at(place), scene, ends[place]).all() for place in range(len(shown)))


def test_a_camera_that_follows_makes_room_where_what_it_follows_is_large_for_a_short_while():
    # A beam flies 90 m; in one frame of twenty its other half has jumped 5 m away.
    mjcf = """<mujoco><worldbody>
      <body name="a"><freejoint/><geom type="box" size=".5 .1 .1"/></body>
      <body name="b"><freejoint/><geom type="box" size=".5 .1 .1"/></body></worldbody></mujoco>"""
    model = mujoco.MjModel.from_xml_string(mjcf)
    data, scene = mujoco.MjData(model), mujoco.MjvScene(model, maxgeom=10)
    shown = []
    for place in range(20):
        data.qpos[[0, 7]] = 5.0 * place
        data.qpos[[2, 9]] = 0.0, 5.0 if place == 7 else 0.2
        shown.append(np.empty(mujoco.mj_stateSize(model, SIGNATURE)))
        mujoco.mj_getState(model, data, shown[-1], SIGNATURE)
    free = camera_of(model, data, np.array(shown))
    for place, state in enumerate(shown):
        mujoco.mj_setState(model, data, state, SIGNATURE)
        mujoco.mj_forward(model, data)
        assert seen_by(model, data, free.at(place), scene, data.geom_xpos.copy()).all(), place
    assert free.at(7).distance > 2 * free.at(8).distance
