"""MojoModel: draws that have an address, overrides that win, and a config.json that gives it all back."""

import json
import random
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest

from mojo.distributions import CorrelatedNormal, Normal
from mojo.errors import ModelError
from mojo.model.mojo_model import MojoModel
from mojo.runtime.loads import PointToPointForce, loads_from
from mojo.runtime.proximity import Proximity, proximities_from

MASS = Normal(mean=1.0, std=0.1, nominal=1.05, unit="kg", description="Of the tip")
WIND = CorrelatedNormal(names=["x", "y"], mean=[0, 0], std=[1, 1], correlation=[[1, 0.5], [0.5, 1]], nominal=[3, 4])


def test_a_draw_depends_on_seed_trial_and_name_alone():
    first = MojoModel(seed=7, trial_num=3).draw("mass", MASS)
    later = MojoModel(seed=7, trial_num=3)
    later.draw("length", MASS)
    later.rng("mass").normal(size=100)
    assert later.draw("mass", MASS) == first
    others = [MojoModel(seed=8, trial_num=3), MojoModel(seed=7, trial_num=4)]
    assert first not in [other.draw("mass", MASS) for other in others]
    assert MojoModel(seed=7, trial_num=3).draw("size", MASS) != first


def test_trials_with_one_draw_number_meet_the_same_draws_also_when_loaded():
    first, second = (MojoModel(seed=7, trial_num=trial, draw_num=0) for trial in (3, 4))
    assert first.draw("mass", MASS) == second.draw("mass", MASS)
    loaded = MojoModel.load(second.dump(), [], [], Path("model.xml"))
    assert loaded.rng("wind").normal() == first.rng("wind").normal()


def test_a_generator_that_is_asked_for_again_goes_on_where_it_was():
    model, other = (MojoModel(seed=7, trial_num=3) for _ in range(2))
    expected = model.rng("ground").normal(size=4)
    np.testing.assert_array_equal([other.rng("ground").normal() for _ in range(4)], expected)
    assert model.rng("wind").normal() != expected[0]


def test_no_stage_and_no_draw_repeats_the_numbers_of_another():
    model = MojoModel(seed=7, trial_num=3)
    found = [model.draw("mass", {"distribution": "uniform", "low": 0, "high": 1})]
    for stage in ("generate", "simulate", "objective", "requirement soft", "requirement upright"):
        model.begin_stage(stage)
        found += [*(model.rng("mass").random() for _ in range(3)), np.random.random(), random.random()]
    assert len(set(found)) == len(found)
    model.begin_stage("simulate")
    assert [model.rng("mass").random() for _ in range(3)] == found[6:9]
    assert np.random.random() == found[9]


def test_a_copy_draws_on_only_where_its_address_is_the_same():
    model = MojoModel(mujoco.MjSpec(), seed=7, trial_num=3)
    first = model.rng("wind").random()
    assert model.with_seed(7).rng("wind").random() == first
    assert model.with_trial_num(3).rng("wind").random() == first
    assert first not in (model.with_seed(8).rng("wind").random(), model.with_trial_num(4).rng("wind").random())
    assert model.with_overrides({"mass": 1.0}).rng("wind").random() != first
    model.seed = 8
    assert model.rng("wind").random() == model.with_seed(8).rng("wind").random()


def test_a_draw_is_a_named_value_with_unit_and_source():
    model = MojoModel(seed=7)
    value = model.draw("mass", MASS)
    named = model.named["mass"]
    assert (named.value, named.unit, named.source, named.description) == (value, "kg", "draw", "Of the tip")
    assert model["mass"] == value


def test_a_draw_may_be_written_as_in_a_study_file():
    written = {"distribution": "normal", "mean": 1.0, "std": 0.1}
    assert MojoModel(seed=7).draw("mass", written) == MojoModel(seed=7).draw("mass", MASS)
    with pytest.raises(ModelError, match="`std > 0` must hold, but got std=-1"):
        MojoModel().draw("mass", written | {"std": -1.0})


