"""Figures as plotly.js reads them."""

import base64
import json

import numpy as np
import pytest
from pydantic_core import PydanticSerializationError

from mojo.report.figures.theme import Figure


def values(**numbers: object) -> dict:
    """Return a trace as it stands in the page."""
    return json.loads(Figure([numbers], {"height": 100}).to_json())["data"][0]


def test_numbers_come_back_as_they_were():
    for kind in ("float32", "float64", "int32", "uint8"):
        numbers = np.array([[1, 2, 3], [4, 5, 6]], dtype=kind)
        found = values(type="heatmap", x=numbers[1], z=numbers.T)  # z lies otherwise in memory than it is read
        assert "shape" not in found["x"]
        assert found["z"]["shape"] == "3, 2"
        back = np.frombuffer(base64.b64decode(found["z"]["bdata"]), dtype=found["z"]["dtype"]).reshape(3, 2)
        assert back.tolist() == [[1, 4], [2, 5], [3, 6]]


def test_whole_numbers_that_a_browser_has_no_array_of_are_floats():
    found = values(x=np.array([0, 2**40]))
    assert found["x"]["dtype"] == "f8"
    assert np.frombuffer(base64.b64decode(found["x"]["bdata"])).tolist() == [0.0, 2.0**40]


def test_numbers_that_are_not_finite_leave_a_gap():
    assert values(x=[1.0, float("nan"), float("inf")], y0=np.float64("nan"), dx=np.int64(3)) == {
        "x": [1.0, None, None],
        "y0": None,
        "dx": 3,
    }


def test_words_and_truths_are_lists():
    assert values(x=np.array(["ice", "wood"]), y=np.array([True, False])) == {"x": ["ice", "wood"], "y": [True, False]}


def test_anything_else_is_refused():
    with pytest.raises(PydanticSerializationError, match="A figure holds numbers, words and arrays, but got object"):
        values(x=object())
