import subprocess
import sys

import pytest
from pydantic import TypeAdapter, ValidationError

from mojo.distributions import (
    Categorical,
    Constant,
    CorrelatedNormal,
    Distribution,
    Normal,
    Permutation,
    column_marginals,
    columns,
    dimension,
    marginals,
)
from mojo.errors import StudyError

ADAPTER: TypeAdapter = TypeAdapter(Distribution)
PAIR = {"distribution": "correlated_normal", "names": ["mass", "length"], "mean": [1, 2]}
HALF = [[1, 0.5], [0.5, 1]]

BAD = [
    ({"distribution": "uniform", "low": 3, "high": 1}, "`low < high` must hold, but got low=3, high=1"),
    ({"distribution": "uniform", "low": 1, "high": 1}, "`low < high` must hold"),
    ({"distribution": "uniform", "low": 1}, "Field required"),
    ({"distribution": "uniform", "low": 0, "high": 1, "hihg": 1}, "Extra inputs are not permitted"),
    ({"distribution": "uniform", "low": 0, "high": float("inf")}, "must be a finite number, but got inf"),
    (
        {"distribution": "uniform", "low": 0, "high": 1, "nominal": 1.5},
        "`0 <= nominal <= 1` must hold, but got nominal=1.5",
    ),
    ({"distribution": "normal", "mean": 0, "std": -1}, "`std > 0` must hold, but got std=-1"),
    ({"distribution": "normal", "mean": float("nan"), "std": 1}, "must be a finite number, but got nan"),
    ({"distribution": "normal", "mean": True, "std": 1}, "must be a number, but got true"),
    ({"distribution": "normal", "mean": "far", "std": 1}, "valid number"),
    ({"distribution": "norml", "mean": 0, "std": 1}, "does not match any of the expected tags"),
    ({"mean": 0, "std": 1}, "discriminator"),
    (
        {"distribution": "truncated_normal", "mean": 0, "std": 1, "low": 2, "high": 1},
        "`low < high` must hold, but got low=2, high=1",
    ),
    ({"distribution": "truncated_normal", "mean": 0, "std": 1, "low": 2e4, "high": 3e4}, "within 10000 std of mean"),
    ({"distribution": "log_normal", "median": 0, "log_std": 1}, "`median > 0` must hold, but got median=0"),
    ({"distribution": "log_normal", "median": 1, "log_std": 1, "nominal": -1}, "`nominal > 0` must hold"),
    ({"distribution": "log_uniform", "low": 0, "high": 1}, "`low > 0` must hold"),
    (
        {"distribution": "triangular", "low": 0, "mode": 2, "high": 1},
        "`low <= mode <= high` must hold, but got low=0, mode=2",
    ),
    ({"distribution": "beta", "alpha": 0, "beta": 1}, "`alpha > 0` must hold"),
    ({"distribution": "beta", "alpha": 1, "beta": 1, "low": 1, "high": 0}, "`low < high` must hold"),
    ({"distribution": "gamma", "shape": -2, "scale": 1}, "`shape > 0` must hold"),
    ({"distribution": "weibull", "shape": 2, "scale": 0}, "`scale > 0` must hold"),
    ({"distribution": "exponential", "scale": -1}, "`scale > 0` must hold"),
    ({"distribution": "rayleigh", "scale": 1, "nominal": -1}, "`0 <= nominal <= inf` must hold, but got nominal=-1"),
    ({"distribution": "poisson", "rate": 0}, "`rate > 0` must hold"),
    ({"distribution": "poisson", "rate": 2, "nominal": -1}, "`0 <= nominal` must hold"),
    ({"distribution": "integer", "low": 5, "high": 2}, "`low < high` must hold, but got low=5, high=2"),
    ({"distribution": "integer", "low": 0.5, "high": 2}, "valid integer"),
    ({"distribution": "integer", "low": 0, "high": 2**60}, "2**53"),
    ({"distribution": "integer", "low": 1, "high": 6, "nominal": 7}, "`1 <= nominal <= 6` must hold"),
    ({"distribution": "bernoulli", "probability": 1.5}, "`0 <= probability <= 1` must hold"),
    ({"distribution": "categorical", "values": []}, "at least 1 item"),
    (
        {"distribution": "categorical", "values": [1, "a"]},
        "must be values of one type, but got a whole number and text",
    ),
    ({"distribution": "categorical", "values": [1, 1]}, "`values all different` must hold"),
    ({"distribution": "categorical", "values": [1, 2], "weights": [1]}, "`as many weights as values` must hold"),
    ({"distribution": "categorical", "values": [1, 2], "weights": [1.5, -0.5]}, "`every weight >= 0` must hold"),
    (
        {"distribution": "categorical", "values": [1, 2], "weights": [0.5, 0.6]},
        "`sum of weights == 1` must hold, but got sum=1.1",
    ),
    ({"distribution": "categorical", "values": ["a", "b"], "nominal": "c"}, "`nominal is one of values` must hold"),
    ({"distribution": "categorical", "values": [1, 2], "nominal": True}, "must be a whole number, but got True"),
    ({"distribution": "categorical", "values": [2**63]}, "must fit into 64 bits"),
    ({"distribution": "permutation", "values": [1, 2], "nominal": [1, 1]}, "`nominal is an order of values` must hold"),
    ({"distribution": "constant", "value": float("nan")}, "must be a finite number"),
    ({"distribution": "constant", "value": 1, "nominal": 1}, "Extra inputs are not permitted"),
    ({**PAIR, "std": [1, 1]}, "either std and correlation, or covariance alone must be given, but got std"),
    ({**PAIR}, "but got none of them"),
    ({**PAIR, "std": [1, 1], "correlation": HALF, "covariance": HALF}, "but got std and correlation and covariance"),
    ({**PAIR, "std": [1, -1], "correlation": HALF}, "`std > 0` must hold, but got std=-1"),
    ({**PAIR, "std": [1], "correlation": HALF}, "`len(std) == len(names)` must hold, but got len(std)=1, len(names)=2"),
    ({**PAIR, "covariance": HALF, "nominal": [1]}, "`len(nominal) == len(names)` must hold"),
    ({**PAIR, "covariance": HALF, "units": ["kg"]}, "`len(units) == len(names)` must hold"),
    ({**PAIR, "covariance": [[1, 0]]}, "covariance must have 2 rows of 2 numbers, one for each name"),
    ({**PAIR, "names": ["mass", "mass"], "covariance": HALF}, "`names all different` must hold"),
    (
        {**PAIR, "std": [1, 1], "correlation": [[1, 0.5], [0.4, 1]]},
        "`correlation[1][0] == correlation[0][1]` must hold, but got first=0.4, second=0.5",
    ),
    ({**PAIR, "std": [1, 1], "correlation": [[1, 0], [0, 2]]}, "`correlation[1][1] == 1` must hold, but got value=2"),
    ({**PAIR, "covariance": [[1, 0], [0, 0]]}, "`covariance[1][1] > 0` must hold"),
    # Eigenvalues of [[1, r], [r, 1]] are 1 ± r; here r = 1.5.
    ({**PAIR, "std": [1, 1], "correlation": [[1, 1.5], [1.5, 1]]}, "eigenvalue=-0.5"),
    # std 1 and 2, so r = 3 / 2 again.
    ({**PAIR, "covariance": [[1, 3], [3, 4]]}, "eigenvalue=-0.5"),
]