def test_drawing_a_name_twice_is_an_error():
    model = MojoModel()
    model.draw("mass", MASS)
    with pytest.raises(ModelError, match="Named value 'mass' is set twice"):
        model.draw("mass", MASS)


def test_the_nominal_trial_takes_the_nominal_where_there_is_one():
    model = MojoModel(seed=7, nominal=True)
    assert model.draw("mass", MASS) == 1.05
    assert model.named["mass"].source == "nominal"
    free = model.draw("length", {"distribution": "normal", "mean": 1.0, "std": 0.1})
    assert free == MojoModel(seed=7).draw("length", {"distribution": "normal", "mean": 1.0, "std": 0.1})
    assert model.named["length"].source == "draw"


def test_an_override_wins_over_draw_and_nominal_and_is_recorded_as_such():
    for nominal in (False, True):
        model = MojoModel(seed=7, nominal=nominal, overrides={"mass": 9.0})
        assert model.draw("mass", MASS) == 9.0
        assert (model.named["mass"].source, model.named["mass"].unit) == ("override", "kg")


def test_correlated_numbers_are_drawn_together_and_overridden_one_by_one():
    drawn = MojoModel(seed=7).draw("wind", WIND)
    assert list(drawn) == ["x", "y"]
    model = MojoModel(seed=7, overrides={"y": 5.0})
    assert model.draw("wind", WIND) == {"x": drawn["x"], "y": 5.0}
    assert [model.named[name].source for name in "xy"] == ["draw", "override"]
    assert MojoModel(nominal=True).draw("wind", WIND) == {"x": 3.0, "y": 4.0}


def test_an_override_that_nothing_asks_for_lists_what_was_asked_for():
    model = MojoModel(overrides={"mas": 9.0})
    model.draw("mass", MASS)
    model.overrides.get("length", 1.0)
    with pytest.raises(ModelError, match=r"Override 'mas' is not in use.* Did you mean 'mass'\? It has: length, mass."):
        model.overrides.check_all_asked()


@pytest.mark.parametrize("ask", [lambda o: o["mass"], lambda o: o.get("mass"), lambda o: "mass" in o])
def test_a_generator_asks_for_an_override_in_any_way_a_dict_allows(ask):
    model = MojoModel(overrides={"mass": 9.0})
    assert ask(model.overrides)
    model.overrides.check_all_asked()


def test_copies_with_another_seed_trial_or_override_leave_the_original_alone():
    model = MojoModel(mujoco.MjSpec.from_string("<mujoco/>"), seed=1, trial_num=2, overrides={"mass": 1.0})
    model.named.set("height", 0.5)
    model.signals = ["Joints/*:qpos"]
    twins = [model.with_seed(5), model.with_trial_num(6), model.with_overrides({"length": 2.0})]
    assert [(twin.seed, twin.trial_num) for twin in twins] == [(5, 2), (1, 6), (1, 2)]
    assert dict(twins[2].overrides) == {"mass": 1.0, "length": 2.0}
    twins[0].named.set("width", 0.1)
    twins[0].spec.worldbody.add_body(name="box")
    twins[0].signals.append("Energy:kinetic")
    twins[0].proximities.append(Proximity(name="gap", a="site:a", b="site:b"))
    assert "width" not in model.named
    assert model.spec.body("box") is None
    assert model.signals == ["Joints/*:qpos"]
    assert model.proximities == []
    assert dict(model.overrides) == {"mass": 1.0}


def test_everything_but_the_spec_comes_back_from_config_json(tmp_path: Path):
    model = MojoModel(seed=2**62, trial_num=3, nominal=True, overrides={"mass": 0.1 + 0.2})
    model.draw("mass", MASS)
    model.loads = [PointToPointForce.ideal_spring("spring", "a", "b", stiffness=0.1, damping=1e-9, rest_length=0.3)]
    model.proximities = [Proximity(name="gap", a="geom:foot", b="body:wall", max_distance=0.1)]
    model.signals = ["Joints/*:qpos"]
    (tmp_path / "model.xml").write_text("<mujoco model='hand'/>")
    dumped = json.loads(json.dumps(model.dump()))
    found = MojoModel.load(
        dumped, loads_from(dumped["loads"]), proximities_from(dumped["proximities"]), tmp_path / "model.xml"
    )
    assert found.dump() == model.dump()
    assert found.loads == model.loads
    assert found.proximities == model.proximities
    assert found["mass"] == 0.1 + 0.2
    assert found.spec.modelname == "hand"


