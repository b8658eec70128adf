"""What is changed once a run has begun acts from the next step on, or is refused."""

import mujoco
import numpy as np
import polars as pl
import pytest

from mojo.errors import ModelError
from mojo.runtime.batch.manager import BatchRuntimeManager
from mojo.runtime.batch.simulation import new_batch
from mojo.runtime.loads import VectorForce
from mojo.runtime.manager import RuntimeManager
from mojo.runtime.proximity import Proximity
from mojo.runtime.signals import SignalManager
from mojo.runtime.stops import StopCondition
from mojo.runtime.telemetry import TelemetryWriter

BODY = """
<mujoco>
  <option gravity="0 0 0" timestep="0.01" integrator="{integrator}"/>
  <worldbody>
    <geom name="wall" type="box" size=".1 1 1" pos="5 0 0"/>
    <body name="b"><freejoint name="root"/><geom name="g" size=".1" mass="1"/><site name="s"/></body>
  </worldbody>
</mujoco>
"""


def build(integrator="Euler"):
    model = mujoco.MjModel.from_xml_string(BODY.format(integrator=integrator))
    return model, mujoco.MjData(model)


def push(name="push", force=1.0):
    return VectorForce(name=name, action_site="s", force=(force, 0.0, 0.0))


def another(manager):
    manager.loads[0] = push("another")


