"""Loads as data: written to config.json, and found again by another process."""

import functools
import json

import mujoco
import pytest

from mojo import user_code
from mojo.errors import ModelError, StudyError
from mojo.runtime.loads import (
    GeneralLoad,
    PointToPointForce,
    ScalarForce,
    check_loads,
    loads_from,
)

MODULE = """
def magnitude(d, v, d0, model, data):
    return -7.0 * d

def wind(strength, time, model, data):
    return strength * time
"""


@pytest.fixture
def module(tmp_path):
    path = tmp_path / "my_loads.py"
    path.write_text(MODULE)
    return path


def round_trip(*loads):
    return loads_from(json.loads(json.dumps([load.model_dump(mode="json") for load in loads])))


def test_loads_of_numbers_and_laws_come_back_equal():
    loads = [
        PointToPointForce.ideal_spring("a", "p", "q", stiffness=0.1, damping=0.2, rest_length=0.3),
        PointToPointForce.stroke_compression_spring("b", "p", "q", stiffness=1.0, preload=2.0, max_stroke=3.0),
        ScalarForce(name="c", action_site="p", scalar=4.0, xtion_body="body", active=False),
        GeneralLoad(name="d", action_site="p", force=(1.0, 2.0, 3.0), rel_to_site="q"),
    ]
    assert round_trip(*loads) == loads


def test_functions_come_back_by_their_reference(module):
    magnitude = user_code.resolve(f"{module}:magnitude")
    wind = functools.partial(user_code.resolve(f"{module}:wind"), 2.5)
    spring, push = round_trip(
        PointToPointForce(name="s", action_site="p", xtion_site="q", magnitude=magnitude),
        GeneralLoad(name="g", action_site="p", force=(wind, 0.0, 1.0)),
    )
    assert spring.magnitude(2.0, 0.0, 0.0, None, None) == -14.0
    assert push.force[0](3.0, None, None) == 7.5
    assert push.force[1:] == (0.0, 1.0)


def test_lambda_works_in_process_but_cannot_be_written():
    load = ScalarForce(name="f", action_site="p", scalar=lambda time, axis, model, data: 1.0)
    with pytest.raises(ModelError, match=r"Load 'f': .*cannot be found again by name"):
        load.model_dump(mode="json")


def test_function_with_other_parameters_is_refused_at_once():
    with pytest.raises(StudyError, match=r"called as magnitude\(d, v, d0, model, data\)"):
        PointToPointForce(name="s", action_site="p", xtion_site="q", magnitude=lambda d, v: 0.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ScalarForce(name="f", action_site="p"), "ScalarForce 'f': scalar: is missing"),
        (lambda: ScalarForce(name="f", action_site="p", scalar="3 N"), "'3 N' does not name a function"),
        (lambda: ScalarForce(name="f", action_site="p", scalar=float("nan")), "must be a finite number or a function"),
        (lambda: ScalarForce(name="f", site="p", scalar=1.0), "2 problems"),
        (lambda: GeneralLoad(name="f", action_site="p", force=(1.0, 2.0)), "GeneralLoad 'f': force"),
        (lambda: loads_from([{"load": "magic", "name": "f"}]), "magic"),
        (lambda: loads_from([{"load": "scalar_force", "name": "f"}]), "ScalarForce 'f': 2 problems"),
    ],
)
def test_wrong_fields_are_named(make, message):
    with pytest.raises((ModelError, StudyError), match=message):
        make()


def test_two_loads_of_one_name_are_refused():
    model = mujoco.MjModel.from_xml_string('<mujoco><worldbody><site name="p"/></worldbody></mujoco>')
    load = ScalarForce(name="f", action_site="p", scalar=1.0)
    with pytest.raises(ModelError, match=r"Loads must have different names, but 2 are called 'f'"):
        check_loads(model, [load, load])