@pytest.mark.parametrize(("written", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_distribution_is_refused_with_rule_and_values(written, message):
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(written)
    assert message in str(caught.value)


def test_study_file_form_gives_the_typed_distribution():
    spec = ADAPTER.validate_python({"distribution": "normal", "mean": 40.0, "std": 4.0, "nominal": 40.0, "unit": "N/m"})
    assert spec == Normal(mean=40, std=4, nominal=40, unit="N/m")


def test_every_field_has_a_description():
    for name, model in ADAPTER.json_schema()["$defs"].items():
        for field, schema in model["properties"].items():
            assert schema.get("description"), f"{name}.{field}"


@pytest.mark.parametrize(
    "spec",
    [
        Constant(value=[1, 2]),
        Constant(value=True),
        Constant(value=1),
        Constant(value=1.0),
        Categorical(values=[1, 2.5], weights=[0.25, 0.75], nominal=1),
        CorrelatedNormal(names=["a", "b"], mean=[1, 2], covariance=[[1, 0.5], [0.5, 1]]),
    ],
)
def test_json_gives_back_the_same_distribution_and_types(spec):
    again = ADAPTER.validate_json(spec.model_dump_json())
    assert again == spec
    assert repr(again) == repr(spec)  # True == 1 == 1.0, but their texts differ


def test_numbers_of_both_types_become_floats():
    values = Categorical(values=[1, 2.5]).values
    assert values == [1.0, 2.5]
    assert {type(value) for value in values} == {float}


def test_correlated_normal_defines_a_normal_column_for_each_name():
    spec = CorrelatedNormal(
        names=["mass", "length"], mean=[1, 2], covariance=[[4, 0], [0, 9]], nominal=[1.5, 2.5], units=["kg", "m"]
    )
    assert columns("body", spec) == ["mass", "length"]
    assert dimension(spec) == 2
    # deviations are the roots of the variances 4 and 9
    assert marginals("body", spec) == {
        "mass": Normal(mean=1, std=2, nominal=1.5, unit="kg"),
        "length": Normal(mean=2, std=3, nominal=2.5, unit="m"),
    }


def test_permutation_takes_a_coordinate_for_each_value():
    spec = Permutation(values=["a", "b", "c"])
    assert (columns("order", spec), dimension(spec)) == (["order"], 3)


def test_column_defined_twice_is_refused():
    pair = CorrelatedNormal(names=["mass", "length"], mean=[1, 2], covariance=[[1, 0], [0, 1]])
    with pytest.raises(StudyError, match="Two parameters define 'mass'; the second is in 'pair'"):
        column_marginals({"mass": Normal(mean=0, std=1), "pair": pair})


def test_importing_distributions_and_design_specs_loads_nothing_heavy():
    program = (
        "import sys, mojo.distributions, mojo.sampling.design_specs\n"
        "print(*sorted({'scipy', 'mujoco', 'polars', 'pyarrow'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""
