"""What no array of MjData holds: sums over contacts, against MuJoCo's own function."""

from itertools import product

import mujoco
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from mojo.runtime.computed import ContactSums
from mojo.runtime.manager import RuntimeManager

CONES = ("pyramidal", "elliptic")
DIMENSIONS = (1, 3, 4, 6)
KINDS = list(product(CONES, DIMENSIONS))


def model_of(body, cone="pyramidal", option=""):
    return mujoco.MjModel.from_xml_string(
        f'<mujoco><option cone="{cone}" {option}/><worldbody>{body}</worldbody></mujoco>'
    )


def by_mujoco(model, data):
    """Return the sum of the normal components of mj_contactForce."""
    force, total = np.zeros(6), 0.0
    for contact in range(data.ncon):
        mujoco.mj_contactForce(model, data, contact, force)
        total += force[0]
    return total


@pytest.mark.parametrize(("cone", "dimension"), KINDS)
def test_adhesion_is_no_part_of_what_a_box_at_rest_presses_with(tmp_path, cone, dimension):
    ground = f'<geom type="plane" size="1 1 .1" condim="{dimension}"/>'
    box = f'<geom type="box" size=".1 .1 .1" mass="1" adhesion="50" condim="{dimension}"/>'
    model = model_of(f'{ground}<body pos="0 0 .1"><freejoint/>{box}</body>', cone)
    with RuntimeManager(telemetry=tmp_path / "t.parquet", signals=["Contacts"], record_decimation=100) as rm:
        rm.run(model, mujoco.MjData(model), 1.0)
    last = pl.read_parquet(tmp_path / "t.parquet").row(-1, named=True)
    assert last["Contacts:count"] == 4
    assert last["Contacts:normal_force"] == pytest.approx(1.0 * 9.81, rel=1e-6)


def random_scene(random, dimension):
    """Return bodies of all shapes that fall onto a plane and onto each other, sticky or not, with gaps and margins."""
    ground = f'<geom type="plane" size="3 3 .1" condim="{dimension}" adhesion="{random.choice([0, 3])}"/>'
    bodies = []
    for _ in range(8):
        x, y, z = random.uniform([-0.2, -0.2, 0.05], [0.2, 0.2, 0.6])
        kind, friction = random.choice(["sphere", "box", "capsule"]), random.choice(["0 0 0", "1 .005 .0001"])
        sticks, gap, margin = random.choice([0, 5, 50]), random.choice([0, 0.05]), random.choice([0, 0.06])
        shape = f'type="{kind}" size=".1 .08 .06" mass="{random.uniform(0.1, 2)}" friction="{friction}"'
        contact = f'condim="{dimension}" adhesion="{sticks}" gap="{gap}" margin="{margin}"'
        bodies.append(f'<body pos="{x} {y} {z}"><freejoint/><geom {shape} {contact}/></body>')
    return ground + "".join(bodies)


@pytest.mark.parametrize(("cone", "dimension"), KINDS)
@pytest.mark.parametrize("jacobian", ["dense", "sparse"])
def test_normal_force_is_what_mj_contact_force_gives_in_random_scenes(cone, dimension, jacobian):
    random, acted, excluded = np.random.default_rng(7), 0, 0
    for _ in range(6):
        model = model_of(random_scene(random, dimension), cone, f'jacobian="{jacobian}"')
        data = mujoco.MjData(model)
        sums = ContactSums(model, data)
        for _ in range(150):
            mujoco.mj_step(model, data)
            assert sums() == (data.ncon, pytest.approx(by_mujoco(model, data), rel=1e-12, abs=1e-9))
            acted += (data.contact.efc_address >= 0).sum()
            excluded += (data.contact.efc_address < 0).sum()
    assert acted > 100
    assert excluded > 10


@pytest.mark.parametrize(("cone", "dimension"), KINDS)
def test_normal_force_of_a_flex_is_what_mj_contact_force_gives(cone, dimension):
    contact = f'<edge equality="true"/><contact condim="{dimension}" selfcollide="none"/>'
    model = model_of(
        '<geom type="plane" size="1 1 .1" adhesion="2"/><flexcomp name="cloth" type="grid" count="4 4 1" dim="2" '
        f'spacing=".05 .05 .05" pos="0 0 .05" radius=".01" mass=".2">{contact}</flexcomp>',
        cone,
        'timestep="0.001"',
    )
    data = mujoco.MjData(model)
    for _ in range(300):
        mujoco.mj_step(model, data)
    count, force = ContactSums(model, data)()
    assert count > 0
    assert force == pytest.approx(by_mujoco(model, data), rel=1e-12)


def test_column_says_what_a_normal_force_is(tmp_path):
    model = model_of('<geom type="plane" size="1 1 .1"/><body pos="0 0 .1"><freejoint/><geom size=".1"/></body>')
    with RuntimeManager(telemetry=tmp_path / "t.parquet", signals=["Contacts"]) as rm:
        rm.step(model, mujoco.MjData(model))
    told = pq.read_schema(tmp_path / "t.parquet").field("Contacts:normal_force").metadata
    assert told[b"unit"] == b"N"
    assert b"mj_contactForce" in told[b"description"]