CHANGES = {
    "a load is appended": lambda manager: manager.loads.append(push("late")),
    "loads are added": lambda manager: manager.loads.__iadd__([push("late")]),
    "a load is removed": lambda manager: manager.loads.pop(),
    "a load is replaced": another,
    "a load is deleted": lambda manager: manager.loads.__delitem__(0),
    "loads are cleared": lambda manager: manager.loads.clear(),
    "loads are assigned": lambda manager: setattr(manager, "loads", [push("late")]),
    "loads are sorted": lambda manager: manager.loads.sort(key=lambda load: load.name),
    "a proximity is appended": lambda manager: manager.proximities.append(Proximity(name="p", a="body:b", b="site:s")),
    "proximities are assigned": lambda manager: setattr(manager, "proximities", []),
    "a proximity is changed": lambda manager: setattr(manager.proximities[0], "max_distance", 1.0),
    "a condition is appended": lambda manager: manager.conditions.append(
        StopCondition(name="c", signal="Joints/root/qpos:x", when="outside", max=1)
    ),
    "conditions are assigned": lambda manager: setattr(manager, "conditions", []),
    "a signal is requested": lambda manager: manager.signals.request("Bodies/b"),
    "a pattern is appended": lambda manager: manager.signals.patterns.append("Bodies/b"),
    "patterns are assigned": lambda manager: setattr(manager.signals, "patterns", ["Bodies/b"]),
    "a request is appended": lambda manager: manager.signals.requested.append("Bodies/b"),
    "a load's force is changed": lambda manager: setattr(manager.loads[0], "force", (5.0, 0.0, 0.0)),
    "a load's start is changed": lambda manager: setattr(manager.loads[0], "start", 3.0),
    "a load is switched by what is no bool": lambda manager: setattr(manager.loads[0], "active", "off"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_could_not_act_any_more_is_refused(tmp_path, change):
    model, data = build()
    gap = Proximity(name="gap", a="geom:g", b="geom:wall")
    with RuntimeManager(tmp_path / "t.parquet", [push()], proximities=[gap]) as manager:
        manager.step(model, data)
        with pytest.raises(ModelError):
            change(manager)
        manager.step(model, data)
    assert data.qvel[0] == pytest.approx(0.02)


EARLY = {name: change for name, change in CHANGES.items() if "no bool" not in name}  # that is refused at any time


@pytest.mark.parametrize("change", EARLY.values(), ids=EARLY.keys())
def test_before_the_first_step_the_same_acts(tmp_path, change):
    model, data = build()
    gap = Proximity(name="gap", a="geom:g", b="geom:wall")
    with RuntimeManager(tmp_path / "t.parquet", [push()], proximities=[gap]) as manager:
        change(manager)
        pushes = sum(float(load.force[0]) for load in manager.loads if load.start is None)
        measured = [proximity.max_distance for proximity in manager.proximities]
        manager.step(model, data)
    assert data.qvel[0] == pytest.approx(0.01 * pushes)
    table = pl.read_parquet(tmp_path / "t.parquet")
    found = {name.split("/")[1] for name in table.columns if name.startswith("Loads")}
    asked = bool(manager.signals.patterns)
    assert found == (set() if asked else {load.name for load in manager.loads})
    assert sum(name.endswith(":distance") for name in table.columns) == (0 if asked else len(measured))
    if 1.0 in measured:
        assert table["Proximities/gap:distance"][0] == 1.0
    assert any(name.startswith("Bodies/b") for name in table.columns) == (asked or bool(manager.signals.requested))


def test_a_refusal_says_what_to_do():
    model, data = build()
    manager = RuntimeManager()
    manager.step(model, data)
    with pytest.raises(ModelError, match=r"RuntimeManager\.loads cannot be changed any more\. .* with a `start`"):
        manager.loads.append(push())
    with pytest.raises(ModelError, match=r"RuntimeManager\.conditions cannot .* or call `stop` at any time"):
        manager.conditions.append(StopCondition(name="c", signal="time", when="outside", max=1))


def test_what_is_no_list_is_refused():
    with pytest.raises(ModelError, match=r"RuntimeManager\.loads must be a list of loads, but is 'push'"):
        RuntimeManager().loads = "push"


def test_a_load_is_switched_between_two_steps_also_by_what_numpy_compares():
    model, data = build()
    with RuntimeManager(loads=[load := push()]) as manager:
        for _ in range(4):
            load.active = data.qvel[0] < 0.015  # a numpy.bool
            manager.step(model, data)
    assert data.qvel[0] == pytest.approx(0.02)


def test_what_does_not_fit_a_load_is_refused_when_it_is_set():
    load = push()
    with pytest.raises(ModelError, match="VectorForce 'push': force"):
        load.force = (1.0, 2.0)
    load.start = 2.0
    with pytest.raises(ModelError, match="start < stop must hold"):
        load.stop = 1.0
    assert (load.start, load.stop, load.force) == (2.0, None, (1.0, 0.0, 0.0))
    load.force = (1, [(0.0, 0.0), (1.0, 2.0)], 0)
    assert load.force[1].at(0.5) == 1.0


@pytest.mark.parametrize(("duration", "steps"), [(0.1, 10), (0.02, 3), (None, 15)])
def test_a_duration_that_is_changed_ends_the_run_at_its_time_or_at_once(duration, steps):
    model, data = build()
    with RuntimeManager(duration=0.05) as manager:
        for step in range(15):
            if step == 3:
                manager.duration = duration
            if manager.stopped:
                break
            manager.step(model, data)
    assert manager.steps == steps


def test_a_timestep_that_is_changed_leaves_the_duration(tmp_path):
    model, data = build()
    with RuntimeManager(tmp_path / "t.parquet", [push()], duration=0.1) as manager:
        while not manager.stopped:
            manager.step(model, data)
            if manager.steps == 5:
                model.opt.timestep = 0.005
    assert data.time == pytest.approx(0.1)
    assert manager.steps == 15


def test_an_integrator_that_is_changed_acts_from_the_next_step_on():
    (model, data), (other, plain) = build(), build()
    data.qvel[3:] = plain.qvel[3:] = 1.0, 2.0, 3.0
    with RuntimeManager(loads=[VectorForce(name="f", action_site="s", force=(1, 0, 0))]) as manager:
        for _ in range(2):
            manager.step(model, data)
            plain.xfrc_applied[1, 0] = 1.0
            mujoco.mj_step(other, plain)
            model.opt.integrator = other.opt.integrator = mujoco.mjtIntegrator.mjINT_RK4
    assert data.qpos.tobytes() == plain.qpos.tobytes()


def test_another_model_for_the_same_data_is_refused():
    model, data = build()
    manager = RuntimeManager()
    manager.step(model, data)
    with pytest.raises(ModelError, match="follows one mj_model and one mj_data"):
        manager.step(build()[0], data)


def test_side_by_side_the_same_is_refused_after_the_first_step(tmp_path):
    models = [build()[0] for _ in range(2)]
    writers = [TelemetryWriter(tmp_path / f"{number}.parquet") for number in range(2)]
    manager = BatchRuntimeManager([[push()], [push(force=2.0)]], [[]] * 2, [], writers)
    batch = new_batch(models, persistent=True)
    manager.loads.append(VectorForce(name="more", action_site="s", force=(1.0, 0.0, 0.0)))
    manager.step(models, batch)
    np.testing.assert_allclose(batch.qvel[:, 0], [0.02, 0.03])
    for change in ("a load is appended", "loads are assigned", "a signal is requested", "patterns are assigned"):
        with pytest.raises(ModelError):
            CHANGES[change](manager)
    with pytest.raises(ModelError, match="follows one batch and its mj_models"):
        manager.step([build()[0] for _ in range(2)], batch)


def test_models_that_a_vectorized_runtime_changes_before_its_first_step_count(tmp_path):
    models = [build()[0] for _ in range(2)]
    writers = [TelemetryWriter(tmp_path / f"{number}.parquet") for number in range(2)]
    manager = BatchRuntimeManager([[push()]] * 2, [[]] * 2, [], writers)
    batch = new_batch(models, persistent=True)
    models[1].body_mass[1] *= 2.0
    models[1].body_inertia[1] *= 2.0
    mujoco.mj_setConst(models[1], mujoco.MjData(models[1]))
    manager.step(models, batch)
    np.testing.assert_allclose(batch.qvel[:, 0], [0.01, 0.005])


@pytest.mark.parametrize("value", [0, 0.0, np.bool_(False), np.int64(0)])
def test_a_load_is_switched_by_any_number_that_is_true_or_false(value):
    model, data = build()
    with RuntimeManager(loads=[push()]) as manager:
        manager.step(model, data)
        manager.loads[0].active = value
        assert manager.loads[0].active is False


@pytest.mark.parametrize("value", ["off", None, 0.5, np.array([True, False])])
def test_what_is_no_switch_is_told_as_that(value):
    model, data = build()
    with RuntimeManager(loads=[push()]) as manager:
        manager.step(model, data)
        with pytest.raises(ModelError, match="active must be true or false, of a batch for all alike, but got"):
            manager.loads[0].active = value


def test_signals_are_not_replaced_which_would_lose_what_is_posted():
    manager = RuntimeManager()
    with pytest.raises(ModelError, match="signals can be read, not set"):
        manager.signals = SignalManager()
