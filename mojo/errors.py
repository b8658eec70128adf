"""Causes, by who can mend them, and the wording that errors share."""

import difflib
from collections.abc import Iterable

MOST_CHARACTERS = 500  # of a user's own message in a table; the whole of it stands in trial.log


class MojoError(Exception):
    """Base of every error that a user can mend; it is shown without a traceback."""


class StudyError(MojoError):
    """The study file, an override or the command line is wrong."""


class ModelError(MojoError):
    """The MuJoCo model, a load, a signal or a named value is wrong."""


class TrialError(MojoError):
    """One trial could not be run, scored or found."""


def nearest(name: str, options: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the option nearest to `name`, or "" where none is near."""
    match = difflib.get_close_matches(name, [str(option) for option in options], n=1)
    return f" Did you mean '{match[0]}'?" if match else ""


def unknown(kind: str, name: str, options: Iterable[str], owner: str = "the model", limit: int = 12) -> str:
    """Return the message for a name that does not exist: what came, the nearest, and what exists.

    Example: "Site 'wal' is not in the model. Did you mean 'wall'? It has: wall, hook."
    """
    known = sorted(str(option) for option in options)
    shown = ", ".join(known[:limit]) + (f" and {len(known) - limit} more" if len(known) > limit else "")
    listing = f" It has: {shown}." if known else f" It has no {kind.lower()} at all."
    return f"{kind} '{name}' is not in {owner}.{nearest(name, known)}{listing}"


def one_line(error: BaseException) -> str:
    """Return the type and message of `error` on one line, for tables and terminals."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - the user's own exception may be unable to tell what it is
        text = ""
    text = text.encode("utf-8", "backslashreplace").decode()  # half of a surrogate pair is in no file
    if isinstance(error, MojoError):
        return text
    text = text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 3] + "..."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
