"""Times, sizes and node lists, as SLURM reads and prints them."""

import re

from mojo.runs import runs

NO_LIMIT = {"UNLIMITED", "INFINITE", "NONE", "N/A", "(NULL)", "NOT_SET", ""}
MB_PER_UNIT = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024**2, "P": 1024**3}


def parse_time(text: str) -> int | None:
    """Return a time of SLURM in seconds, or None for one without limit.

    The forms are MM, MM:SS, HH:MM:SS, D-HH, D-HH:MM and D-HH:MM:SS; a lone number is minutes.

    Raises:
        ValueError: It is none of these.
    """
    text = text.strip()
    if text.upper() in NO_LIMIT:
        return None
    if not re.fullmatch(r"(\d+-\d+(:\d+){0,2})|(\d+(:\d+){0,2})", text):
        raise ValueError(f"'{text}' is not a time of SLURM: write minutes, HH:MM:SS or D-HH:MM:SS")
    days, dash, clock = text.rpartition("-")
    parts = [int(part) for part in clock.split(":")]
    if dash:
        hours, minutes, seconds = (parts + [0, 0])[:3]
    elif len(parts) == 3:
        hours, minutes, seconds = parts
    else:
        hours, (minutes, seconds) = 0, (parts + [0])[:2]
    return int(days or 0) * 86400 + hours * 3600 + minutes * 60 + seconds


def format_time(seconds: int) -> str:
    """Return a time as D-HH:MM:SS, without days where there are none."""
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days}-{clock}" if days else clock


def parse_memory(text: str) -> int | None:
    """Return a size of SLURM in MB, rounded up, or None for one without limit; a lone number is MB.

    Examples: 1500M, 2.5G, 1T, 500K; sacct's 4Gn and 2Gc, a node and a cpu, lose their last letter.

    Raises:
        ValueError: It is no size.
    """
    text = text.strip()
    if text.upper() in NO_LIMIT:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGTP]?)B?[nc]?", text, re.IGNORECASE)
    if match is None:
        raise ValueError(f"'{text}' is not a size of SLURM: write 1500M, 2.5G or 1T")
    return -int(-float(match[1]) * MB_PER_UNIT[match[2].upper() or "M"] // 1)


def format_memory(megabytes: int) -> str:
    """Return a size as SLURM reads it, with the largest unit that leaves a whole number."""
    for unit in ("T", "G"):
        if megabytes and megabytes % MB_PER_UNIT[unit] == 0:
            return f"{megabytes // int(MB_PER_UNIT[unit])}{unit}"
    return f"{megabytes}M"


def parse_gpus(text: str) -> dict[str, int]:
    """Return how many GPUs of each type are in a list such as gpu:a100:4(S:0-1),gpu:2; those without one under ""."""
    found: dict[str, int] = {}
    for match in re.finditer(r"(?:^|,)gpu(?::([^:,()]*[^:,()\d][^:,()]*))?(?::(\d+))?(?=[(,]|$)", text.strip().lower()):
        kind = match[1] or ""
        found[kind] = found.get(kind, 0) + int(match[2] or 1)
    return found


def expand_nodes(text: str) -> list[str]:
    """Return the names in a node list such as c[1-3,7],d01; zeros in front are kept.

    Raises:
        ValueError: A bracket is not closed, or holds something else than numbers and ranges.
    """
    if text.strip().upper() in NO_LIMIT:
        return []
    return [name for item in re.split(r",(?![^\[]*\])", text.strip()) for name in _expand(item)]


def _expand(item: str) -> list[str]:
    match = re.fullmatch(r"([^\[\]]*)\[([\d,-]+)\](.*)", item)
    if match is None:
        if "[" in item or "]" in item:
            raise ValueError(f"'{item}' is not a list of nodes: write c[1-3,7]")
        return [item]
    return [f"{match[1]}{number}{rest}" for number in _numbers(match[2]) for rest in _expand(match[3])]


def _numbers(ranges: str) -> list[str]:
    numbers = []
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        numbers += [f"{number:0{len(first)}d}" for number in range(int(first), int(last or first) + 1)]
    return numbers


def read_indices(text: str) -> list[int]:
    """Return the numbers in 0-3,7, as `indices` writes them."""
    return [int(number) for number in _numbers(text)]


def indices(numbers: list[int]) -> str:
    """Return sorted numbers as SLURM's --array takes them, e.g. 0-3,7."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs(numbers))