def test_what_the_generator_has_decided_cannot_be_changed_by_a_later_stage():
    found = MojoModel.load(MojoModel().dump(), [], [], Path("model.xml"))
    for name in ("loads", "proximities", "signals", "recorders"):
        with pytest.raises(ModelError, match=rf"mojo_model.{name} cannot be set any more. The generator has decided"):
            setattr(found, name, [])
        for change in (lambda held: held.append(1), lambda held: held.clear(), lambda held: held.__iadd__([1])):
            with pytest.raises(ModelError, match=r"cannot be changed any more\. The generator has decided"):
                change(getattr(found, name))
    with pytest.raises(ModelError, match=r"mojo_model.spec cannot be set any more.* A runtime changes mj_model"):
        found.spec = "<mujoco/>"


def test_a_draw_that_is_no_distribution_says_what_is_wrong():
    with pytest.raises(ModelError, match=r"^Draw 'mass': `low < high` must hold, but got low=2, high=1$"):
        MojoModel().draw("mass", {"distribution": "uniform", "low": 2, "high": 1})
    with pytest.raises(
        ModelError, match=r"^Draw 'mass': Distribution 'unifrom' is not in mojo. Did you mean 'uniform'"
    ):
        MojoModel().draw("mass", {"distribution": "unifrom", "low": 1, "high": 2})
    with pytest.raises(ModelError, match=r"^Draw 'mass': std: Field required; sd: Extra inputs are not permitted$"):
        MojoModel().draw("mass", {"distribution": "normal", "mean": 1, "sd": 2})


def test_the_spec_may_be_given_as_text_or_path(tmp_path: Path):
    mojo_model, path = MojoModel(), tmp_path / "model.xml"
    mojo_model.spec = "<mujoco><worldbody><geom name='ball' size='1'/></worldbody></mujoco>"
    path.write_text(mojo_model.spec.to_xml())
    mojo_model.spec = path
    mojo_model.check()
    assert mojo_model.spec.geom("ball") is not None
    with pytest.raises(ModelError, match=r"must be a mujoco.MjSpec, MJCF text or a path, but is a MjModel\.$"):
        mojo_model.spec = mojo_model.spec.compile()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("signals", "Joints/*:qpos", r"signals must be a list of names of signals, but is 'Joints/\*:qpos'"),
        ("loads", ["spring"], "loads must be a list of mojo's loads, but has 'spring' in it"),
    ],
)
def test_what_a_generator_leaves_in_the_lists_is_checked(name: str, value: Any, message: str):
    mojo_model = MojoModel(mujoco.MjSpec())
    with pytest.raises(ModelError, match=message):
        setattr(mojo_model, name, value)
        mojo_model.check()


def test_a_model_without_a_spec_is_refused():
    with pytest.raises(ModelError, match=r"never set mojo_model\.spec"):
        MojoModel().check()


def test_a_spec_that_a_runtime_changes_to_no_effect_is_told(tmp_path: Path):
    (tmp_path / "model.xml").write_text(
        "<mujoco><worldbody><body name='b'><geom size='.1'/></body></worldbody></mujoco>"
    )
    loaded = MojoModel.load(MojoModel().dump(), [], [], tmp_path / "model.xml")
    loaded.check_spec_unchanged()
    assert loaded.spec.body("b").name == "b"
    loaded.check_spec_unchanged()
    loaded.spec.geoms[0].size[0] = 0.2
    with pytest.raises(ModelError, match=r"changed mojo_model\.spec, to no effect.* A runtime changes mj_model"):
        loaded.check_spec_unchanged()
