"""Fresh starts: a trial begins from what the file or the code says, whatever its process has generated before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any
from weakref import WeakKeyDictionary

import mujoco

from mojo.errors import ModelError, one_line
from mojo.layout import TrialLayout
from mojo.model.mojo_model import MojoModel

_SIMULATED = ("loads", "proximities", "signals", "user_data")
_TOLD = ("named", "recorders")
_LOOKED_AGAIN = [4**power for power in range(1, 12)]  # trials that a process has generated
_SHOWN = 80  # characters of a line
_ADVICE = (
    "Something outlasts a trial, such as an MjSpec, an array, a load or a list of the module that is changed in place, "
    "or changes by itself, as a clock does. Copy it before it is changed: a trial follows from its values, its seed "
    "and its files alone."
)
_handed: WeakKeyDictionary[mujoco.MjSpec, int] = WeakKeyDictionary()


class SharedSpec(ModelError):
    """A generator gave two trials the same MjSpec."""


def hand_over(mojo_model: MojoModel) -> None:
    """Take the spec that a generator hands over, and remember whose it is.

    Raises:
        SharedSpec: It was handed over before.
    """
    spec = mojo_model.spec
    if spec in _handed:
        raise SharedSpec(
            f"The generator handed over the MjSpec that it had handed over for trial {_handed[spec]} before: what one "
            "trial changes in it, the next would begin with, in the order in which they happen to be generated. Give "
            "each trial a spec of its own: `mojo_model.spec = SPEC.copy()` before any change, or parse it anew."
        )
    _handed[spec] = mojo_model.trial_num


def check_own(returned: MojoModel, given: MojoModel, who: str) -> None:
    """Check that a MojoModel that the user's code returns is the trial's.

    Args:
        returned: What it returned.
        given: What it was called with.
        who: The function, as the message begins.

    Raises:
        ModelError: It is another one, which would have other numbers drawn for it than the trial's.
    """
    if not returned.is_of(given):
        raise ModelError(
            f"{who} returned another MojoModel than the one that it was given: one without the trial's parameters and "
            "with random numbers that are the same in all trials. Return the given one, with what it needs assigned "
            "to it."
        )


@dataclass(frozen=True)
class Otherwise:
    """What is said of a trial that comes out otherwise when it is generated again after others.

    Attributes:
        problem: What would be simulated otherwise, which no study may have; None where nothing would.
        advice: What would be told otherwise; None where nothing would.
    """

    problem: str | None = None
    advice: str | None = None


def generated_again(number: int, first: "Made", generate: Callable[[], "Made"]) -> Otherwise:
    """Generate a trial once more, after others, and compare what comes out."""
    what = f"trial {number} comes out otherwise when it is generated again after others"
    try:
        again = generate()
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raises is what is reported here
        return Otherwise(problem=f"generator: {what}: {one_line(error)} {_ADVICE}")
    if found := first.simulated_otherwise(again):
        return Otherwise(problem=f"generator: {what}: {found}. {_ADVICE}")
    if found := first.told_otherwise(again):
        return Otherwise(advice=f"{what}: {found}. Whatever reads it depends on when that was.")
    return Otherwise()


@dataclass(frozen=True)
class Made:
    """What a generator made of a trial.

    Attributes:
        text: Its model.xml.
        config: Its MojoModel as a JSON-able dict.
    """

    text: str
    config: Mapping[str, Any]

    @classmethod
    def of(cls, trial: TrialLayout, mojo_model: MojoModel) -> "Made":
        """Return what was made of a trial whose model.xml is written."""
        return cls(trial.model.read_text(), mojo_model.dump())

    def simulated_otherwise(self, again: "Made") -> str | None:
        """Return in what a trial that was generated again would be simulated otherwise; None where in nothing."""
        for old, new in zip_longest(self.text.splitlines(), again.text.splitlines(), fillvalue=""):
            if old != new:
                return f"model.xml says {_short(new)} where it said {_short(old)}"
        return self._otherwise(again, _SIMULATED)

    def told_otherwise(self, again: "Made") -> str | None:
        """Return in what it would be told otherwise; None where in nothing."""
        return self._otherwise(again, _TOLD)

    def _otherwise(self, again: "Made", keys: tuple[str, ...]) -> str | None:
        for key in keys:
            for old, new in zip_longest(_items(self.config[key]), _items(again.config[key])):
                if repr(old) != repr(new):  # nan is like itself
                    return f"{key} holds {_short(new)} where it held {_short(old)}"
        return None


def _items(held: Any) -> list[Any]:
    return list(held.items()) if isinstance(held, dict) else list(held)


def _short(value: Any) -> str:
    text = "nothing" if value in (None, "") else value.strip() if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


@dataclass
class _First:
    """The first trial of a study that this process has generated.

    Attributes:
        study: Whose it is.
        row: Its row of the design.
        made: What was made of it.
        generated: How many trials the process has generated since then, this one among them.
    """

    study: object
    row: Mapping[str, Any]
    made: Made
    generated: int = 1


_first: list[_First] = []


def look_again(
    study: object, row: Mapping[str, Any], made: Callable[[], Made], again: Callable[[Mapping[str, Any]], Made]
) -> None:
    """Generate the first trial of this process once more, now and then, when others have been generated after it.

    Args:
        study: The study, by identity.
        row: The row of the trial that has just been generated.
        made: Returns what was made of it.
        again: Generates the trial of a row once more, elsewhere.

    Raises:
        ModelError: The first trial comes out otherwise.
    """
    if not _first or _first[0].study is not study:
        _first[:] = [_First(study, row, made())]
        return
    first = _first[0]
    first.generated += 1
    if first.generated in _LOOKED_AGAIN:
        found = generated_again(first.row["trial"], first.made, lambda: again(first.row))
        if found.problem is not None:
            raise ModelError(found.problem)
