"""Each trial begins from what the file or the code says: what outlasts a trial is refused before any job."""

from pathlib import Path

import mujoco
import pytest

from mojo import MojoModel
from mojo.errors import ModelError, StudyError
from mojo.study.frozen import Code
from mojo.trial.context import Context
from mojo.trial.fresh import SharedSpec, hand_over
from mojo.trial.generate import generate
from mojo.trial.preflight import preflight
from tests.conftest import Freeze

MODULE = """
import itertools, random, time
import mujoco, numpy as np
from mojo import VectorForce

XML = '''<mujoco><worldbody><body name="b"><joint name="j" type="slide"/><geom name="g" size=".1" mass="1"/>
<site name="s"/></body></worldbody></mujoco>'''
SPEC = mujoco.MjSpec.from_string(XML)
CHILD = mujoco.MjSpec.from_string(XML)
SIZE = np.full(3, 0.1)
LOADS, CALLS = [], itertools.count()
PUSH = VectorForce(name="push", action_site="s", force=(1.0, 0.0, 0.0))


def generate(mojo_model, overrides):
    mojo_model.spec = XML
{body}
    return mojo_model
"""
SHARED = "The generator handed over the MjSpec that it had handed over for trial 0 before: what one trial changes in it"
AGAIN = "generator: trial 0 comes out otherwise when it is generated again after others: "


@pytest.fixture
def check(freeze: Freeze, tmp_path: Path):
    """Return a function that runs the preflight of a study whose generator has these lines in it."""

    def run(*lines: str, **changes) -> list[str]:
        module = tmp_path / "drop.py"
        module.write_text(MODULE.replace("{body}", "\n".join(f"    {line}" for line in lines)))
        _, _, advice = preflight(freeze(generator=f"{module}:generate", **changes))
        return advice

    return run


@pytest.mark.parametrize(
    "lines",
    [
        ['SPEC.geom("g").mass *= 1 + mojo_model["height"]', "mojo_model.spec = SPEC"],
        ["return SPEC"],  # as it is, so that nobody can tell who changes it next
        ["mojo_model.spec = SPEC", "mojo_model = mojo_model.with_seed(1)", "mojo_model.spec = SPEC"],
    ],
)
def test_a_spec_that_two_trials_share_is_refused(check, lines):
    with pytest.raises(StudyError, match=SHARED):
        check(*lines)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (['SPEC.geom("g").mass *= 2', "mojo_model.spec = SPEC.copy()"], 'model.xml says <geom name="g" .*mass="8"'),
        (["SIZE[:] *= 2", 'mojo_model.spec.geom("g").size = SIZE'], r'model.xml says <geom name="g" size="0.8'),
        (["SIZE[:] *= 2", "mojo_model.user_data = {'size': SIZE}"], r"user_data holds \('size'"),
        (["mojo_model.loads = LOADS", "LOADS.append(PUSH.model_copy(update={'name': f'{LOADS}'}))"], "loads holds"),
        (["mojo_model.loads = [PUSH]", "PUSH.start = (PUSH.start or 0.0) + 1.0"], r"loads holds .*3.0"),
        (["mojo_model.signals = ['Joints/j:qpos', 'Bodies/b'][: 1 + (next(CALLS) > 1)]"], "signals holds"),
        (['mojo_model.spec.geom("g").mass = 1 + time.perf_counter()'], 'model.xml says .*mass="'),
        (['mojo_model.spec.attach(CHILD, site="s", prefix="c_")'], "ValueError: .* already attached by reference"),
    ],
    ids=["copied-too-late", "array", "handed-on", "list-of-loads", "load", "counter", "clock", "attached-child"],
)  # fmt: skip
def test_what_one_trial_leaves_for_the_next_is_refused_with_what_it_changes(check, lines, found):
    with pytest.raises(StudyError, match=AGAIN + found):
        check(*lines)


@pytest.mark.parametrize(
    "lines",
    [
        ["spec = SPEC.copy()", 'spec.geom("g").mass *= 1 + mojo_model["height"]', "mojo_model.spec = spec"],
        ["return SPEC.copy()"],
        ['mojo_model.spec.geom("g").size = SIZE * (1 + mojo_model["height"])'],
        ["mojo_model.loads = [PUSH]", "PUSH.start = mojo_model['height']"],  # set anew in each trial
        ['mojo_model.spec.attach(CHILD.copy(), site="s", prefix="c_")'],
    ],
)
def test_a_generator_that_copies_before_it_changes_is_as_good_as_one_that_parses(check, lines):
    assert check(*lines) == []


@pytest.mark.parametrize(("after", "count", "found", "size"), [(1, 8, 3, "0.4"), (5, 20, 15, "102.4")])
def test_what_goes_wrong_after_some_trials_only_is_found_while_they_are_generated(
    check, freeze, layout, tmp_path, after, count, found, size
):
    body = f"SIZE[:] *= 1 + (mojo_model.trial_num > {after})", 'mojo_model.spec.geom("g").size = SIZE'
    assert check(*body, n_trial=count) == []  # nothing shows in the first trials
    frozen = freeze(generator=f"{tmp_path / 'drop.py'}:generate", n_trial=count)
    code = {"generator": Code(reference=frozen.study.generator, files={})}
    context = Context(layout, frozen.model_copy(update={"code": code}))
    failed = {}
    for trial in range(count):
        try:
            generate(context, {"trial": trial, "seed": 1, "height": 0.5}, layout.trial(trial))
        except ModelError as error:
            failed[trial] = str(error)
    assert list(failed) == [found]
    assert failed[found].startswith(AGAIN + f'model.xml says <geom name="g" size="{size}')  # 0.1 · 2^(found - after)


def test_what_changes_a_name_only_is_told_as_advice(check):
    [advice] = check("mojo_model.named.set('call', next(CALLS))")
    assert "trial 0 comes out otherwise when it is generated again after others: named holds" in advice


def test_a_study_of_one_trial_may_keep_its_spec(check):
    assert check("mojo_model.spec = SPEC", n_trial=1) == []


def test_a_spec_is_another_once_the_old_one_is_gone():
    for trial in range(3):
        hand_over(MojoModel(mujoco.MjSpec(), trial_num=trial))
    shared = mujoco.MjSpec()
    hand_over(MojoModel(shared, trial_num=4))
    with pytest.raises(SharedSpec, match="for trial 4 before"):
        hand_over(MojoModel(shared, trial_num=5))


@pytest.mark.parametrize("given", ["mojo_model.spec", "mojo_model.spec, seed=mojo_model.seed, trial_num=0", "XML"])
def test_another_mojo_model_than_the_trials_is_refused(check, given: str):
    with pytest.raises(StudyError, match="The generator returned another MojoModel than the one that it was given"):
        check("from mojo import MojoModel", f"return MojoModel({given})")


def test_a_copy_of_the_trials_mojo_model_is_the_trials(check):
    assert check("copy = mojo_model.with_overrides({})", "copy.spec = XML", "return copy") == []
