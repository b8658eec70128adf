"""What a user writes: the generator, the runtimes and the functions of loads that the random studies name.

It needs nothing but mojo, so that a study that fails can be run beside a copy of this file.
"""

import numpy as np

from mojo.errors import MojoError
from mojo.runtime.batch.vectorized import vectorized
from mojo.runtime.loads import loads_from
from mojo.runtime.proximity import Proximity


def generate(mojo_model, overrides, models, loads=(), proximities=()):
    """Return the trial's own model and loads out of those of all trials."""
    mojo_model.spec = models[mojo_model.trial_num]
    mojo_model.loads = loads_from(loads[mojo_model.trial_num]) if loads else []
    mojo_model.proximities = [Proximity(**fields) for fields in proximities]
    return mojo_model


def run(mojo_model, runtime_manager, mj_model, mj_data, duration, actions):
    """Step one trial, and do before each step what `actions` ask for."""
    for step in range(round(duration / mj_model.opt.timestep)):
        for action in actions:
            if is_due(action, step):
                act(action, step, action["values"][mojo_model.trial_num], runtime_manager, mj_data)
        runtime_manager.step(mj_model, mj_data)
        if runtime_manager.stopped:
            break


@vectorized
def run_many(mojo_models, runtime_manager, mj_models, batch, duration, actions):
    """Do to all trials at once what `run` does to one."""
    trials = [mojo_model.trial_num for mojo_model in mojo_models]
    for step in range(round(duration / mj_models[0].opt.timestep)):
        for action in actions:
            if is_due(action, step):
                values = np.array([action["values"][trial] for trial in trials])
                act(action, step, values, runtime_manager, batch)
        runtime_manager.step(mj_models, batch)


def is_due(action, step):
    """Return whether an action is to be done before a step: once, or every so many steps."""
    since = step - action["first"]
    return since == 0 or (since > 0 and action["every"] > 0 and since % action["every"] == 0)


def act(action, step, value, runtime_manager, data):
    """Write to the simulation, post a value, or change the loads."""
    if action["do"] == "write":
        odd = (step - action["first"]) // max(1, action["every"]) % 2  # to and fro
        getattr(data, action["field"])[(..., *action["place"])] = -value if odd else value
    elif action["do"] == "post":
        runtime_manager.signals.post(
            value + step + data.qvel[..., 0], "Posted", attr=action["name"], hold=action["hold"]
        )
    elif action["do"] == "switch":
        runtime_manager.loads[action["load"]].active = action["active"]
    elif action["do"] == "add":
        runtime_manager.loads += loads_from([action["load"]])
    else:
        raise MojoError(f"there is no action '{action['do']}'")


def gust(time, model, data, strength):
    """A component that depends on time and velocity."""
    return strength * np.sin(7.0 * time) - 0.1 * data.qvel[..., 0]


def weight(time, model, data, share):
    """A component that depends on the model."""
    return share * model.body_mass[..., -1]


def lift(time, axis, model, data, strength):
    """A scalar that depends on the direction of the site's axis."""
    return strength * axis[..., 2] + 0.2 * np.cos(3.0 * time)


def stiffening(d, v, d0, model, data, stiffness):
    """A spring that grows stiffer as it is stretched."""
    stretch = d - d0
    return -stiffness * (stretch + stretch * stretch * stretch) - 0.05 * v


def feedback(time, model, data, gain):
    """A controller."""
    return -gain * data.qvel[..., -1] + 0.3 * np.sin(5.0 * time)
