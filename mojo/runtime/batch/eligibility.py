"""Why trials cannot be stepped by the batch engine, if they cannot."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import mujoco
import numpy as np
from pydantic import BaseModel

from mojo.errors import MojoError, one_line
from mojo.runtime.batch.grouping import stack, structure
from mojo.runtime.batch.plant import BatchPlant
from mojo.runtime.batch.simulation import new_batch
from mojo.runtime.batch.stacked import VELOCITY_STAGE
from mojo.runtime.loads import Load
from mojo.runtime.loads.single import SinglePlant
from mojo.runtime.signals import Chosen
from mojo.runtime.stages import may_sleep
from mojo.shared_random import watch_shared

_OWN_DATA = ("contacts", "energy")  # what is computed from each trial's own MjData
_PROBES = ((0.0, 0.01), (0.37, 0.1), (1.91, 1.0))  # simulated time [s], and how far the state is moved
_TOLERANCE = 1e-9  # relative; a function that mixes up trials is off by far more


def why_not(models: Sequence[mujoco.MjModel], loads: Sequence[Sequence[Load]], chosen: Sequence[Chosen]) -> str | None:
    """Return why trials like these need the loop engine, or None if they may be stepped as a batch.

    Args:
        models: The models of two trials.
        loads: Their loads.
        chosen: What is recorded of them.
    """
    model = models[0]
    if model.nplugin:
        return "the model has plugins, which may keep a state of their own"
    if model.nhistory:
        return "sensors or actuators with a delay keep a history"
    if called := _callbacks():
        return f"MuJoCo calls {', '.join(called)}, which sees one simulation at a time"
    if may_sleep(model):
        return "the model lets bodies sleep"
    for choice in chosen:
        if choice.address[0] in _OWN_DATA:
            return f"the signal '{choice.column.name}' is computed from each trial's own MjData"
    if structure(tuple(loads[0])) != structure(tuple(loads[1])):
        return None  # they will stand in batches of their own, and nothing can be said of their functions
    return next(_not_vectorised(models, loads), None)


def _callbacks() -> list[str]:
    """Return the names of MuJoCo's callbacks that user code has set; the clock of its timers is mojo's own."""
    getters = [name for name in dir(mujoco) if name.startswith("get_mjcb_") and name != "get_mjcb_time"]
    return [name.removeprefix("get_") for name in getters if getattr(mujoco, name)() is not None]


def _not_vectorised(models: Sequence[mujoco.MjModel], loads: Sequence[Sequence[Load]]) -> Iterator[str]:
    for pair in zip(*loads, strict=True):
        names = [_name(function) for function in functions(pair[0])]
        if names:
            drawn = watch_shared()
            problem = _probe(models, pair)
            if generators := drawn():
                problem = f"it draws from {' and '.join(generators)}, whose numbers all trials would share"
            if problem is not None:
                yield f"the load '{pair[0].name}' calls {', '.join(names)}, which is not vectorised: {problem}"


def functions(value: Any) -> list[Callable[..., Any]]:
    """Return the user's functions in a load."""
    if isinstance(value, BaseModel):
        return [found for name in type(value).model_fields for found in functions(getattr(value, name))]
    if isinstance(value, tuple | list):
        return [found for entry in value for found in functions(entry)]
    return [value] if callable(value) else []


def _name(function: Callable[..., Any]) -> str:
    inner = function.func if isinstance(function, partial) else function
    return getattr(inner, "__qualname__", repr(inner))


def _probe(models: Sequence[mujoco.MjModel], loads: Sequence[Load]) -> str | None:
    """Return how a load fails to act on two simulations at once as it does on each, in three states."""
    rng = np.random.default_rng(0)
    tried = False
    for time, scale in _PROBES:
        batch = new_batch(models, persistent=True)
        for number, model in enumerate(models):
            mujoco.mj_integratePos(model, batch.qpos[number], rng.normal(scale=scale, size=model.nv), 1.0)
            batch.qvel[number] = rng.normal(scale=scale, size=model.nv)
        batch.time[:] = time
        try:
            expected = [_alone(models[n], load, batch.state[n], time) for n, load in enumerate(loads)]
        except MojoError:
            continue  # the functions refuse this state, which the trial need never reach
        tried = True
        problem = _side_by_side(models, stack(loads), batch, time, np.transpose(expected))
        if problem is not None:
            return problem
    return None if tried else "it fails in every state that was tried"


def _alone(model: mujoco.MjModel, load: Load, state: np.ndarray, time: float) -> list[float]:
    data = mujoco.MjData(model)
    mujoco.mj_setState(model, data, state, mujoco.mjtState.mjSTATE_INTEGRATION)
    mujoco.mj_step1(model, data)
    hand = load.model_copy().bind(SinglePlant(model, data))  # a copy, since to act fixes a load
    hand.apply(time)
    return list(hand.record)


def _side_by_side(
    models: Sequence[mujoco.MjModel], load: Load, batch: Any, time: float, expected: np.ndarray
) -> str | None:
    plant = BatchPlant(models, batch)
    batch.forward(stage=VELOCITY_STAGE)
    hand = load.bind(plant)
    batch.forward(stage=VELOCITY_STAGE)
    plant.begin()
    try:
        hand.apply(time)
        found = [np.broadcast_to(value, len(models)) for value in hand.record]
    except Exception as error:  # noqa: BLE001 - whatever a user's function raises says that it takes no arrays
        return one_line(error)
    if plant.suspects.any() or not np.allclose(found, expected, rtol=_TOLERANCE, atol=0.0):
        return "two trials at once get other values than each of them alone"
    return None
