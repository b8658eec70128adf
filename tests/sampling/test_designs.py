import warnings

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.stats import qmc

from mojo.distributions import (
    Bernoulli,
    Categorical,
    Constant,
    CorrelatedNormal,
    Integer,
    Normal,
    Permutation,
    TruncatedNormal,
    Uniform,
)
from mojo.distributions.quantiles import draw
from mojo.errors import StudyError
from mojo.sampling.design_specs import GridDesign, ListDesign
from mojo.sampling.designs import design_size, sample

PARAMETERS = {
    "stiffness": Normal(mean=40, std=4, nominal=40),
    "angle": Uniform(low=0.2, high=1.2),
    "cut": TruncatedNormal(mean=0, std=1, low=3, high=9),
    "body": CorrelatedNormal(
        names=["mass", "length"], mean=[1, 2], std=[0.1, 0.2], correlation=[[1, 0.5], [0.5, 1]], nominal=[1, 2]
    ),
    "order": Permutation(values=["a", "b", "c"]),
    "count": Integer(low=1, high=6, nominal=3),
    "wet": Bernoulli(probability=0.25),
    "ground": Categorical(values=["ice", "sand"], nominal="sand"),
    "fixed": Constant(value=[1, 2]),
}
SEED = 2**63 - 1
GROWING = ["random", "sobol", "halton", "antithetic"]
NAMED = [*GROWING, "lhs"]
CUBE = {"x": Uniform(low=0, high=1), "y": Uniform(low=0, high=1)}


def table(design="random", n_trial=40, trials=None, parameters=PARAMETERS, nominal_trial=True, overrides=None):
    trials = range(n_trial) if trials is None else trials
    return sample(parameters, design, SEED, n_trial, trials, nominal_trial, overrides or {})


def test_table_has_trial_seed_and_the_parameters_in_order():
    found = table()
    assert found.schema == {
        "trial": pl.Int64,
        "seed": pl.Int64,
        "stiffness": pl.Float64,
        "angle": pl.Float64,
        "cut": pl.Float64,
        "mass": pl.Float64,
        "length": pl.Float64,
        "order": pl.List(pl.String),
        "count": pl.Int64,
        "wet": pl.Boolean,
        "ground": pl.String,
        "fixed": pl.List(pl.Int64),
    }
    assert found["trial"].to_list() == list(range(40))
    assert set(found["seed"]) == {SEED}


@pytest.mark.parametrize("design", NAMED)
@pytest.mark.parametrize("nominal_trial", [True, False])
def test_dealing_other_batches_changes_no_bit(design, nominal_trial):
    whole = table(design, nominal_trial=nominal_trial)
    for size in (1, 7, 39):
        batches = [range(start, min(start + size, 40)) for start in range(0, 40, size)]
        dealt = [table(design, trials=batch, nominal_trial=nominal_trial) for batch in batches]
        assert_frame_equal(pl.concat(dealt), whole, check_exact=True)


@pytest.mark.parametrize("design", GROWING)
@pytest.mark.parametrize("nominal_trial", [True, False])
def test_growing_changes_no_bit_of_what_exists(design, nominal_trial):
    small = table(design, n_trial=20, nominal_trial=nominal_trial)
    grown = table(design, n_trial=51, nominal_trial=nominal_trial)
    assert_frame_equal(grown[:20], small, check_exact=True)


@pytest.mark.parametrize("design", ["random", "antithetic"])
def test_adding_a_parameter_changes_no_existing_draw(design):
    more = {"first": Normal(mean=0, std=1), **PARAMETERS, "last": Permutation(values=[1, 2])}
    before = table(design)
    assert_frame_equal(table(design, parameters=more).select(before.columns), before, check_exact=True)


def test_random_values_are_the_addressed_draws():
    found = table(nominal_trial=False)
    for trial in (0, 17):
        row = found.row(trial, named=True)
        for key, spec in PARAMETERS.items():
            for name, value in draw(spec, key, SEED, trial).items():
                assert row[name] == value


def test_nominal_trial_takes_nominals_and_draws_the_rest():
    nominal, drawn = table().row(0, named=True), table(nominal_trial=False).row(0, named=True)
    fixed = {"stiffness": 40.0, "mass": 1.0, "length": 2.0, "count": 3, "ground": "sand"}
    assert nominal == {**drawn, **fixed}


@pytest.mark.parametrize("design", ["sobol", "halton", "lhs"])
def test_design_begins_after_the_nominal_trial(design):
    after = table(design, n_trial=21).drop("trial")[1:]
    assert_frame_equal(after, table(design, n_trial=20, nominal_trial=False).drop("trial"), check_exact=True)


def test_latin_hypercube_has_one_point_in_every_slice():
    found = table("lhs", n_trial=51, parameters=CUBE)[1:]
    for name in CUBE:
        assert sorted((found[name] * 50).floor().cast(pl.Int64)) == list(range(50))


