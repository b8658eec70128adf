"""Legible: what MuJoCo's writer would say in a way that its reader refuses, said otherwise while a spec is written."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import mujoco

_UNSET = -1
_CHANGED = ("ipos", "iquat", "fullinertia", "inertia")
_UNTURNED = [1.0, 0.0, 0.0, 0.0]


@contextmanager
def legible(spec: mujoco.MjSpec, model: mujoco.MjModel) -> Iterator[None]:
    """Let `spec` be written such that it can be read; afterwards it is as it was.

    - A body whose inertia counts, but which says not where its centre of mass is: MuJoCo compiles it with the centre in
      the body frame's origin, writes an <inertial> without `pos` or none, and reads neither.
    - `memory` beside `njmax` or `nstack`: MuJoCo takes the memory, writes all, and reads one of them alone.

    Args:
        spec: A compiled spec.
        model: What it compiled to.
    """
    bodies = [body for body in spec.bodies if _lacks_centre(body, model)]
    given = [{name: getattr(body, name).copy() for name in _CHANGED} for body in bodies]
    kinds = [body.ialt.type for body in bodies]
    sizes = spec.njmax, spec.nstack
    try:
        for body in bodies:
            body.ipos[:], body.iquat[:] = 0.0, model.body_iquat[body.id]  # see turned_inertia
            body.ialt.type = mujoco.mjtOrientation.mjORIENTATION_QUAT
            if _has_products(body):
                body.fullinertia[0] = math.nan
                body.inertia[:] = model.body_inertia[body.id]
        if spec.memory != _UNSET:
            spec.njmax = spec.nstack = _UNSET
        yield
    finally:
        for body, kind, arrays in zip(bodies, kinds, given, strict=True):
            body.ialt.type = kind
            for name, array in arrays.items():
                getattr(body, name)[:] = array
        spec.njmax, spec.nstack = sizes


def turned_inertia(spec: mujoco.MjSpec) -> str:
    """Return a word on bodies whose inertia MuJoCo turns, "" if there are none.

    Where a body has an inertia and no ipos, MuJoCo 3.17 lays the principal moments along the axes of the body frame,
    whatever its fullinertia, iquat or ialt.
    """
    for body in spec.bodies:
        if math.isnan(body.ipos[0]) and (_has_products(body) or _is_turned(body)):
            return (
                f"Body '{body.name}' has an inertia about axes of its own (fullinertia, iquat or ialt) and no ipos: "
                "MuJoCo then takes its principal moments about the axes of the body. Set its ipos as well, [0, 0, 0] "
                "for the body's origin."
            )
    return ""


def _has_products(body: mujoco.MjsBody) -> bool:
    return not math.isnan(body.fullinertia[0])


def _is_turned(body: mujoco.MjsBody) -> bool:
    return body.ialt.type != mujoco.mjtOrientation.mjORIENTATION_QUAT or body.iquat.tolist() != _UNTURNED


def _lacks_centre(body: mujoco.MjsBody, model: mujoco.MjModel) -> bool:
    """Return whether the compiled body has the inertia that the spec gives, around a centre that it does not give."""
    if not (body.explicitinertial or body.mass > 0) or not math.isnan(body.ipos[0]):
        return False
    # Without explicitinertial the geoms' inertia wins, where they have mass.
    return bool(body.explicitinertial or not model.body_geomnum[body.id] or model.body_mass[body.id] == body.mass)
