"""What user code has written to an input of each simulation."""

import numpy as np


class OwnInput:
    """Some entries of an input of each simulation as user code has left them, while loads act on top for a step.

    Attributes:
        live: The entries, shape (entries, nsim).
        numbers: What they were before loads acted, same shape.
    """

    def __init__(self, live: np.ndarray) -> None:
        self.live, self.numbers = live, live.copy()

    def keep(self) -> None:
        """Keep what is there, before loads act on top of it."""
        self.numbers[...] = self.live

    def put_back(self) -> None:
        """Put back what was kept."""
        self.live[...] = self.numbers
