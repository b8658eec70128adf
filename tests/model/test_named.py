"""Named values: set once, in order, with a unit and a source, and written without loss."""

import json

import numpy as np
import pytest

from mojo.errors import ModelError
from mojo.model.named import NamedValueDict


def test_values_keep_their_order_and_what_is_said_of_them():
    named = NamedValueDict()
    named.set("mass", 1.5, unit="kg", description="Of the tip", source="draw")
    named.set("label", "ice")
    assert list(named) == ["mass", "label"]
    assert (named["mass"].value, named["mass"].unit, named["mass"].source) == (1.5, "kg", "draw")
    assert named["label"].source == "user"


def test_setting_a_name_twice_is_an_error_unless_forced():
    named = NamedValueDict()
    named.set("mass", 1.5, source="design")
    with pytest.raises(ModelError, match=r"'mass' is set twice: it is 1.5 \(design\), and now 2.0.*force=True"):
        named.set("mass", 2.0)
    named.set("mass", 2.0, force=True)
    assert (named["mass"].value, named["mass"].source) == (2.0, "user")


@pytest.mark.parametrize("name", ["trial", "objective", "outcome"])
def test_the_names_of_the_tables_own_columns_are_taken(name: str):
    with pytest.raises(ModelError, match=f"'{name}' cannot name a value: it is a column of the tables already"):
        NamedValueDict().set(name, 1.0)


def test_a_name_that_is_empty_is_told_to_be():
    with pytest.raises(ModelError, match="must not be empty"):
        NamedValueDict().set("", 1.0)


def test_an_unknown_name_is_told_with_its_nearest():
    named = NamedValueDict()
    named.set("mass", 1.0)
    with pytest.raises(
        ModelError, match=r"Named value 'mas' is not in this trial. Did you mean 'mass'\? It has: mass."
    ):
        named["mas"]
    assert "mas" not in named


@pytest.mark.parametrize("value", [None, {"a": 1}, object(), 1j, [1.0, [None]]])
def test_values_of_other_types_are_refused(value: object):
    with pytest.raises(ModelError, match="Named value 'x' must be a number, text or array, but is a "):
        NamedValueDict().set("x", value)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float64(0.1) + 0.2, 0.1 + 0.2),
        (np.int32(3), 3),
        (np.bool_(True), True),
        (True, True),
        (7, 7),
        ((1, 2.5), [1, 2.5]),
        (np.eye(2), [[1.0, 0.0], [0.0, 1.0]]),
        ([np.float64(1.0), np.arange(2)], [1.0, [0, 1]]),
        ("ice", "ice"),
    ],
)
def test_values_come_back_from_json_as_the_same_plain_python(value: object, plain: object):
    named = NamedValueDict()
    named.set("x", value, unit="m", element="Bodies/x:mass")
    found = NamedValueDict.load(json.loads(json.dumps(named.dump())))
    assert found["x"] == named["x"]
    assert found["x"].value == plain
    assert type(found["x"].value) is type(plain)


def test_a_name_that_comes_too_late_is_refused():
    named = NamedValueDict()
    named.set("early", 1.0)
    named.close("Return it as a metric.")
    with pytest.raises(ModelError, match=r"'late' cannot be named any more, .* Return it as a metric."):
        named.set("late", 2.0)
    assert list(named) == ["early"]


def test_a_named_value_is_replaced_and_never_changed():
    named = NamedValueDict()
    mass = named.set("mass", 1.0, unit="kg")
    with pytest.raises(ModelError, match=r"'mass' cannot be changed, but its value was to be 2.0.* named\.set\('mass'"):
        mass.value = 2.0
    assert named.set("mass", 2.0, force=True).value == 2.0
    assert NamedValueDict.load(named.dump())["mass"].model_copy(update={"value": 3.0}).value == 3.0
