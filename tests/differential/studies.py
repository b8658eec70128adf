"""Random studies, as dicts that a study file can hold."""

import mujoco
from hypothesis import strategies as st

from tests.differential.loads import loads, without_clashes
from tests.differential.models import Each, at, each, models, real, some

CODE = "tests.differential.user_code"
_LONGEST = 0.01  # s, of the timesteps
_ADDED = {"load": "vector_force", "name": "added", "action_site": "s0", "force": [0.3, 0.0, 1.0]}


@st.composite
def studies(draw):
    """Draw a study of one to three trials."""
    trials = draw(st.sampled_from([1, 2, 2, 3, 3]))
    texts, names, starts = draw(models(trials))
    duration = _LONGEST * draw(st.sampled_from([1, 4, 8, 12, 16, 20])) + draw(
        st.sampled_from([0.0, 0.0, -0.0009, 0.0009])
    )
    drawn = without_clashes(draw(loads(trials, names, _instants(starts, duration))))
    proximities = draw(st.lists(st.sampled_from(_proximities(names)), max_size=2, unique_by=lambda one: one["name"]))
    made = {"models": texts, "loads": [at(drawn, trial) for trial in range(trials)], "proximities": proximities}
    study = {
        "name": "fuzz",
        "kind": "monte-carlo",
        "generator": f"{CODE}:generate",
        "gen_kwargs": made,
        "n_trial": trials,
        "seed": 1,
        "signals": _signals(draw, names, drawn, proximities),
        "record_decimation": draw(st.integers(1, 4)),
        "requirements": _requirements(draw, names, starts, duration, drawn),
    }
    if study["signals"]:
        needed = [asked["signal"].removesuffix(":x") for asked in study["requirements"].values()]
        study["signals"] += [signal for signal in needed if signal != "time"]
    if starts is not None:
        study["keyframe"] = "start"
    if draw(st.booleans()):
        return study | {"duration": duration}
    actions = _actions(draw, trials, mujoco.MjModel.from_xml_string(texts[0]), drawn)
    return study | {"runtime": f"{CODE}:run", "run_kwargs": {"duration": duration, "actions": actions}}


def _instants(starts, duration):
    """Return times [s] at which something may change: at steps and between them, before the trials and after."""
    firsts = {0.0} if starts is None else {*starts} if isinstance(starts, Each) else {starts}
    return sorted({first + share * duration for first in firsts for share in (-0.2, 0.0, 0.25, 0.43, 0.5, 0.75, 1.0)})


def _proximities(names):
    parts = ["geom:floor", *(f"body:{name}" for name in names.bodies), *(f"geom:g{name[1:]}" for name in names.bodies)]
    pairs = [("geom:floor", part) for part in parts[1:]] + [("site:anchor", f"site:{names.sites[-1]}")]
    return [{"name": f"p{number}", "a": a, "b": b} for number, (a, b) in enumerate(pairs)]


def _signals(draw, names, drawn, proximities):
    """Draw what is recorded; nothing for what mojo records by itself."""
    groups = ["Joints/*", "Bodies/*", "Sites/*", "Geoms/*"]
    groups += [
        pattern
        for pattern, some in (
            ("Sensors/*", names.sensors),
            ("Tendons/*", names.tendons),
            ("Actuators/*", names.actuators),
            ("Loads/*", drawn),
            ("Proximities/*", proximities),
        )
        if some
    ]
    chosen = draw(st.lists(st.sampled_from(groups), max_size=4, unique=True))
    return chosen + draw(st.sampled_from([[]] * 24 + [["Contacts"], ["Energy"]]))


def _requirements(draw, names, starts, duration, drawn):
    """Draw what ends trials early."""
    signals = ["time", *(f"Joints/{name}:qpos" for name in names.scalar())]
    signals += [f"Actuators/{name}:ctrl" for name in names.actuators] * 2
    signals += [f"Loads/{load['name']}/force:x" for load in drawn if {"force", "scalar_force"} & {*load, load["load"]}]
    asked = {}
    for number in range(draw(st.sampled_from([0, 0, 0, 0, 1, 2]))):
        signal = draw(st.sampled_from(signals))
        first = min(starts or (0.0,)) if signal == "time" and not isinstance(starts, float | int) else starts or 0.0
        middle = (first + draw(real(0.0, 1.0)) * duration) if signal == "time" else draw(real(-0.1, 0.3))
        over = draw(st.sampled_from(["trial", "end"]))
        limits = draw(st.sampled_from([{"max": middle}, {"min": middle}, {"min": middle - 0.02, "max": middle + 0.02}]))
        hold = {"hold": draw(st.sampled_from([0.0, 0.01, 0.025, 0.05]))} if over == "end" else {}
        asked[f"r{number}"] = {"signal": signal, "over": over, "ends_trial": True} | limits | hold
    return asked


def _actions(draw, trials, model, drawn):
    """Draw what a runtime does between the steps."""
    fields = [("xfrc_applied", st.tuples(st.integers(1, model.nbody - 1), st.integers(0, 5)), real(-3.0, 3.0))]
    fields += [("qfrc_applied", st.tuples(st.integers(0, model.nv - 1)), real(-1.0, 1.0))]
    fields += [("qvel", st.tuples(st.integers(0, model.nv - 1)), real(-1.0, 1.0))]
    fields += [("ctrl", st.tuples(st.integers(0, model.nu - 1)), real(-1.0, 1.0))] if model.nu else []
    actions = []
    for kind in some(draw, st.sampled_from(["write"] * 3 + ["post", "switch", "add", "add"]), [0, 1, 2, 3, 4]):
        action = {"do": kind, "first": draw(st.integers(0, 6)), "every": draw(st.integers(0, 3))}
        numbers = real(-1.0, 1.0)
        if kind == "write":
            field, places, numbers = draw(st.sampled_from(fields))
            action |= {"field": field, "place": list(draw(places))}
        elif kind == "post":
            holds = draw(st.booleans())
            action |= {"name": "held" if holds else "once", "hold": holds}
        elif kind == "add" and not any(other["do"] == "add" for other in actions):
            action |= {"first": draw(st.sampled_from([0, 1, 2, 3])), "every": 0, "load": _ADDED}
        elif kind == "switch" and drawn:
            action |= {"load": draw(st.integers(0, len(drawn) - 1)), "active": draw(st.booleans())}
        else:
            continue
        values = each(draw, numbers, trials)
        actions.append(action | {"values": list(values) if isinstance(values, Each) else [values] * trials})
    return actions
