"""User data come back from a file as they were, and what cannot is refused with its place."""

import collections
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mojo import MojoModel, files
from mojo.errors import ModelError
from mojo.model.user_data import decode, encode

NUMBERS = st.floats(width=64) | st.integers() | st.booleans() | st.none()
ARRAYS = arrays.arrays(
    arrays.scalar_dtypes(), arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
)  # of any byte order
KEYS = st.text() | st.integers() | st.sampled_from(["$npy", "$dict", "$"])
VALUES = st.recursive(
    NUMBERS | st.text() | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=8,
)


def assert_same(got, expected):
    """Check that two values are of the same types, and the same to the last bit."""
    assert type(got) is type(expected)
    if isinstance(expected, dict):
        assert list(got) == list(expected)
        expected, got = list(expected.values()), list(got.values())
    if isinstance(expected, list | tuple):
        assert len(got) == len(expected)
        for one, other in zip(got, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, np.ndarray | np.generic):
        assert (got.dtype, got.shape, got.tobytes()) == (expected.dtype, expected.shape, expected.tobytes())
    elif isinstance(expected, float):
        assert (math.isnan(got) and math.isnan(expected)) or got.hex() == expected.hex()
    else:
        assert got == expected


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_user_data_come_back_from_a_file_to_the_last_bit(tmp_path_factory, given):
    path = tmp_path_factory.getbasetemp() / "user_data.json"
    files.write_json(path, encode(given))
    assert_same(decode(files.read_json(path)), given)


def test_scalars_of_numpy_and_order_in_memory_are_kept():
    table = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    records = np.zeros(2, dtype=[("time", "<f4"), ("name", "U3")])
    again = decode(json.loads(json.dumps(encode({"x": np.float32(0.1), "table": table, "records": records}))))
    assert_same(again, {"x": np.float32(0.1), "table": table, "records": records})
    assert again["table"].flags.f_contiguous
    again["table"][0, 0] = 7.0  # it is a new array, and can be written to


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"a": {"b": [0, {1, 2}]}}, r"mojo_model.user_data\['a'\]\['b'\]\[1\] is a set, which cannot be handed on"),
        ({"f": len}, r"user_data\['f'\] is a builtin_function_or_method"),
        ({"d": collections.OrderedDict()}, r"user_data\['d'\] is a collections.OrderedDict"),
        ({"o": np.array([None])}, r"user_data\['o'\] is an array of Python objects"),
        ({"m": np.ma.masked_array([1.0], [True])}, r"user_data\['m'\] is a numpy.ma.MaskedArray"),
        ({1.5: 0}, r"user_data has the key 1.5, a float. Keys must be text or whole numbers"),
        ({"t": "\ud800"}, r"user_data\['t'\] is the text '\\ud800', which no file can hold"),
        ([1], "user_data must be a dict, but is a list"),
    ],
)
def test_what_could_not_be_read_back_is_refused_with_its_place_and_type(given, message):
    mojo_model = MojoModel()
    mojo_model.user_data = given
    with pytest.raises(ModelError, match=message):
        mojo_model.dump()


def test_what_holds_itself_is_refused():
    given = {"list": []}
    given["list"].append(given)
    with pytest.raises(ModelError, match=r"user_data\['list'\]\[0\] holds itself"):
        encode(given)
    same = [1.0]
    assert decode(encode({"a": same, "b": same})) == {"a": [1.0], "b": [1.0]}
