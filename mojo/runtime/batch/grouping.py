"""Which trials may stand side by side in one batch, and how what differs between them is stacked."""

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any

import mujoco
import numpy as np
from pydantic import BaseModel

from mojo.runtime.catalogue import model_key
from mojo.runtime.loads import Load
from mojo.runtime.loads.values import Table, Tables
from mojo.runtime.proximity import Proximity

# Sizes of what is drawn or collided with, which MjData does not hold.
_ASSETS = ("nmesh", "nskin", "nhfield", "ntex", "nbvh", "noct", "npoly", "nnames", "nbuffer", "npaths", "nmat")
_SIZES = [name for name in dir(mujoco.MjModel) if name.startswith("n") and not name.startswith(_ASSETS)]


def layout_key(model: mujoco.MjModel, loads: Sequence[Load], proximities: Sequence[Proximity]) -> Hashable:
    """Return what two trials must have in common to be stepped as one batch.

    That is the layout of their data, the names of their elements, the integrator and its timestep, and the loads and
    proximities but for their numbers.
    """
    sizes = tuple(size for name in _SIZES if isinstance(size := getattr(model, name), int))
    owners = (model.body_rootid, model.site_bodyid, model.geom_bodyid, model.jnt_bodyid, model.sensor_needstage)
    options = (model.opt.timestep, int(model.opt.integrator), model.opt.iterations)
    tree = tuple(array.tobytes() for array in owners)
    return (model_key(model), sizes, tree, options, structure(list(loads)), structure(list(proximities)))


def structure(value: Any) -> Hashable:
    """Return everything about a load but its numbers."""
    if isinstance(value, BaseModel):
        return type(value), tuple((name, structure(getattr(value, name))) for name in type(value).model_fields)
    if isinstance(value, partial):
        keywords = tuple((name, structure(given)) for name, given in sorted(value.keywords.items()))
        return partial, value.func, tuple(map(structure, value.args)), keywords
    if isinstance(value, tuple | list):
        return tuple(map(structure, value))
    if isinstance(value, Table):
        return Table
    return float if _is_number(value) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def stack(values: Sequence[Any]) -> Any:
    """Return values of one structure as one: numbers that differ become an array with one entry a trial."""
    first = values[0]
    if isinstance(first, BaseModel):
        fields = {name: stack([getattr(value, name) for value in values]) for name in type(first).model_fields}
        return first.model_copy(update=fields)
    if isinstance(first, partial):
        return _stack_partials(values)
    if isinstance(first, tuple | list):
        return tuple(stack(entries) for entries in zip(*values, strict=True))
    if all(value == first for value in values):
        return first
    if isinstance(first, Table):
        return Tables(tuple(values))
    numbers = np.array(values, dtype=float)
    numbers.flags.writeable = False  # they are read once, so that a change would act nowhere
    return numbers


def _stack_partials(values: Sequence[Any]) -> Callable[..., Any]:
    first = values[0]
    keywords = {name: stack([value.keywords[name] for value in values]) for name in first.keywords}
    return partial(first.func, *stack([value.args for value in values]), **keywords)
