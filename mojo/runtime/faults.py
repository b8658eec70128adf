"""Faults: what MuJoCo's warnings say of a simulation that must not count, and what to do about it."""

from typing import ClassVar

import mujoco

from mojo.errors import ModelError, TrialError, unknown
from mojo.model.elements import label
from mojo.runtime.witness import WRITTEN, element

NAMES = {
    int(kind): name.removeprefix("mjWARN_")
    for name, kind in mujoco.mjtWarning.__members__.items()
    if name.startswith("mjWARN_")
}
_FIELDS = {"BADQPOS": "qpos", "BADQVEL": "qvel", "BADQACC": "qacc"}
BAD = [kind for kind, name in NAMES.items() if name in _FIELDS]
"""Warnings after which MuJoCo resets the simulation."""
ALLOWABLE = [name for kind, name in NAMES.items() if kind not in BAD]
"""Warnings after which MuJoCo goes on without something; `allow_warnings` may let them pass."""

_WHAT_TO_DO = {
    "CONTACTFULL": "MuJoCo has left contacts out, so that bodies pass through each other. {memory}",
    "CNSTRFULL": "MuJoCo has left constraints out: contacts, limits, equalities or friction. {memory}",
    "INERTIA": "See {place}: give the body more mass and inertia, or the joint armature, or take a smaller timestep.",
    "BADCTRL": "{control}MuJoCo has taken 0 for all controls. Mend what writes {place}.",
}
_MORE_MEMORY = 'Give the model more memory: <size memory="{more}"/> in its MJCF, or spec.memory. It has {now}.'


class Broken(TrialError):
    """A simulation went wrong in a way that its inputs will bring about again.

    Attributes:
        outcome: How its trial has ended.
    """

    outcome: ClassVar[str]


class Diverged(Broken):
    """MuJoCo met a state or an acceleration that is not finite or is huge; it would reset the simulation and go on."""

    outcome = "diverged"


class Invalid(Broken):
    """MuJoCo left out contacts, constraints or controls, or was given what is not finite; it would go on without."""

    outcome = "invalid"


def checked(allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Return names of warnings that a simulation may have.

    Raises:
        ModelError: One is no such warning, or one after which MuJoCo resets the simulation.
    """
    for name in allowed:
        if name not in ALLOWABLE:
            raise ModelError(unknown("Warning", name, ALLOWABLE, "what allow_warnings may let pass"))
    return allowed


def fault(
    model: mujoco.MjModel, name: str, index: int, when: str, saw: str | None = None, control: float | None = None
) -> Broken:
    """Return the error that says what MuJoCo warned of.

    Args:
        model: The model of the simulation.
        name: Of MuJoCo's warning.
        index: What the warning tells beside: of the position, dof, actuator or contact.
        when: Words such as "at t = 0.5 s".
        saw: What was not finite then, as a Witness tells it.
        control: Of BADCTRL: the control.
    """
    if name in _FIELDS:
        return _diverged(model, name, index, when, saw)
    kind = next(kind for kind, other in NAMES.items() if other == name)
    words = mujoco.mju_warningText(kind, index).strip()
    advice = _WHAT_TO_DO.get(name, "").format(
        memory=_MORE_MEMORY.format(more=_size(4 * model.narena), now=_size(model.narena)),
        place=_place(model, name, index),
        control="" if control is None else f"ctrl[{index}] is {control}. ",
    )
    told = f"MuJoCo's warning {name} {when}: {words}{'' if words.endswith('.') else '.'} {advice}".strip()
    return Invalid(f"{told} If the study can live with that: allow_warnings: [{name}].")


def not_finite(saw: str, when: str) -> Invalid:
    """Return the error for a number that MuJoCo takes as it is, and says nothing; `saw` as a Witness tells it."""
    return Invalid(f"{saw} {when}: see what the runtime, a hook or a callback writes there.")


def no_time(time: float) -> Invalid:
    """Return the error for a simulated time that is not finite, which MuJoCo takes as it is, too."""
    return Invalid(f"The simulated time is {time}: see what the runtime, a hook or a callback writes there.")


def _diverged(model: mujoco.MjModel, name: str, index: int, when: str, saw: str | None) -> Diverged:
    place = f"{_FIELDS[name]}[{index}], {element(model, _FIELDS[name], index)}"
    told = f"The simulation diverged {when}: MuJoCo's warning {name} in {place}."
    timestep = f"{model.opt.timestep:g} s"
    mend = f"try a smaller timestep than {timestep}, softer springs, more damping or another integrator."
    if saw is None:
        return Diverged(f"{told} {mend.capitalize()}")
    written = f"{told} {saw}: see what the runtime, a hook or a callback writes there."
    return Diverged(written if saw.startswith(WRITTEN) else f"{written} If nothing does, {mend}")


def _place(model: mujoco.MjModel, name: str, index: int) -> str:
    if name == "BADCTRL":
        return f"the control of {element(model, 'ctrl', index)}"
    if name == "INERTIA" and index < model.nv:
        body = label(model, mujoco.mjtObj.mjOBJ_BODY, int(model.dof_bodyid[index]))
        return f"{element(model, 'qvel', index)} of body '{body}'"
    return ""


def _size(count: int) -> str:
    """Return a number of bytes as MJCF writes it."""
    return f"{-(-count // 2**20)}M" if count >= 10 * 2**20 else f"{-(-count // 2**10)}K"
