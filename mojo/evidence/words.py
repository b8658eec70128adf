"""Requirements and verdicts in words, for the console and the page."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from mojo.evidence.sequential import SequentialProportion
from mojo.evidence.stopping import is_known
from mojo.evidence.verdicts import State, Verdict
from mojo.study.requirements import (
    FunctionRequirement,
    LimitRequirement,
    QuantileRequirement,
    Requirement,
    SignalRequirement,
)
from mojo.study.stopping import StopWhen

PLAIN: dict[State, tuple[str, str]] = {
    "MET": ("is met", "are met"),
    "NOT MET": ("is not met", "are not met"),
    "NOT ENOUGH TRIALS": ("needs more trials", "need more trials"),
}


def percent(share: float, rounded: Callable[[float], float] = round) -> str:
    """Return a share as "97.4 %", with more digits towards 0 and 100 %.

    Args:
        share: From 0 to 1.
        rounded: round, or math.floor or math.ceil for a bound, which must not look better than it is.
    """
    gap = min(share, 1 - share)
    places = min(8, max(1, math.ceil(-math.log10(gap)) - 1)) if gap > 0 else 0
    scaled = round(share * 10 ** (places + 2), 6)  # 0.95 is 0.9499999999999999556, which is not to be 94.9 %
    return f"{rounded(scaled) / 10**places:.{places}f} %"


def asked(requirement: Requirement) -> str:
    """Return what a requirement asks, e.g. "tilt_at_end at most 30 °, in at least 95 % of trials"."""
    limits = _limits(requirement) if isinstance(requirement, LimitRequirement) else ""
    if isinstance(requirement, QuantileRequirement):
        extreme = "greatest" if requirement.max is not None else "least"
        what = requirement.metric_name or f"each trial's {extreme} {requirement.signal_name}"
        return f"{100 * requirement.quantile:g} % quantile of {what} {limits}"
    if isinstance(requirement, FunctionRequirement):
        module, _, name = requirement.function.rpartition(":")
        what = f"{Path(module).name}:{name} returns true"
    elif requirement.metric_name is not None:
        what = f"{requirement.metric_name} {limits}"
    else:
        what = f"{requirement.signal_name} {limits} {_instants(requirement)}"
    return f"{what}, in at least {100 * requirement.probability:g} % of trials"


def _instants(requirement: LimitRequirement) -> str:
    if not isinstance(requirement, SignalRequirement) or requirement.over == "trial":
        return "at every recorded instant"
    return f"in the last {requirement.hold:g} s" if requirement.hold else "at the end"


def _limits(requirement: LimitRequirement) -> str:
    unit = f" {requirement.unit}" if requirement.unit else ""
    if requirement.min is None:
        return f"at most {requirement.max:g}{unit}"
    if requirement.max is None:
        return f"at least {requirement.min:g}{unit}"
    return f"from {requirement.min:g} to {requirement.max:g}{unit}"


def shown(verdict: Verdict) -> str:
    """Return the bound that the verdict rests on, e.g. "at least 97.4 % pass, with 90 % confidence"."""
    counted = verdict.counted
    if not counted.trials:
        return "no trial that counts has ended"
    fails = verdict.state == "NOT MET"
    bound = (
        f"at most {percent(counted.at_most, math.ceil)}"
        if fails
        else f"at least {percent(counted.at_least, math.floor)}"
    )
    return f"{bound} pass, with {100 * counted.confidence:g} % confidence"


def missing(verdict: Verdict) -> str:
    """Return how many further trials would make a requirement met, "" where it is or clearly is not."""
    if verdict.state != "NOT ENOUGH TRIALS":
        return ""
    more = f"{verdict.more_trials} more trial{'s' if verdict.more_trials != 1 else ''}"
    return f"{more} would be enough, if all of them pass"


def stopping(stop_when: StopWhen, judged: Sequence[Verdict], n_trial: int) -> str:
    """Return whether a study stopped early, and how well the requirement that it waited for is known.

    Args:
        stop_when: What was waited for.
        judged: The verdicts on all requirements.
        n_trial: The trials that the study would have run at most, the nominal one included.
    """
    [verdict] = [verdict for verdict in judged if verdict.name == stop_when.requirement]
    counted = verdict.counted
    assert isinstance(counted, SequentialProportion)
    known = f"the share that meets '{verdict.name}' is known to within ± {_points(counted.reached, math.ceil)}"
    wanted = f"{100 * counted.confidence:g} % interval; asked: ± {_points(stop_when.half_width)}"
    if is_known(counted):
        return f"Stopped after {counted.trials} of at most {n_trial} trials: {known} ({wanted})"
    return f"Ran {counted.trials} of at most {n_trial} trials without stopping: {known} only ({wanted})"


def _points(width: float, rounded: Callable[[float], float] = round) -> str:
    """Return a width as "1.9 %", with two digits."""
    places = max(0, 1 - math.floor(math.log10(100 * width)))
    return f"{rounded(round(width * 10 ** (places + 2), 6)) / 10**places:.{places}f} %"


def line(verdict: Verdict) -> str:
    """Return a verdict on one line, for the console."""
    counted = verdict.counted
    parts = [f"{counted.passed} of {counted.trials} trials pass", shown(verdict), missing(verdict)]
    if verdict.unfinished:
        parts.insert(1, f"{verdict.unfinished} of them did not finish, which counts as not passed")
    found = "; ".join(part for part in parts if part)
    return f"requirement {verdict.name}: {verdict.state} ({asked(verdict.requirement)}): {found}"


def summary(verdicts: Sequence[Verdict]) -> str:
    """Return "3 requirements: 2 are met, 1 is not met"."""
    states = Counter(verdict.state for verdict in verdicts)
    if len(verdicts) == 1:
        return f"The requirement '{verdicts[0].name}' {PLAIN[verdicts[0].state][0]}"
    if len(states) == 1:
        all_of_them = "Both" if len(verdicts) == 2 else f"All {len(verdicts)}"
        return f"{all_of_them} requirements {PLAIN[verdicts[0].state][1]}"
    counts = [f"{states[state]} {words[states[state] > 1]}" for state, words in PLAIN.items() if states[state]]
    return f"{len(verdicts)} requirements: {', '.join(counts)}"
