import pytest
from pydantic import TypeAdapter, ValidationError

from mojo.sampling.design_specs import (
    Design,
    GridDesign,
    ListDesign,
    advice,
    block_size,
    can_grow,
    growth_refusal,
    size_refusal,
)

ADAPTER: TypeAdapter = TypeAdapter(Design)

BAD = [
    ("grid", "must be random, lhs, sobol, halton, antithetic, saltelli, morris, {type: grid"),
    ("soboll", "Input should be 'random', 'lhs', 'sobol', 'halton', 'antithetic', 'saltelli' or 'morris'"),
    ({"type": "gird", "values": {"a": [1]}}, "must be random, lhs"),
    (3, "must be random, lhs"),
    ({"type": "grid"}, "a grid needs `values` or `levels`, but got neither"),
    ({"type": "grid", "levels": {"a": 2}, "values": {"a": [1]}}, "either values or levels, but got both for: a"),
    ({"type": "grid", "levels": {"a": 0}}, "greater than or equal to 1"),
    ({"type": "grid", "values": {"a": []}}, "at least 1 item"),
    ({"type": "grid", "level": {"a": 2}}, "Extra inputs are not permitted"),
    ({"type": "list"}, "Field required"),
]


@pytest.mark.parametrize(("written", "message"), BAD)
def test_bad_design_is_refused(written, message):
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(written)
    assert message in str(caught.value)


def test_design_is_a_name_or_a_mapping():
    assert ADAPTER.validate_python("sobol") == "sobol"
    assert ADAPTER.validate_python({"type": "list", "file": "a.csv"}) == ListDesign(file="a.csv")
    grid = ADAPTER.validate_python({"type": "grid", "values": {"a": [30, 40.5]}, "levels": {"b": 5}})
    assert grid == GridDesign(values={"a": [30, 40.5]}, levels={"b": 5})
    assert ADAPTER.validate_json(ADAPTER.dump_json(grid)) == grid


def test_json_schema_offers_names_and_mappings():
    schema = ADAPTER.json_schema()
    names = ["random", "lhs", "sobol", "halton", "antithetic", "saltelli", "morris"]
    assert {"enum": names, "type": "string"} in schema["oneOf"]
    assert set(schema["$defs"]) == {"GridDesign", "ListDesign"}


def test_only_the_latin_hypercube_cannot_grow():
    assert [name for name in ("random", "lhs", "sobol", "halton", "antithetic") if not can_grow(name)] == ["lhs"]
    assert "A Latin hypercube of 20 trials cannot grow to 50" in growth_refusal("lhs", 20, 50)


def test_sobol_asks_for_a_power_of_two():
    assert "there are 199; the nearest are 128 and 256" in advice("sobol", 199)[0]
    assert advice("sobol", 256) == []


def test_antithetic_asks_for_pairs():
    assert "there are 7; the last one has no partner" in advice("antithetic", 7)[0]
    assert advice("antithetic", 8) == advice("random", 7) == []


@pytest.mark.parametrize(
    ("design", "axes", "n_trial", "nominal_trial", "numbers"),
    [
        ("saltelli", 3, 1000, True, "641 or 1281"),  # 128·5 + 1, 256·5 + 1
        ("saltelli", 3, 960, False, "640 or 1280"),  # 192 is no power of 2
        ("saltelli", 3, 4, False, "10 or 20"),
        ("morris", 3, 10, True, "9 or 13"),  # 2·4 + 1, 3·4 + 1
        ("morris", 3, 5, True, "9 or 13"),  # one trajectory has no spread
    ],
)
def test_designs_of_blocks_say_which_numbers_of_trials_they_can_have(design, axes, n_trial, nominal_trial, numbers):
    refusal = size_refusal(design, axes, n_trial, nominal_trial)
    assert refusal.endswith(f"but n_trial is {n_trial}. Take n_trial: {numbers}")
    for number in map(int, numbers.split(" or ")):
        assert size_refusal(design, axes, number, nominal_trial) is None
    assert size_refusal("random", axes, n_trial, nominal_trial) is None
    assert "there is none that varies" in size_refusal(design, 0, n_trial, nominal_trial)


def test_trials_of_a_block_belong_together():
    sizes = {name: block_size(name, axes=3) for name in ("random", "lhs", "antithetic", "saltelli", "morris")}
    assert sizes == {"random": 1, "lhs": 1, "antithetic": 2, "saltelli": 5, "morris": 4}
