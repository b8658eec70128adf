"""What a trial does, told by MuJoCo's own functions; nothing of mojo is in it. The laws of loads stand in laws.py.

A row holds what mj_forward gives for the state at which a step begins, with the loads of that step.
"""

import copy
import math

import mujoco
import numpy as np

from tests.differential import laws
from tests.differential.measure import key_of, measured

_BAD = [
    int(kind)
    for kind in (mujoco.mjtWarning.mjWARN_BADQPOS, mujoco.mjtWarning.mjWARN_BADQVEL, mujoco.mjtWarning.mjWARN_BADQACC)
]


class Reference:
    """One trial of a study.

    Args:
        study: The study, as its file holds it.
        trial: The trial's number.
        asked: What to measure, e.g. "Bodies/b0/xpos".
        nudge: By how much to disturb the start, to see how well the trial is conditioned.

    Attributes:
        rows: What was measured, a dict for each recorded row.
        outcome, ended_by, steps: How the trial ended.
        now: The simulation at its end, with its loads, after mj_forward.
    """

    def __init__(self, study, trial, asked, nudge=0.0):
        self.study, self.trial = study, trial
        self.asked = {"time", *asked, *(key_of(one["signal"]) for one in study["requirements"].values())}
        made = study["gen_kwargs"]
        self.m = mujoco.MjModel.from_xml_string(made["models"][trial])
        self.d, self.now = mujoco.MjData(self.m), mujoco.MjData(self.m)
        self.loads = [dict(load) for load in made["loads"][trial]] if made["loads"] else []
        self.proximities = {proximity["name"]: proximity for proximity in made["proximities"]}
        if "keyframe" in study:
            mujoco.mj_resetDataKeyframe(self.m, self.d, 0)
        self.d.qvel += nudge * np.random.default_rng(0).normal(size=self.m.nv)
        self.memory, self.posted, self.held, self.since = {}, {}, {}, {}
        self.rows, self.steps, self.outcome, self.ended_by = [], 0, "success", None

    def run(self):
        """Step to the end."""
        keys = self.study.get("run_kwargs", self.study)
        for step in range(round(keys["duration"] / self.m.opt.timestep)):
            self.posted = dict(self.held)
            for action in keys.get("actions", ()):
                since, every = step - action["first"], action["every"]
                if since == 0 or (since > 0 and every > 0 and since % every == 0):
                    self.act(action, step)
            if self.outcome == "success":
                self.advance(step % self.study["record_decimation"] == 0)
            if self.outcome != "success" or self.ended_by:
                return self
            self.steps += 1
        self.posted = self.held
        mujoco.mj_step1(self.m, self.d)
        self.rows.append(self.row())
        mujoco.mj_checkAcc(self.m, self.now)
        if self.now.warning.number[_BAD].any():
            self.outcome = "diverged"
        return self

    def act(self, action, step):
        """Do what the user does before a step."""
        value = action["values"][self.trial]
        if action["do"] == "write":
            times = (step - action["first"]) // max(1, action["every"])
            getattr(self.d, action["field"])[tuple(action["place"])] = value * (-1) ** times
        elif action["do"] == "post":
            for row in (self.posted, self.held) if action["hold"] else (self.posted,):
                row[f"Posted/{action['name']}"] = value + step + self.d.qvel[0]
        elif action["do"] == "switch":
            self.loads[action["load"]]["active"] = action["active"]
        elif step == 0:
            self.loads.append(dict(action["load"]))
        else:
            self.outcome = "failed"  # loads are read with the first step, and a later one is refused

    def advance(self, recorded):
        """Take a step; MuJoCo's own where nothing is applied between its halves, but for a control."""
        rk4 = self.m.opt.integrator == mujoco.mjtIntegrator.mjINT_RK4
        own = [getattr(self.d, name).copy() for name in ("qfrc_applied", "xfrc_applied", "ctrl")]
        mujoco.mj_step1(self.m, self.d)
        row = self.row()
        (mujoco.mj_step if rk4 else mujoco.mj_step2)(self.m, self.d)
        self.d.qfrc_applied[:], self.d.xfrc_applied[:], self.d.ctrl[:] = own
        if self.d.warning.number[_BAD].any():
            self.outcome = "diverged"
        elif self.d.warning.number.any():
            self.outcome = "invalid"
        elif recorded:
            self.rows.append(row)
            self.ended_by = self.condition(row)

    def row(self):
        """Put the loads on top of what the user has applied, and measure under both."""
        mujoco.mj_copyData(self.now, self.m, self.d)
        own = {key: np.array(self.measured(key, {})) for key in self.asked if key.endswith("_applied")}
        told = laws.apply(self.m, self.now, self.loads, copy.deepcopy(self.memory), True)
        mujoco.mj_forward(self.m, self.now)
        laws.apply(self.m, self.d, self.loads, self.memory, self.m.opt.integrator == mujoco.mjtIntegrator.mjINT_RK4)
        return {key: np.array(self.measured(key, told), dtype=float) for key in self.asked} | own

    def measured(self, key, told):
        if key.startswith("Loads/"):
            _, name, attribute = key.split("/")
            return told.get(name, {}).get(attribute, 0.0)
        return self.posted.get(key) if key.startswith("Posted/") else measured(self.m, self.now, key, self.proximities)

    def condition(self, row):
        """Return the requirement by which the row's instant ends the trial, if one does."""
        for name, asked in self.study["requirements"].items():
            value, time = np.ravel(row[key_of(asked["signal"])])[0], row["time"][0]
            inside = asked.get("min", -math.inf) <= value <= asked.get("max", math.inf)
            begun = self.since.setdefault(name, time) if inside else self.since.pop(name, math.nan)
            held = inside and time - begun >= asked.get("hold", 0.0) - 1e-6 * self.m.opt.timestep
            if held if asked["over"] == "end" else not inside:
                return name
        return None
