"""Random loads, as the dicts of config.json: numbers, tables and functions; in time, in frames, with reactions."""

from hypothesis import strategies as st

from tests.differential.models import each, real, some, sometimes

_CODE = "tests.differential.user_code"


@st.composite
def loads(draw, trials, names, span):
    """Draw some loads; `span` are instants [s] between which something may begin or end."""
    kinds = ["vector_force", "scalar_force", "vector_torque", "scalar_torque", "general_load"]
    kinds += ["point_to_point_force", "drag"] * 2
    kinds += ["joint_friction"] * 4 if {*names.joints.values()} - {"free"} else []
    kinds += ["actuator_control"] * 2 if names.actuators else []
    drawn = some(draw, st.sampled_from(kinds), [0, 1, 2, 2, 3, 3, 4])
    return [_load(draw, trials, names, span, kind, f"l{number}") for number, kind in enumerate(drawn)]


def _load(draw, trials, names, span, kind, name):
    load = {"load": kind, "name": name} | _times(draw, trials, span)
    if kind == "point_to_point_force":
        action, xtion = draw(st.permutations(names.sites))[:2]
        return load | {"action_site": action, "xtion_site": xtion, "magnitude": _magnitude(draw, trials, span)}
    if kind == "joint_friction":
        joint = draw(st.sampled_from([name for name, kind in names.joints.items() if kind != "free"]))
        return load | {"joint": joint, "friction": _friction(draw, trials)}
    if kind == "actuator_control":
        value = _value(draw, trials, span, {"function": "feedback", "gain": real(0.1, 1.0)})
        return load | {"actuator": draw(st.sampled_from(names.actuators)), "control": value}
    load |= {
        "action_site": draw(st.sampled_from([*names.moving, *names.moving, *names.sites])),
        "xtion_body": draw(sometimes(st.sampled_from(names.bodies))),
    }
    if kind == "drag":
        return load | {"drag": each(draw, real(0.1, 2.0), trials)}
    if kind.startswith("scalar"):
        return load | {"scalar": _value(draw, trials, span, {"function": "lift", "strength": real(0.1, 3.0)})}
    load["rel_to_site"] = draw(sometimes(st.sampled_from(names.sites)))
    gust = {"function": draw(st.sampled_from(["gust", "weight"]))}
    gust |= {"strength" if gust["function"] == "gust" else "share": real(0.1, 2.0)}
    for what in {"vector_force": ["force"], "vector_torque": ["torque"]}.get(kind, ["force", "torque"]):
        load[what] = [_value(draw, trials, span, gust) for _ in range(3)]
    return load


def _times(draw, trials, span):
    half = len(span) // 2
    start, stop = st.sampled_from(span[:half]), st.sampled_from(span[half:])
    if draw(st.sampled_from([False] * 7 + [True])):  # in some trials alone: these stand in a batch of their own
        start, stop = sometimes(start), sometimes(stop)
    start = each(draw, start, trials) if draw(st.booleans()) else None
    stop = each(draw, stop, trials) if draw(st.booleans()) else None
    return {"start": start, "stop": stop} | ({} if draw(st.integers(0, 7)) < 7 else {"active": False})


def _value(draw, trials, span, function):
    """Draw a number, a table over time, or a function."""
    kind = draw(st.sampled_from(["number", "table", "function"]))
    if kind == "number":
        return each(draw, real(-1.0, 2.0), trials)
    if kind == "table":
        return each(draw, _tables(span), trials)
    name, (key, strategy) = function["function"], next(item for item in function.items() if item[0] != "function")
    return {"function": f"{_CODE}:{name}", "args": [], "kwargs": {key: each(draw, strategy, trials)}}


@st.composite
def _tables(draw, span):
    times = draw(st.lists(st.sampled_from(span), min_size=1, max_size=3))
    times = sorted(times + draw(st.sampled_from([[], times[:1]])))  # two points of one time make a jump
    return [[time, draw(real(-1.0, 2.0))] for time in times]


def _magnitude(draw, trials, span):
    law = draw(st.sampled_from(["value", "ideal_spring", "stroke", "compression_spring", "tension_spring"]))
    if law == "value":
        return _value(draw, trials, span, {"function": "stiffening", "stiffness": real(1.0, 30.0)})
    stiff = st.sampled_from([*range(1, 50), 1e8])  # with the last of which a trial diverges
    spring = {"stiffness": each(draw, stiff, trials), "damping": each(draw, real(0.0, 0.5), trials)}
    if law == "stroke":
        own = {"preload": each(draw, real(0.5, 3.0), trials), "max_stroke": each(draw, real(0.01, 0.2), trials)}
        return {"law": "stroke_compression_spring"} | spring | own
    rest = None if draw(st.booleans()) else each(draw, real(0.1, 1.0), trials)
    return {"law": law, "rest_length": rest} | spring


def _friction(draw, trials):
    law = draw(st.sampled_from(["karnopp", "coulomb", "viscous", "stribeck", "karnopp", "coulomb_viscous", "stribeck"]))
    coulomb, viscous = each(draw, real(0.01, 0.3), trials), each(draw, real(0.0, 0.2), trials)
    if law == "viscous":
        return {"law": law, "viscous": viscous}
    if law in ("coulomb", "coulomb_viscous"):
        own = {"coulomb": coulomb, "transition_speed": draw(st.sampled_from([0.5, 0.1]))}
        return {"law": law} | own | ({"viscous": viscous} if law == "coulomb_viscous" else {})
    own = {"law": law, "static": each(draw, real(2.0, 4.0), trials), "viscous": viscous}
    if law == "stribeck":
        return own | {"coulomb": draw(real(0.01, 0.3)), "stribeck_speed": 0.7, "transition_speed": 0.3}
    return own | {"coulomb": draw(real(0.01, 2.0)), "stick_speed": draw(st.sampled_from([0.2, 0.02]))}


def without_clashes(drawn):
    """Leave out the second Karnopp friction of a joint, which mojo refuses, and what a ball would make of it."""
    held, kept = set(), []
    for load in drawn:
        if load.get("friction", {}).get("law") == "karnopp":
            if load["joint"] in held:
                continue
            held.add(load["joint"])
        kept.append(load)
    return kept
