"""Numbers, counts and moments as a reader wants them: rounded to what is known, with words."""

import math
import re
from collections.abc import Iterable

from mojo.runs import runs

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
NOT_THERE = "–"
NBSP = "\u00a0"
"""Between a number and its unit, which belong on one line."""


def significant(value: float | None, digits: int = 5) -> str:
    """Return `value` with `digits` significant digits and no trailing zeros; a dash for None."""
    if value is None:
        return NOT_THERE
    if not math.isfinite(value):
        return {math.inf: "∞", -math.inf: "−∞"}.get(value, "not a number")
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    return _plain_or_power(value, digits - 1 - exponent, trim=True)


def known(value: float | None, uncertainty: float) -> str:
    """Return `value` down to the second significant digit of `uncertainty`, and six digits where that is 0.

    At most nine significant digits are shown: more say nothing to a reader.
    """
    if value is None or not math.isfinite(value) or not math.isfinite(uncertainty) or uncertainty <= 0:
        return significant(value, 6)
    places = 1 - math.floor(math.log10(uncertainty))
    if value != 0:
        places = min(places, 8 - math.floor(math.log10(abs(value))))
    return _plain_or_power(value, places, trim=False)


def _plain_or_power(value: float, places: int, trim: bool) -> str:
    """Return `value` rounded to `places` decimals, as a power of ten when it is very large or small."""
    rounded = round(value, places)
    if rounded == 0:
        return "0"
    exponent = math.floor(math.log10(abs(rounded)))
    if -4 <= exponent < 6 or (places <= 0 and exponent < 9):
        text, power = f"{rounded:.{max(places, 0)}f}", ""
    else:
        text, _, digits = f"{rounded:.{max(places + exponent, 0)}e}".partition("e")
        power = f"·10{str(int(digits)).translate(SUPERSCRIPTS)}"
    if trim and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−") + power


def share(value: float) -> str:
    """Return a share or a correlation with two digits, and with more where two would make it 1 or −1."""
    gap = 1 - abs(value)
    places = min(4, 1 - math.floor(math.log10(gap))) if 0 < gap < 0.05 else 0
    text = significant(math.copysign(math.floor(abs(value) * 10**places) / 10**places, value), 4) if places else ""
    return text or significant(value, 2)


def count(number: int) -> str:
    """Return a whole number with thin spaces between thousands."""
    return f"{number:,}".replace(",", "\u202f")


def counted(number: int, noun: str) -> str:
    """Return "1 trial", "3 trials"."""
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"


def duration(seconds: float | None) -> str:
    """Return a span of time in the unit that a person would choose."""
    if seconds is None or not math.isfinite(seconds):
        return NOT_THERE
    for limit, unit, size in ((1, "ms", 1e-3), (120, "s", 1), (7200, "min", 60), (172800, "h", 3600)):
        if seconds < limit:
            return f"{significant(seconds / size, 3)} {unit}"
    return f"{significant(seconds / 86400, 3)} days"


def measured(value: float | None, unit: str | None, digits: int = 5) -> str:
    """Return a value with its unit, which stays on its line; what is no number has no unit."""
    text = significant(value, digits)
    return f"{text}{NBSP}{unit}" if unit and value is not None and not math.isnan(value) else text


def unbroken(text: str, unit: str = "") -> str:
    """Return a text in which no line ends between a number and a per cent sign, or the unit."""
    for sign in filter(None, ("%", unit)):
        text = re.sub(rf"(?<=\d) (?={re.escape(sign)}(?!\w))", NBSP, text)
    return text


def with_unit(name: str, unit: str | None) -> str:
    """Return "name [unit]", or the name alone."""
    return f"{name} [{unit}]" if unit else name


def shortened(text: str, limit: int = 48) -> str:
    """Return `text` with its middle left out where it is longer than `limit`."""
    if len(text) <= limit:
        return text
    head = (limit - 1) * 2 // 3
    return f"{text[:head]}…{text[-(limit - 1 - head) :]}"


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Return "a, b, c and 5 more"."""
    known_names = [str(name) for name in names]
    more = len(known_names) - limit
    return ", ".join(known_names[:limit]) + (f" and {count(more)} more" if more > 0 else "")


def ranges(numbers: Iterable[int], limit: int = 12) -> str:
    """Return ascending numbers as "3, 7–12, 40"."""
    return listed((str(a) if a == b else f"{a}–{b}" for a, b in runs(numbers)), limit)