@pytest.mark.parametrize("design", ["sobol", "halton"])
def test_low_discrepancy_points_are_more_even_than_random_ones(design):
    def unevenness(kind):
        return qmc.discrepancy(table(kind, 256, parameters=CUBE, nominal_trial=False).select("x", "y").to_numpy())

    assert unevenness(design) < unevenness("random") / 5


def test_sobol_points_fill_every_box_of_a_net():
    points = table("sobol", 256, parameters=CUBE, nominal_trial=False).select("x", "y").to_numpy()
    boxes = {tuple(box) for box in np.floor(points * 16).astype(int).tolist()}
    assert len(boxes) == 256  # a net in base 2: one of 2^8 points in each of 16 × 16 boxes


def test_sobol_gives_no_warning_however_many_points():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table("sobol", n_trial=38)


@pytest.mark.parametrize("nominal_trial", [True, False])
def test_antithetic_pairs_mirror_each_other(nominal_trial):
    found = table("antithetic", parameters=CUBE, nominal_trial=nominal_trial)["x"].to_numpy()[int(nominal_trial) :]
    pairs = found[: len(found) // 2 * 2].reshape(-1, 2)
    np.testing.assert_allclose(pairs.sum(axis=1), 1, atol=1e-15)
    assert len(set(pairs[:, 0])) == len(pairs)


@pytest.mark.parametrize("seed_pair", [(1, 2), (SEED, SEED - 1)])
@pytest.mark.parametrize("design", NAMED)
def test_another_seed_gives_other_points(design, seed_pair):
    first, second = (sample(CUBE, design, seed, 8, range(8), False, {})["x"] for seed in seed_pair)
    assert set(first).isdisjoint(second)


@pytest.mark.parametrize("design", NAMED)
def test_study_without_parameters_has_trials_all_the_same(design):
    assert table(design, parameters={}, n_trial=3).columns == ["trial", "seed"]


@pytest.mark.parametrize("design", NAMED)
def test_single_nominal_trial_needs_no_design(design):
    assert table(design, n_trial=1)["stiffness"].to_list() == [40.0]


def test_empty_range_has_the_columns_and_no_rows():
    assert table(trials=range(5, 5)).schema == table().schema


def test_override_replaces_its_column_alone_and_everywhere():
    found = table(overrides={"stiffness": 50, "mass": 7.5, "order": ["c", "b", "a"], "of_the_generator": 1})
    assert set(found["stiffness"]) == {50.0}
    assert set(found["mass"]) == {7.5}
    assert found["order"].to_list() == [["c", "b", "a"]] * 40
    others = [name for name in found.columns if name not in {"stiffness", "mass", "order"}]
    assert_frame_equal(found.select(others), table().select(others), check_exact=True)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"stiffness": "hard"}, "The override of 'stiffness' must be a number, but got 'hard'"),
        ({"stiffness": True}, "'stiffness' must be a number, but got True"),
        ({"stiffness": float("inf")}, "'stiffness' must be a finite number, but got inf"),
        ({"count": 2.5}, "'count' must be a whole number, but got 2.5"),
        ({"wet": 1}, "'wet' must be true or false, but got 1"),
        ({"ground": 1}, "'ground' must be text, but got 1"),
        ({"order": "a"}, "'order' must be a list, but got 'a'"),
        ({"order": [1, 2]}, "'order' must be text, but got 1"),
    ],
)
def test_override_of_another_type_is_refused(overrides, message):
    with pytest.raises(StudyError) as caught:
        table(overrides=overrides)
    assert message in str(caught.value)


SPRING = {
    "stiffness": Normal(mean=40, std=4, nominal=40),
    "mass": Uniform(low=1, high=3),
    "side": Constant(value="left"),
}


def test_grid_varies_the_first_parameter_slowest():
    grid = GridDesign(values={"mass": [1, 2], "stiffness": [30, 40, 50]})
    assert design_size(grid, SPRING, nominal_trial=True) == 7
    found = table(grid, 6, parameters=SPRING, nominal_trial=False)
    assert found["stiffness"].to_list() == [30, 30, 40, 40, 50, 50]
    assert found["mass"].to_list() == [1, 2, 1, 2, 1, 2]
    assert set(found["side"]) == {"left"}
    batch = table(grid, 7, trials=range(3, 6), parameters=SPRING)
    assert_frame_equal(batch.drop("trial"), found[2:5].drop("trial"))


def test_grid_levels_are_the_middles_of_equally_likely_parts():
    found = table(GridDesign(levels={"mass": 4}, values={"stiffness": [40]}), 4, parameters=SPRING, nominal_trial=False)
    assert found["mass"].to_list() == [1.25, 1.75, 2.25, 2.75]  # 1 + 2·(1/8, 3/8, 5/8, 7/8)


