"""Where bounds for independent draws are used for trials that are none: what that means."""

EVEN = "are spread more evenly than independent draws. As a rule the true share is then known better than they say"
CAVEATS = {
    "lhs": f"The points of a Latin hypercube {EVEN}",
    "sobol": f"Sobol points {EVEN}",
    "halton": f"Halton points {EVEN}",
    "antithetic": "Antithetic trials come in mirrored pairs, so the first one of each pair alone counts here",
    "grid": "The points of a grid are chosen, not drawn: k of n describes the grid, and says of all possible trials "
    "only what the grid stands for",
    "sweep": "The combinations of a sweep are chosen, not drawn: k of n describes the sweep, and says of all possible "
    "trials only what the sweep stands for",
    "saltelli": f"The first and the last trial of each block, which alone count here, {EVEN}",
    "morris": "The first trial of each block, which alone counts here, is drawn from a grid of levels, chosen to "
    "compare inputs: k of n describes the grid, and says little of all possible trials",
    "list": "That holds if the rows of the list are independent draws of what is to come",
}
APART = {
    "saltelli": "the first and the last trial of each block",
    "morris": "the first trial of each block",
    "antithetic": "the first trial of each mirrored pair",
}
"""Which trials are counted where each must be a draw of its own."""


def caveat(design: str) -> str:
    """Return what the bounds of a verdict leave out for trials of this design, "" where they hold as they are."""
    return CAVEATS.get(design, "")
