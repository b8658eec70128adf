"""Proximities as data: checked when they are written, and found again in config.json."""

import json

import pytest

from mojo.errors import ModelError
from mojo.runtime.proximity import Proximity, proximities_from

GAPS = [
    Proximity(name="gap", a="geom:skin", b="geom:floor", max_distance=0.1 + 0.2),
    Proximity(name="top", a="site:pole", b="body:#0"),
]


def test_they_come_back_from_config_json():
    dumped = json.loads(json.dumps([proximity.model_dump(mode="json") for proximity in GAPS]))
    assert proximities_from(dumped) == GAPS
    with pytest.raises(ModelError, match=r"Proximity 'gap': far: is not a field. It has: name, a, b, max_distance."):
        proximities_from([{"name": "gap", "a": "geom:a", "b": "geom:b", "far": 1.0}])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"a": "foot", "b": "geom:b"}, r"Proximity 'gap': a: must be geom:<name>, body:<name> or site:<name>, but got"),
        ({"a": "joint:knee", "b": "geom:b"}, "but got 'joint:knee'"),
        ({"a": "geom:b", "b": "geom:b"}, "a and b must differ, but got 'geom:b' twice"),
        ({"a": "geom:a", "b": "geom:b", "max_distance": 0.0}, "max_distance: Input should be greater than 0"),
        ({"a": "geom:a"}, "b: is missing"),
    ],
)
def test_wrong_fields_are_named(fields, message):
    with pytest.raises(ModelError, match=message):
        Proximity(name="gap", **fields)