def test_grid_takes_orders_as_values():
    orders = [["a", "b"], ["b", "a"]]
    found = table(
        GridDesign(values={"order": orders}),
        2,
        parameters={"order": Permutation(values=["a", "b"])},
        nominal_trial=False,
    )
    assert found["order"].to_list() == orders


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (
            {"levels": {"stifness": 2, "mass": 2}},
            "Parameter 'stifness' is not in the study, but in its grid. Did you mean 'stiffness'?",
        ),
        ({"levels": {"stiffness": 2}}, "A grid fixes every parameter, but it leaves out 'mass'"),
        (
            {"values": {"stiffness": ["hard"], "mass": [1]}},
            "A grid value of 'stiffness' must be a number, but got 'hard'",
        ),
        ({"levels": {"stiffness": 2, "mass": 2, "side": 2}}, "A constant has no levels"),
        (
            {"levels": {"stiffness": 2, "mass": 2}},
            "n_trial must be the size of the grid, 4 points and the nominal trial, but got 9. Write n_trial: 5",
        ),
    ],
)
def test_grid_that_does_not_fit_is_refused_before_any_draw(grid, message):
    with pytest.raises(StudyError) as caught:
        table(GridDesign(**grid), 9, trials=range(0), parameters=SPRING)
    assert message in str(caught.value)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_list_gives_its_rows_as_they_are(tmp_path, suffix):
    rows = pl.DataFrame({"mass": [9, 2, 3], "stiffness": [1.5, 2.5, 3.5]})  # a mass of 9 is outside [1, 3]
    path = tmp_path / f"values{suffix}"
    rows.write_csv(path) if suffix == ".csv" else rows.write_parquet(path)
    design = ListDesign(file=str(path))
    assert design_size(design, SPRING, nominal_trial=True) == 4
    found = table(design, 4, trials=range(1, 4), parameters=SPRING)
    assert found.columns == ["trial", "seed", "stiffness", "mass", "side"]
    assert found["mass"].to_list() == [9.0, 2.0, 3.0]
    assert found["stiffness"].to_list() == [1.5, 2.5, 3.5]
    assert set(found["side"]) == {"left"}
    assert_frame_equal(table(design, 4, trials=range(2, 3), parameters=SPRING), found[1:2])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stiffness,mas\n1,2\n", "Parameter 'mas' is not in the study, but is a column of"),
        ("stiffness,mas\n1,2\n", "Did you mean 'mass'?"),
        ("stiffness\n1\n", "but is a parameter"),
        ("stiffness,mass\n1,\n2,3\n", "must have a value in every row, but row 0 (the first is 0) has none"),
        ("stiffness,mass\n1,heavy\n", "'mass' of"),
        ("stiffness,mass\n1,heavy\n", "must hold Float64, but holds String, such as ['heavy']"),
        ("stiffness,mass\n1,inf\n", "must hold finite numbers, but holds [inf]"),
        ("stiffness,mass\n1,2\n3,4\n", "the size of the list, 2 points and the nominal trial, but got 9"),
        ("", "cannot be read"),
    ],
)
def test_list_that_does_not_fit_is_refused_before_any_draw(tmp_path, text, message):
    path = tmp_path / "values.csv"
    path.write_text(text)
    with pytest.raises(StudyError) as caught:
        table(ListDesign(file=str(path)), 9, trials=range(0), parameters=SPRING)
    assert message in str(caught.value)


def test_list_that_is_missing_or_of_another_format_is_refused(tmp_path):
    with pytest.raises(StudyError, match="cannot be read"):
        table(ListDesign(file=str(tmp_path / "none.csv")), parameters=SPRING)
    with pytest.raises(StudyError, match=r"must be a \.csv or \.parquet file"):
        table(ListDesign(file=str(tmp_path / "values.xlsx")), parameters=SPRING)


def test_whole_numbers_beyond_64_bits_in_a_list_are_refused(tmp_path):
    path = tmp_path / "values.parquet"
    pl.DataFrame({"count": pl.Series([2**64 - 1], dtype=pl.UInt64)}).write_parquet(path)
    with pytest.raises(StudyError, match="must hold Int64"):
        table(ListDesign(file=str(path)), 1, parameters={"count": Integer(low=0, high=6)}, nominal_trial=False)


@pytest.mark.parametrize("design", ["random", "antithetic"])
def test_parameters_whose_names_share_a_crc_are_drawn_independently(design):
    names = {name: Normal(mean=0, std=1) for name in ("plumless", "buckeroo")}
    table = sample(names, design, 1, 400, range(400), False, {})
    # of independent numbers |r| < 4/sqrt(n) but for one study in 16,000; antithetic pairs count as one
    assert abs(np.corrcoef(table["plumless"], table["buckeroo"])[0, 1]) < 4 / np.sqrt(200)
